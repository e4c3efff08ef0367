// What the host's main loop and the thread of one export say to each other. Types only.
import type { DatabaseFile } from '../../store/open-database.ts'
import type { DamageReport } from '../../store/store.ts'
import type { FromThread, ToThread } from '../../threads/call.ts'
import type { ExportJob } from './formats.ts'

export interface ExportCalls {
  /** Sends chunks as far as there is room for them; progress is in bytes of the log, and a sign of life. */
  export(job: ExportJob): ExportResult
}

export interface ExportResult {
  bytes: number
  /** How often something was redacted. */
  redacted: number
}

export interface ExportWorkerData {
  file: DatabaseFile
}

export type ToExport =
  | ToThread<ExportCalls>
  /** One more chunk may be sent. */
  | { do: 'allow_chunk' }

export type FromExport = FromThread | DamageReport | { say: 'chunk'; bytes: Uint8Array }
