// A file as a lock between processes.
import Database from 'better-sqlite3'
import { holdFolder } from './folder-lock.ts'

/** Holds a folder by itself and by a file in it: for as long as the process lives, nobody else uses it. Like `holdLock`. */
export function holdFolderAndFile(folder: string, file: string): (() => void) | undefined {
  const releaseFolder = holdFolder(folder)
  if (!releaseFolder) return undefined
  try {
    const releaseFile = holdLock(file)
    if (releaseFile)
      return () => {
        releaseFile()
        releaseFolder()
      }
  } catch (error) {
    releaseFolder()
    throw error
  }
  releaseFolder()
  return undefined
}

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
