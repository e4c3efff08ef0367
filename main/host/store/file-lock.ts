// A file as a lock between processes.
import Database from 'better-sqlite3'

/**
 * Holds `file` as a lock until the process ends, however it ends: the system frees it. Returns a function that releases
 * it, or undefined when another process holds it.
 */
export function holdLock(file: string): (() => void) | undefined {
  const database = new Database(file, { timeout: 0 })
  try {
    // The lock needs no room on the disk.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return () => database.close()
}
