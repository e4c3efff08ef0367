// Signals to all processes of a session, found by the pid of the session leader.
import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { ProcessIdentity } from '../recording/types.ts'

/** A process that ignores SIGHUP is killed after this. */
export const KILL_AFTER_MS = 5_000

/** And abandoned after this: it belongs to another user (sudo), or hangs in a device that does not answer. */
export const GIVE_UP_MS = 1_000

/** Distinguishes a process from a later one with the same pid; null: it is gone, or the system does not tell. */
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

/** Ends a process that a crashed host left behind, if the pid is still that process (case 53: pids are reused). */
export function endLeftover(left: ProcessIdentity): void {
  const now = processIdentity(left.pid)
  if (!now || now.boot_id !== left.boot_id || now.start_time !== left.start_time) return
  hangUp(left.pid)
  setTimeout(() => {
    if (processIdentity(left.pid)?.start_time === left.start_time) killAll(left.pid)
  }, KILL_AFTER_MS).unref()
}

/**
 * True when a command runs in the foreground: another process group than the leader's has the terminal. Undefined: the
 * system does not tell.
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
      // it has ended
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
    // it has ended
  }
}

/** `SIGTERM` for 15. */
export function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`
}
