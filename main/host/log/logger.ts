// What the parts of a host write log lines to, and the levels that a log has.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** `fields` become members of the JSON line. Lines about a client have `connection`, lines about a session `session`. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** The same log, with these fields on every line. */
  child(fields: object): Logger
}

/** The level that `text` names; undefined: it names none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  return LOG_LEVELS.find(level => level === text)
}
