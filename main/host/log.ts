// The host's own log file. The only file that knows pino; what terminals print never goes here.
import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import pino from 'pino'

export interface HostLog {
  info(what: object, message: string): void
  error(what: object, message: string): void
  close(): void
}

/** One old file is kept beside the present one. */
const LOG_BYTES = 2 * 1024 * 1024

/** Appends JSON lines to `file` (0600). A file that grew too long is put aside when the host starts. */
export function createLog(file: string): HostLog {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_BYTES) renameSync(file, `${file}.1`)
  const descriptor = openSync(file, 'a', 0o600)
  const destination = pino.destination({ fd: descriptor, sync: true })
  const logger = pino({ base: { pid: process.pid } }, destination)
  let open = true
  return {
    info: (what, message) => open && logger.info(what, message),
    error: (what, message) => open && logger.error(what, message),
    close: () => {
      if (!open) return
      open = false
      closeSync(descriptor)
    },
  }
}
