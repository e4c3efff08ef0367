// What an error of the database means.
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
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return { code: 'store_damaged', lasting: false, message: `the history is damaged; see otg check: ${message}` }
  if (/^SQLITE_(READONLY|BUSY|LOCKED|IOERR|CANTOPEN|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/.test(code))
    return { code: 'data_dir_unusable', lasting: true, message }
  if (error instanceof CodedError) return { code: error.code, lasting: false, message }
  return { code: 'internal', lasting: false, message }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
