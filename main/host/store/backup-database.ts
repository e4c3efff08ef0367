// A backup is one SQLite file: a copy of the history as it was at one moment, never encrypted, and a table with the small files of
// the data folder.
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { CodedError } from '../../../protocol/errors.ts'
import { crc32 } from '../recording/compression.ts'
import { copyDatabase, removeDatabase } from './copy-database.ts'
import { messageOf, storeFault } from './faults.ts'
import { MIGRATIONS } from './migrations.ts'
import { type DatabaseFile, openDatabase, pathOf } from './open-database.ts'
import { Store } from './store.ts'

/** `otgb`, in the header of the file (https://sqlite.org/fileformat.html#application_id). */
const APPLICATION_ID = 0x6f746762

/** How long a host's commit may hold the database. */
const BUSY_MS = 5_000

/** A file of the data folder, by its path in it. */
export interface BackupFile {
  name: string
  content: Uint8Array
}

export interface BackupHeader {
  /** Unix milliseconds. */
  made_at: number
  /** Of On the Go. */
  version: string
}

/**
 * Writes a backup to `to`, which must be a new empty file. A host may use the history meanwhile. Sessions that run are stored as
 * ended: their processes belong to the host, and to this computer.
 * Throws `store_damaged`, `backup_failed`.
 */
export function writeBackup(
  from: DatabaseFile,
  to: string,
  files: readonly BackupFile[],
  { made_at, version }: BackupHeader,
): void {
  try {
    copyAll(from, to)
    // Brings it to this version, and ends its sessions.
    new Store(to, () => made_at).close()
    const database = openDatabase(to, {})
    try {
      database.pragma('journal_mode = DELETE')
      database.exec(
        `CREATE TABLE backup (made_at INTEGER NOT NULL, version TEXT NOT NULL) STRICT;
         CREATE TABLE backup_files (name TEXT PRIMARY KEY, content BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT`,
      )
      database.prepare('INSERT INTO backup (made_at, version) VALUES (?, ?)').run(made_at, version)
      const add = database.prepare('INSERT INTO backup_files (name, content, checksum) VALUES (?, ?, ?)')
      for (const { name, content } of files) add.run(name, content, crc32(content))
      database.pragma(`application_id = ${APPLICATION_ID}`)
    } finally {
      database.close()
    }
    sync(to)
  } catch (error) {
    const { code, message } = storeFault(error)
    if (code === 'store_damaged')
      throw new CodedError('store_damaged', `the history is damaged; run otg check --repair first: ${message}`, {
        cause: error,
      })
    throw new CodedError('backup_failed', `the backup cannot be written: ${message}`, { cause: error })
  }
}

function copyAll(from: DatabaseFile, to: string): void {
  if (!existsSync(pathOf(from))) return new Store(to, Date.now).close()
  if (typeof from !== 'string') {
    removeDatabase(to)
    return copyDatabase(from, to)
  }
  // In one read transaction, whatever the host writes meanwhile.
  const database = openDatabase(from, { readonly: true, fileMustExist: true, timeout: BUSY_MS })
  try {
    database.prepare('VACUUM INTO ?').run(to)
  } finally {
    database.close()
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What is in a backup besides the history. Throws `backup_unusable`. */
export function readBackup(path: string): BackupHeader & { files: BackupFile[] } {
  let database: Database.Database
  try {
    database = openDatabase(path, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw unusable(path, messageOf(cause), cause)
  }
  try {
    if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      throw unusable(path, 'it is not a backup of On the Go')
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length) throw unusable(path, 'it was made by a newer version; update On the Go')
    const header = database.prepare<[], BackupHeader>('SELECT made_at, version FROM backup').get()!
    const rows = database
      .prepare<[], BackupFile & { checksum: number }>('SELECT name, content, checksum FROM backup_files')
      .all()
    const damaged = rows.find(({ content, checksum }) => crc32(content) !== checksum)
    if (damaged) throw unusable(path, `${damaged.name} in it is damaged`)
    return { ...header, files: rows.map(({ name, content }) => ({ name, content })) }
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw unusable(path, messageOf(error), error)
  } finally {
    database.close()
  }
}

/** Makes a copy of a backup a database: what does not belong to the history is removed. */
export function becomeDatabase(path: string): void {
  const database = openDatabase(path, {})
  try {
    // Nothing of the keys may stay in the file.
    database.pragma('secure_delete = ON')
    database.exec('DROP TABLE backup; DROP TABLE backup_files')
    database.pragma('application_id = 0')
  } finally {
    database.close()
  }
  sync(path)
}

function unusable(path: string, why: string, cause?: unknown): CodedError {
  return new CodedError('backup_unusable', `${path} cannot be restored: ${why}`, { cause })
}
