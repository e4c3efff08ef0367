// What the system says of other processes: their parents, their terminal, and whether they descend from this host.
import { execFile } from 'node:child_process'
import { open, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { isShellFile } from './shell-file.ts'

export interface ProcessInfo {
  pid: number
  parent: number
  group: number
  /** The id of the session leader (setsid(2)); 0 where the system does not tell. */
  session: number
  /** The controlling terminal, '' for none. */
  terminal: string
  /** The foreground process group of that terminal. */
  foreground: number
  argv: string[]
}

export interface Processes {
  /** Undefined: there is no such process. */
  find(pid: number): Promise<ProcessInfo | undefined>
  /** Whether the process runs a shell's file and reads from its terminal, whatever it calls itself. False: also if the system does not tell. */
  isShellAtTerminal(process: ProcessInfo): Promise<boolean>
  /** Whether the process descends from this host, however it detached itself; undefined: the system does not tell. */
  isDescendant(pid: number): Promise<boolean | undefined>
}

/** The program and its script are at the beginning of a command line. */
const ARGV_BYTES = 4096

const PS_MS = 5_000
const LSOF_MS = 5_000
const PS_BYTES = 16 * 1024 * 1024

/** Linux. `mark`: see `markDescendants`. */
export function processesByProc(mark: number | undefined): Processes {
  return {
    find: async pid => {
      try {
        const line = await readFile(`/proc/${pid}/stat`, 'latin1')
        const [, parent, group, session, terminal, foreground] = line.replace(/^.*\) /s, '').split(' ')
        return {
          pid,
          parent: Number(parent),
          group: Number(group),
          session: Number(session),
          terminal: terminal === '0' ? '' : terminal!,
          foreground: Number(foreground),
          argv: await argvOf(pid),
        }
      } catch {
        return undefined
      }
    },
    isShellAtTerminal: async ({ pid, terminal }) => {
      try {
        const [file, name] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/fd/0`)])
        // Anything else is not looked at: its file system may never answer.
        if (!name.startsWith('/dev/')) return false
        const input = await stat(`/proc/${pid}/fd/0`)
        // Both are device numbers in the kernel's encoding (proc_pid_stat(5)).
        return String(input.rdev) === terminal && (await isShellFile(file, `/proc/${pid}/exe`))
      } catch {
        return false // gone, or another user's
      }
    },
    isDescendant: async pid => {
      if (mark === undefined) return undefined
      const limit = await lockLimit(pid).catch(() => undefined)
      return limit === undefined ? undefined : limit <= mark
    },
  }
}

/** macOS. One call of ps(1) per question: it lists all processes at the same moment. */
export function processesByPs(): Processes {
  return {
    find: async pid => {
      // The columns before the command line contain no blanks.
      const columns = 'pid=,ppid=,pgid=,tpgid=,tty=,args='
      const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', columns], {
        timeout: PS_MS,
        maxBuffer: PS_BYTES,
      }).catch(() => ({ stdout: '' }))
      const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(.*)$/m.exec(stdout)
      if (!found) return undefined
      const [, , parent, group, foreground, terminal, command] = found
      return {
        pid,
        parent: Number(parent),
        group: Number(group),
        session: 0,
        terminal: /^\?+$/.test(terminal!) ? '' : terminal!,
        foreground: Number(foreground),
        argv: command!.split(' '),
      }
    },
    isShellAtTerminal: async ({ pid, terminal }) => {
      const args = ['-a', '-p', String(pid), '-d', 'txt,0', '-Ffn']
      const { stdout } = await promisify(execFile)('lsof', args, { timeout: LSOF_MS }).catch(() => ({ stdout: '' }))
      const names = (descriptor: string) =>
        [...stdout.matchAll(/^f(.*)\n(?:[^fn].*\n)*n(.*)$/gm)].filter(([, one]) => one === descriptor)
      // The program itself comes before the libraries that it has loaded.
      const file = names('txt')[0]?.[2]
      const input = names('0')[0]?.[2]
      if (file === undefined || terminal === '' || input !== `/dev/${terminal}`) return false
      return isShellFile(await realpath(file).catch(() => file))
    },
    isDescendant: async () => undefined,
  }
}

/**
 * Marks this process, and with it every process that will descend from it, by a resource limit: a hard limit is inherited
 * across fork, exec, setsid and a change of parents, and only root can raise it. The number of file locks has not been
 * limited by it since Linux 2.4.25 (getrlimit(2)). Undefined: it could not be set.
 */
export function markDescendants(): Promise<number | undefined> {
  // Once: the mark is this process's, whichever of its hosts asks.
  marking ??= mark()
  return marking
}

let marking: Promise<number | undefined> | undefined

async function mark(): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const before = await lockLimit(process.pid)
    const mark = Number.isFinite(before) ? before - 1 : UNLIMITED_MARK
    if (mark < 0) return undefined
    await promisify(execFile)('prlimit', ['--pid', String(process.pid), `--locks=${mark}:${mark}`])
    return (await lockLimit(process.pid)) === mark ? mark : undefined
  } catch {
    return undefined // no prlimit(1): it belongs to util-linux
  }
}

const UNLIMITED_MARK = 1_000_000_000

/** The hard limit; infinite for none. */
async function lockLimit(pid: number): Promise<number> {
  const limits = await readFile(`/proc/${pid}/limits`, 'latin1')
  const hard = /^Max file locks\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  if (hard === undefined) throw new Error('no such limit')
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}

/** Asynchronously: reading the command line of a process that hangs may block (proc(5)). */
async function argvOf(pid: number): Promise<string[]> {
  const file = await open(`/proc/${pid}/cmdline`)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ARGV_BYTES), 0, ARGV_BYTES)
    return buffer.toString('utf8', 0, bytesRead).replace(/\0$/, '').split('\0')
  } finally {
    await file.close()
  }
}
