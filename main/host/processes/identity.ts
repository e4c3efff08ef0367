// Which process is which, also when pids are reused: what /proc says of a process.
import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessIdentity } from '../recording/types.ts'

/** Distinguishes a process from a later one with the same pid; null: it is gone, or the system does not tell. */
export function processIdentity(pid: number): ProcessIdentity | null {
  if (process.platform !== 'linux') return null
  try {
    const { start_time } = statOf(pid)
    return { pid, start_time, boot_id: bootId() }
  } catch {
    return null
  }
}

/** Random, and another one after each start of the system; '' where the system does not tell. */
export function bootId(): string {
  if (process.platform !== 'linux') return ''
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** A process as /proc/PID/stat describes it (proc(5)). */
export interface ProcessStat {
  pid: number
  state: string
  group: number
  /** The pid of the session leader. */
  session: number
  /** The foreground process group of its terminal. */
  foreground: number
  /** Clock ticks since boot. */
  start_time: string
}

/** Throws if there is no such process. */
export function statOf(pid: number | string): ProcessStat {
  const [state, , group, session, , foreground, ...rest] = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of its program may contain blanks and parentheses.
    .replace(/^.*\) /s, '')
    .split(' ')
  return {
    pid: Number(pid),
    state: state!,
    group: Number(group),
    session: Number(session),
    foreground: Number(foreground),
    start_time: rest[13]!,
  }
}

let known: readonly ProcessStat[] | undefined

/**
 * All processes that have not ended: a zombie only waits for its parent. Empty where there is no /proc. Within one turn of the
 * event loop they are read once: a host that stops ends all of its sessions in one, and each would read hundreds of files.
 */
export function runningProcesses(): readonly ProcessStat[] {
  if (known) return known
  known = readProcesses()
  setImmediate(() => {
    known = undefined
  }).unref()
  return known
}

function readProcesses(): ProcessStat[] {
  if (process.platform !== 'linux') return []
  const found: ProcessStat[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = statOf(name)
      if (!/^[ZX]/.test(stat.state)) found.push(stat)
    } catch {
      // it has ended
    }
  }
  return found
}

/** Whether this very process has not ended. Where the system does not tell: no. */
export function isRunning({ pid, start_time, boot_id }: ProcessIdentity): boolean {
  try {
    const stat = statOf(pid)
    return stat.start_time === start_time && !/^[ZX]/.test(stat.state) && bootId() === boot_id
  } catch {
    return false
  }
}

/** The variables that a process was started with; undefined: it belongs to another user, or has ended. */
export function environmentOf(pid: number): Map<string, string> | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return new Map(entries.map(entry => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]))
  } catch {
    return undefined
  }
}
