// The exit codes of otg.
import { constants } from 'node:os'

export const OK = 0
export const FAILED = 1
/** The command line is invalid. */
export const USAGE = 2
/** `otg wait`: the session ended before what was waited for. */
export const ENDED_FIRST = 3
/** `otg status`: no host is running, as `systemctl status` reports it. */
export const NOT_RUNNING = 3
/** `otg status`: the host runs, but something is wrong with it. */
export const IN_TROUBLE = 4
/** `otg check`: something is damaged. */
export const DAMAGED = 4
/** `otg check --repair`: it is repaired, but something is gone. */
export const LOST = 5
/** `otg wait`: the timeout, as timeout(1) reports it. */
export const TIMED_OUT = 124
/** The command of `otg run` cannot be executed, or is not found: the codes of a shell (POSIX, XCU 2.8.2). */
export const NOT_EXECUTABLE = 126
export const NOT_FOUND = 127

/** The code that a shell reports for a program that a signal ended: 128 plus its number (POSIX, XCU 2.8.2). */
export function exitCodeOfSignal(name: string): number {
  const number = (constants.signals as Record<string, number>)[name]
  return 128 + (number ?? (Number(/\d+$/.exec(name)?.[0] ?? 0) || 0))
}

/** The reader of standard output is gone: SIGPIPE, whose number Windows does not define. */
export const READER_GONE = 128 + 13
export const INTERRUPTED = 128 + 2
