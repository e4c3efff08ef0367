// Whether a program waits for what is typed, by its processes. Linux tells in /proc which system call a process sleeps in,
// with its file descriptor; a process that polls, or that runs as another user (sudo), may wait for anything.
import { readdir, readFile, readlink } from 'node:fs/promises'

/** `reads`: a process sleeps in a read of the terminal. `not`: none of them can. `unknown`: one may. */
export type Reading = 'reads' | 'not' | 'unknown'

/** Numbers of system calls (asm/unistd.h). */
const CALLS: Record<string, { read: number; others: Set<number> } | undefined> = {
  // others: nanosleep, wait4, clock_nanosleep, waitid
  x64: { read: 0, others: new Set([35, 61, 230, 247]) },
  arm64: { read: 63, others: new Set([101, 260, 115, 95]) },
}

/** A larger tree of processes is not searched. */
const MAX_PROCESSES = 64

/** `pid`: the process that the terminal began with. */
export async function readingOf(pid: number): Promise<Reading> {
  const calls = CALLS[process.arch]
  if (process.platform !== 'linux' || !calls) return 'unknown'
  try {
    const group = await foregroundGroup(pid)
    const found = await Promise.all(group.map(one => readingOfProcess(one, calls)))
    if (found.includes('reads')) return 'reads'
    return found.length > 0 && found.every(one => one === 'not') ? 'not' : 'unknown'
  } catch {
    return 'unknown' // it has ended, or is hidden from us
  }
}

/** The processes of the terminal's foreground group that descend from this one. */
async function foregroundGroup(pid: number): Promise<number[]> {
  const group: number[] = []
  const waiting = [pid]
  for (let count = 0; waiting.length > 0; count++) {
    if (count === MAX_PROCESSES) return []
    const one = waiting.shift()!
    try {
      const [state, , ownGroup, , , foreground] = (await readFile(`/proc/${one}/stat`, 'latin1'))
        .replace(/^.*\) /s, '')
        .split(' ')
      if (ownGroup === foreground && state !== 'Z' && state !== 'X') group.push(one)
      for (const thread of await readdir(`/proc/${one}/task`)) {
        const children = await readFile(`/proc/${one}/task/${thread}/children`, 'latin1')
        waiting.push(...children.split(' ').filter(Boolean).map(Number))
      }
    } catch (error) {
      // A short-lived child; a system without lists of children fails for the first process, too.
      if (one === pid || !isGone(error)) throw error
    }
  }
  return group
}

/** Reading /proc/PID/syscall takes the permission to trace a process, which its ancestors have. */
async function readingOfProcess(pid: number, { read, others }: NonNullable<(typeof CALLS)[string]>): Promise<Reading> {
  try {
    const [number, descriptor] = (await readFile(`/proc/${pid}/syscall`, 'latin1')).trim().split(' ')
    const threads = (await readdir(`/proc/${pid}/task`)).length
    if (number !== 'running' && Number(number) === read) {
      const file = await readlink(`/proc/${pid}/fd/${Number(descriptor)}`)
      if (/^\/dev\/(pts\/\d+|tty)$/.test(file)) return 'reads'
    } else if (number !== 'running' && !others.has(Number(number))) return 'unknown'
    return threads === 1 ? 'not' : 'unknown'
  } catch (error) {
    return isGone(error) ? 'not' : 'unknown'
  }
}

/** The process ended meanwhile, or closed the file that it read. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}
