// The host's own log file. The only file that knows pino; what terminals print never goes here.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, renameSync } from 'node:fs'
import pino from 'pino'

export interface HostLog {
  info(what: object, message: string): void
  error(what: object, message: string): void
  close(): void
}

/** Months of a quiet host. One old file is kept beside the present one. */
export const LOG_BYTES = 2 * 1024 * 1024

/**
 * Appends JSON lines to `file` (0600), which is put aside as `file.1` when it is full. Only the start can throw: a host
 * goes on without its log when the disk is full, and says in the next line that can be written how many are missing.
 */
export function createLog(file: string): HostLog {
  let output: Output | undefined = new Output(file)
  let dropped = 0
  // Not pino's own destination: it keeps what it could not write, and has no bound.
  const logger = pino({ base: { pid: process.pid } }, { write: line => output?.append(line) })
  const attempt = (write: () => void) => {
    if (!output) return
    try {
      if (dropped > 0) {
        logger.error({ dropped }, 'lines of this log could not be written')
        dropped = 0
      }
      write()
    } catch {
      dropped++
    }
  }
  return {
    info: (what, message) => attempt(() => logger.info(what, message)),
    error: (what, message) => attempt(() => logger.error(what, message)),
    close: () => {
      output?.close()
      output = undefined
    },
  }
}

/** The file, which never grows past LOG_BYTES. */
class Output {
  readonly #file: string
  #descriptor: number | undefined
  #size = 0
  /** The last line may have been written in part. */
  #torn = false

  constructor(file: string) {
    this.#file = file
    this.#open()
  }

  /** Throws what the system says. */
  append(line: string): void {
    const text = this.#torn ? `\n${line}` : line
    const size = Buffer.byteLength(text)
    if (this.#size > 0 && this.#size + size > LOG_BYTES) this.#putAside()
    const descriptor = this.#descriptor ?? this.#open()
    this.#torn = true
    appendFileSync(descriptor, text)
    this.#torn = false
    this.#size += size
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(): number {
    const descriptor = openSync(this.#file, 'a', 0o600)
    this.#size = fstatSync(descriptor).size
    this.#torn = false
    this.#descriptor = descriptor
    return descriptor
  }

  #putAside(): void {
    this.close()
    // Not there: it was put aside before, and then no new one could be made.
    if (existsSync(this.#file)) renameSync(this.#file, `${this.#file}.1`)
    this.#size = 0
  }
}
