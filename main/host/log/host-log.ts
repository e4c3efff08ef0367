// The host's own log file, `host.log`. What terminals print never goes here.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, renameSync } from 'node:fs'
import pino from 'pino'
import type { Logger, LogLevel } from './logger.ts'

export interface HostLog extends Logger {
  close(): void
}

/** Months of a quiet host. One older file is kept beside the current one. */
export const LOG_BYTES = 2 * 1024 * 1024

/**
 * Appends JSON lines to `file` (0600), which is renamed to `file.1` when it is full. Lines below `level` are not written.
 * Throws only when the file cannot be opened at the start: a host goes on without its log when the disk is full, and the
 * next line that can be written is preceded by one that counts the missing lines.
 */
export function createLog(file: string, level: LogLevel = 'info'): HostLog {
  let output: LogFile | undefined = new LogFile(file)
  let dropped = 0
  // Not pino's own destination: it keeps what it could not write, without a bound.
  const root = pino({ level, base: { pid: process.pid } }, { write: line => output?.append(line) })
  const attempt = (write: () => void) => {
    if (!output) return
    try {
      if (dropped > 0) {
        root.error({ dropped }, 'lines of this log could not be written')
        dropped = 0
      }
      write()
    } catch {
      dropped++
    }
  }
  const wrap = (logger: pino.Logger): Logger => {
    const at = (level: LogLevel) => (fields: object, message: string) => {
      if (logger.isLevelEnabled(level)) attempt(() => logger[level](fields, message))
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: fields => wrap(logger.child(fields)),
    }
  }
  return {
    ...wrap(root),
    close: () => {
      output?.close()
      output = undefined
    },
  }
}

/** A file that never grows past LOG_BYTES. */
class LogFile {
  readonly #file: string
  #descriptor: number | undefined
  #size = 0
  /** The last line may be incomplete. */
  #torn = false

  constructor(file: string) {
    this.#file = file
    this.#open()
  }

  /** Throws errors of the file system. */
  append(line: string): void {
    const text = this.#torn ? `\n${line}` : line
    const size = Buffer.byteLength(text)
    if (this.#size > 0 && this.#size + size > LOG_BYTES) this.#rotate()
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

  #rotate(): void {
    this.close()
    // The file is missing if it was renamed before and no new one could be created.
    if (existsSync(this.#file)) renameSync(this.#file, `${this.#file}.1`)
    this.#size = 0
  }
}
