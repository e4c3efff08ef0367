// Writes a backup of a data folder: the history, devices, keys and settings, in one file that was checked.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { NewFile } from '../files/new-file.ts'
import type { SecretFiles } from '../files/secret-files.ts'
import { type BackupFile, type BackupHeader, readBackup, writeBackup } from '../store/backup-database.ts'
import { removeDatabase } from '../store/copy-database.ts'
import type { DatabaseFile } from '../store/open-database.ts'
import { Store } from '../store/store.ts'
import { type CheckReport, checkStore } from './check.ts'

/** Files of the data folder that a backup has, besides the history. */
export const BACKUP_FILES = [
  'settings.json',
  'host.key',
  'devices.json',
  'push.key',
  'push.json',
  'notify-secrets.json',
]

/** Folders whose files a backup has. */
export const BACKUP_FOLDERS = ['rules']

/** Larger files of these folders are none that the host reads. */
const MAX_FILE_BYTES = 1024 * 1024

export interface BackupRequest {
  database: DatabaseFile
  files: BackupFile[]
  /** Where the backup goes: an absolute path. An existing file is replaced when the new one is complete. */
  to: string
  /** Its name until then, from `unfinishedName`. Default: a random one. */
  unfinished?: string
  header: BackupHeader
}

export interface BackupResult {
  file: string
  bytes: number
  sessions: number
  files: string[]
  /** Damage of the history that was copied as it is. */
  damaged: number
}

/** The files of a data folder that a backup has, as they are when they are not encrypted. Throws errors of the file system. */
export function readBackupFiles(folder: string, secretFiles: SecretFiles): BackupFile[] {
  const names = BACKUP_FILES.filter(name => existsSync(join(folder, name)))
  for (const sub of BACKUP_FOLDERS) {
    if (!existsSync(join(folder, sub))) continue
    for (const entry of readdirSync(join(folder, sub), { withFileTypes: true }))
      if (entry.isFile() && statSync(join(folder, sub, entry.name)).size <= MAX_FILE_BYTES)
        names.push(`${sub}/${entry.name}`)
  }
  return names.map(name => ({ name, content: Buffer.from(secretFiles.read(join(folder, name))) }))
}

/** Throws `store_damaged`, `backup_failed`; then there is no new file. */
export function backUp({ database, files, to, unfinished, header }: BackupRequest): BackupResult {
  let file: NewFile
  try {
    file = new NewFile(to, unfinished)
  } catch (cause) {
    throw new CodedError('backup_failed', `${to} cannot be written: ${(cause as Error).message}`, { cause })
  }
  try {
    writeBackup(database, file.unfinished, files, header)
    const { sessions, damage } = verify(file.unfinished, files)
    const { size } = statSync(file.unfinished)
    file.finish()
    return { file: to, bytes: size, sessions, files: files.map(({ name }) => name), damaged: damage.length }
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new CodedError('backup_failed', `${to} cannot be written: ${toCoded(error).message}`, { cause: error })
  } finally {
    removeDatabase(file.unfinished)
    file.undo()
  }
}

/** Reads all of a backup that was just written. Throws `backup_failed` unless it can be restored. */
function verify(path: string, files: readonly BackupFile[]): CheckReport {
  const stored = new Map(readBackup(path).files.map(({ name, content }) => [name, Buffer.from(content)]))
  const isComplete = files.every(({ name, content }) => stored.get(name)?.equals(content))
  const store = new Store(path, Date.now, { readonly: true })
  try {
    const report = checkStore(store)
    if (!isComplete || report.database.length > 0)
      throw new CodedError('backup_failed', `what was written is not what can be read: ${report.database[0] ?? path}`)
    return report
  } finally {
    store.close()
  }
}
