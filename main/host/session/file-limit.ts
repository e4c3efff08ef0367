// The limit of open files that the host was started with: Node.js and Electron raise it for themselves, and programs would
// inherit that.
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** One process, as /proc describes it. */
export interface LimitedProcess {
  parent: number
  /** The name of its program. */
  name: string
  soft: number
  hard: number
}

/**
 * The soft limit where it is not known. Linux: what systemd gives, because select(2) cannot take higher descriptors. macOS:
 * what launchd gives.
 */
const DEFAULT_SOFT = process.platform === 'darwin' ? 256 : 1024

/** More parents than a process has. */
const MAX_PARENTS = 64

/** These raise the limit for themselves, and start other programs with what they have. */
const RAISERS = /^(?:node|nodejs|MainThread|npm.*|electron|gnome-shell)$/

/** These have a limit of their own, and start services with the default. */
const MANAGERS = /^(?:systemd|init|launchd)$/

/**
 * The soft limit that process `pid` was started with, by its parents: that of the nearest one that is lower, since no
 * program lowers it. A parent with the same limit counts only if no Node.js or Electron above it can have raised it.
 */
export function startLimit(pid: number, find: (pid: number) => LimitedProcess | undefined): number {
  const own = find(pid)
  if (!own) return DEFAULT_SOFT
  const parents: LimitedProcess[] = []
  for (let at = own.parent; at > 0 && parents.length < MAX_PARENTS; ) {
    const parent = find(at)
    if (!parent || MANAGERS.test(parent.name)) break
    parents.push(parent)
    at = parent.parent
  }
  const isRaiser = ({ name }: LimitedProcess) => RAISERS.test(name) || name === own.name
  for (const [n, { soft }] of parents.entries())
    if (soft < own.soft || !parents.slice(n).some(isRaiser)) return Math.min(soft, own.soft)
  return Math.min(DEFAULT_SOFT, own.soft)
}

/** Linux. */
export function findByProc(pid: number): LimitedProcess | undefined {
  try {
    const limits = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))!
    const [, comm, fields] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))!
    return {
      parent: Number(fields!.split(' ')[1]),
      name: programOf(pid) ?? comm!,
      soft: toNumber(limits[1]!),
      hard: toNumber(limits[2]!),
    }
  } catch {
    return undefined // it has ended, or there is no /proc
  }
}

function programOf(pid: number): string | undefined {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`))
  } catch {
    return undefined // it belongs to another user
  }
}

function toNumber(limit: string): number {
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}

/** Read when the host is loaded, because the process that started it may end soon. Undefined: it was not raised. */
export const fileLimit = process.platform === 'win32' ? undefined : limitToRestore()

function limitToRestore(): number | undefined {
  const start = startLimit(process.pid, findByProc)
  return start === findByProc(process.pid)?.soft ? undefined : start
}
