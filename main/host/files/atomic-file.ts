// Writes small files atomically.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'

/**
 * All or nothing, also if the power fails or the disk is full: writes a new file (0600), syncs it, and renames it over the
 * old one. Throws `data_dir_unusable`.
 */
export function writeAtomically(file: string, text: string): void {
  const fresh = `${file}.new`
  try {
    // A file that a crash left behind may have other permissions.
    rmSync(fresh, { force: true })
    const descriptor = openSync(fresh, 'wx', 0o600)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(fresh, file)
    if (process.platform !== 'win32') syncFolder(dirname(file)) // folders cannot be opened there
  } catch (cause) {
    rmQuietly(fresh)
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('data_dir_unusable', `${file} cannot be written: ${why}`, { cause })
  }
}

/** The error to report is why the file could not be written. */
function rmQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}

/** A name in a folder is on disk only after this. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
