// The host's own log file, `host.log`. What terminals print never goes here.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, renameSync } from 'node:fs'
import pino from 'pino'
import { CodedError } from '../../../protocol/errors.ts'
import { LOG_LEVELS, type Logger, type LogLevel } from './logger.ts'

export interface HostLog extends Logger {
  /** Lines below it are no longer written, also by loggers that were made before. */
  setLevel(level: LogLevel): void
  /** `failing` is called when lines cannot be written, with why, and with undefined when they can be again. */
  onFailing(failing: (error: Error | undefined) => void): void
  close(): void
}

/** One file: months of a quiet host. */
export const LOG_BYTES = 2 * 1024 * 1024

/** Full files that are kept beside the current one, as `host.log.1` (the newest) to `host.log.3`: a busy week at level `debug`. */
export const OLD_LOGS = 3

/**
 * Appends JSON lines to `file` (0600), which becomes `file.1` when it is full. Lines below the level are not written. Throws
 * `data_dir_unusable` only when the file cannot be opened at the start: a host goes on without its log when the disk is full, and the next line
 * that can be written is preceded by one that counts the missing lines.
 */
export function createLog(file: string, level: LogLevel = 'info'): HostLog {
  let output: LogFile | undefined = openFile(file)
  let lowest = LOG_LEVELS.indexOf(level)
  let dropped = 0
  let why: Error | undefined
  let failing = (_error: Error | undefined) => {}
  // Not pino's own destination: it keeps what it could not write, without a bound. The level is checked here, because it changes.
  const root = pino({ level: LOG_LEVELS[0], base: { pid: process.pid } }, { write: line => output?.append(line) })
  const attempt = (write: () => void) => {
    if (!output) return
    const before = dropped
    try {
      if (before > 0) root.error({ dropped: before }, 'lines of this log could not be written')
      dropped = 0
      write()
    } catch (error) {
      dropped++
      why = error as Error
      if (before === 0) failing(why)
      return
    }
    why = undefined
    if (before > 0) failing(undefined)
  }
  const wrap = (logger: pino.Logger): Logger => {
    const at = (level: LogLevel) => {
      const rank = LOG_LEVELS.indexOf(level)
      return (fields: object, message: string) => {
        if (rank >= lowest) attempt(() => logger[level](fields, message))
      }
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
    setLevel: level => {
      lowest = LOG_LEVELS.indexOf(level)
    },
    onFailing: told => {
      failing = told
      if (why) failing(why)
    },
    close: () => {
      output?.close()
      output = undefined
    },
  }
}

function openFile(file: string): LogFile {
  try {
    return new LogFile(file)
  } catch (cause) {
    throw new CodedError('data_dir_unusable', `${file} cannot be written: ${(cause as Error).message}`, { cause })
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

  /** The oldest file goes. A number is missing where a rename was interrupted before. */
  #rotate(): void {
    this.close()
    for (let number = OLD_LOGS - 1; number >= 0; number--) {
      const from = number === 0 ? this.#file : `${this.#file}.${number}`
      if (existsSync(from)) renameSync(from, `${this.#file}.${number + 1}`)
    }
    this.#size = 0
  }
}
