// Signals to all processes of a session, found by the pid of the session leader.
import { constants } from 'node:os'
import { runningProcesses, statOf } from './identity.ts'

/** A process that ignores SIGHUP is killed after this. */
export const KILL_AFTER_MS = 5_000

/** And abandoned after this: it belongs to another user (sudo), or hangs in a device that does not answer. */
export const GIVE_UP_MS = 1_000

/**
 * True when a command runs in the foreground: another process group than the leader's has the terminal. Undefined: the
 * system does not tell.
 */
export function isForegroundBusy(leader: number): boolean | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const { foreground, group } = statOf(leader)
    return foreground !== group
  } catch {
    return undefined
  }
}

/** SIGHUP to every process group of the session that `leader` leads, as when a terminal hangs up. */
export function hangUp(leader: number): void {
  // A stopped job would not receive it: SIGCONT follows, as POSIX specifies for orphaned groups (XBD 11.1.10).
  for (const group of groups(leader)) {
    signal(-group, 'SIGHUP')
    signal(-group, 'SIGCONT')
  }
}

/** SIGKILL to the processes that are left of the session. */
export function killAll(leader: number): void {
  for (const group of groups(leader)) signal(-group, 'SIGKILL')
}

/**
 * The process groups of a session. On Linux /proc lists all, including background jobs; elsewhere only the leader's own
 * group is known without a subprocess (the kernel hangs up the foreground group when the PTY closes).
 */
function groups(leader: number): Set<number> {
  if (process.platform === 'win32') return new Set()
  if (process.platform !== 'linux') return new Set([leader])
  return new Set(
    runningProcesses()
      .filter(({ session }) => session === leader)
      .map(({ group }) => group),
  )
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended
  }
}

/** `SIGTERM` for 15. */
export function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`
}
