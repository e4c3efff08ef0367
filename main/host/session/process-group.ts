// Signals to everything that runs in a session. Knows nothing of PTYs; a session leader's pid is all it is given.
import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessIdentity } from '../recording/types.ts'

/** What ignores SIGHUP is killed after this. */
export const KILL_AFTER_MS = 5_000

/** And given up after this more: it belongs to another user (sudo), or hangs in a device that does not answer. */
export const GIVE_UP_MS = 1_000

/** What tells this process from a later one with the same pid; null when it is gone, or the system does not say. */
export function processIdentity(pid: number): ProcessIdentity | null {
  if (process.platform !== 'linux') return null
  try {
    const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    // Field 22: start time in clock ticks since boot (proc(5)).
    return { pid, start_time: statFields(pid)[19]!, boot_id }
  } catch {
    return null
  }
}

/** Ends what a host that died has left behind, if it is still the same process (case 53: pids are given out again). */
export function endLeftover(left: ProcessIdentity): void {
  const now = processIdentity(left.pid)
  if (!now || now.boot_id !== left.boot_id || now.start_time !== left.start_time) return
  hangUp(left.pid)
  setTimeout(() => {
    if (processIdentity(left.pid)?.start_time === left.start_time) killAll(left.pid)
  }, KILL_AFTER_MS).unref()
}

/**
 * True when something other than the session's leader has the terminal: a command runs in the foreground. Undefined when
 * the system does not say.
 */
export function isForegroundBusy(leader: number): boolean | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const fields = statFields(leader)
    return fields[5] !== fields[2] // tpgid, pgrp
  } catch {
    return undefined
  }
}

/** SIGHUP to every process group of the session that `leader` leads, as a terminal does when it hangs up. */
export function hangUp(leader: number): void {
  // A stopped job would sleep through it: SIGCONT follows, as POSIX has it for orphaned groups (XBD 11.1.10).
  for (const group of groups(leader)) {
    signal(-group, 'SIGHUP')
    signal(-group, 'SIGCONT')
  }
}

/** SIGKILL to whatever is left of the session. */
export function killAll(leader: number): void {
  for (const group of groups(leader)) signal(-group, 'SIGKILL')
}

/**
 * The process groups of a session. On Linux /proc tells all, also those of background jobs; elsewhere the leader's own
 * group is what can be known without a subprocess (the kernel hangs up the foreground group when the PTY closes).
 */
function groups(leader: number): Set<number> {
  const found = new Set<number>()
  if (process.platform !== 'linux') {
    if (process.platform !== 'win32') found.add(leader)
    return found
  }
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = statFields(name)
      if (Number(fields[3]) === leader) found.add(Number(fields[2]))
    } catch {
      // it ended meanwhile
    }
  }
  return found
}

/** The fields of /proc/PID/stat after the command: state, ppid, pgrp, session, tty, tpgid … (proc(5)). */
function statFields(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone already
  }
}
