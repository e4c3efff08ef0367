// What the thread that backs up and checks answers. Types only.
import type { DatabaseFile } from '../store/open-database.ts'
import type { BackupRequest, BackupResult } from './backup.ts'
import type { HistoryReport } from './repair.ts'

export interface UpkeepCalls {
  backUp(request: BackupRequest): BackupResult
  check(request: { database: DatabaseFile }): HistoryReport
}
