// What an error of the database means.
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { CodedError, type ErrorCode } from '../../../protocol/errors.ts'

export interface StoreFault {
  code: ErrorCode
  /** The cause is the disk or another process: the same operation may work later. Otherwise it never will. */
  lasting: boolean
  message: string
}

/** Result codes: https://sqlite.org/rescode.html */
export function storeFault(error: unknown): StoreFault {
  const sqlite = (error as { code?: unknown } | null)?.code
  const code = typeof sqlite === 'string' ? sqlite : ''
  const message = code.startsWith('SQLITE') ? `${messageOf(error)} (${code})` : messageOf(error)
  if (/^SQLITE_FULL/.test(code)) return { code: 'store_full', lasting: true, message }
  // A short read: the header says that pages are longer than they are.
  if (/^SQLITE_(NOTADB|CORRUPT|IOERR_SHORT_READ)/.test(code))
    return { code: 'store_damaged', lasting: false, message: `the history is damaged; see otg check: ${message}` }
  if (/^SQLITE_(READONLY|BUSY|LOCKED|IOERR|CANTOPEN|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/.test(code))
    return { code: 'data_dir_unusable', lasting: true, message }
  if (error instanceof CodedError) return { code: error.code, lasting: false, message }
  return { code: 'internal', lasting: false, message }
}

/** SQLite needs room for the index of its write-ahead log and calls it an input error if there is none. */
const MIN_FREE_BYTES = 256 * 1024

export function isDiskFull(error: unknown, file: string): boolean {
  const { code } = storeFault(error)
  if (code === 'store_full') return true
  if (!`${(error as { code?: unknown } | null)?.code}`.startsWith('SQLITE_IOERR')) return false
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize < MIN_FREE_BYTES
  } catch {
    return false
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
