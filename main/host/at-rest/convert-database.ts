// Encrypts a database, or decrypts it: at each moment, one complete database has the database's name.
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '../files/atomic-file.ts'
import { copyDatabase, removeDatabase } from '../store/copy-database.ts'
import { type DatabaseFile, openDatabase } from '../store/open-database.ts'

const BUSY_MS = 2_000

/** https://sqlite.org/fileformat.html#magic_header_string */
const MAGIC = 'SQLite format 3\0'

/** Of the copy while it is written. */
const SUFFIX = '.converting'

/**
 * Whether the database is encrypted, by its first bytes. Not while it is open in this process: closing the file would give up
 * SQLite's locks on it (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
export function isEncrypted(path: string): boolean {
  const bytes = Buffer.alloc(MAGIC.length)
  if (!existsSync(path)) return false
  const descriptor = openSync(path, 'r')
  try {
    return readSync(descriptor, bytes) > 0 && bytes.toString('latin1') !== MAGIC
  } finally {
    closeSync(descriptor)
  }
}

export interface ConversionRequest {
  path: string
  key: Uint8Array
  wanted: 'encrypted' | 'plain'
}

export interface Conversion {
  /** As it is now. */
  file: DatabaseFile
  isConverted: boolean
  /** Why it is not what was wanted. */
  error?: string
}

/**
 * Makes the database at `path` what `wanted` says, and returns it. If that fails (a full disk, a damaged database, another
 * program that holds it), returns the database as it is, with the reason.
 */
export function convertDatabase(path: string, key: Uint8Array, wanted: ConversionRequest['wanted']): Conversion {
  const encrypted = { path, key }
  const target = wanted === 'encrypted' ? encrypted : path
  const copy = path + SUFFIX
  // Of an earlier try that a crash ended.
  removeDatabase(copy)
  if (!(statSync(path, { throwIfNoEntry: false })?.size ?? 0)) return { file: target, isConverted: false }
  const current = isEncrypted(path) ? encrypted : path
  if ((current === path) === (target === path)) return { file: current, isConverted: false }
  try {
    settle(current)
    copyDatabase(current, wanted === 'encrypted' ? { path: copy, key } : copy)
    renameSync(copy, path)
    if (process.platform !== 'win32') syncFolder(dirname(path))
    return { file: target, isConverted: true }
  } catch (error) {
    return { file: current, isConverted: false, error: error instanceof Error ? error.message : String(error) }
  }
}

/** Empties and removes the write-ahead log, which would otherwise be applied to the database that takes this one's place. */
function settle(file: DatabaseFile): void {
  const database = openDatabase(file, { timeout: BUSY_MS })
  try {
    if (database.pragma('journal_mode = DELETE', { simple: true }) !== 'delete')
      throw new Error('another program has the database open')
  } finally {
    database.close()
  }
}
