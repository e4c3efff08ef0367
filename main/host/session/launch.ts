// What a session's program inherits from the host: descriptors 0, 1 and 2, and the limit of open files.
import { accessSync, closeSync, constants, openSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Of the new terminal and what node-pty opens beside it. */
const FORK_DESCRIPTORS = 8

/** More descriptors than a host has by its other limits; beyond it, gaps stay. */
const MAX_FILLED = 8192

/**
 * Runs `fork` while no descriptor below the highest is free. In the new process, node-pty marks all descriptors to be closed:
 * with close_range(2) where kernel and C library have it (Linux 5.9), else one by one up to the first free one above 15,
 * and would miss those after it.
 */
export function withoutGaps<T>(fork: () => T): T {
  if (process.platform !== 'linux') return fork()
  const fillers: number[] = []
  try {
    const highest = Math.max(...readdirSync('/proc/self/fd').map(Number))
    // Each takes the lowest one that is free, and Node.js opens it so that it closes at exec.
    while ((fillers.at(-1) ?? 0) < highest && fillers.length < MAX_FILLED) fillers.push(openSync('/dev/null', 'r'))
    for (let n = 0; n < FORK_DESCRIPTORS; n++) fillers.push(openSync('/dev/null', 'r'))
  } catch {
    // No /proc, or no descriptor is free.
  }
  // The fork needs some itself; where a high one was inherited, these are the last ones below it.
  for (const spare of fillers.splice(-FORK_DESCRIPTORS)) closeSync(spare)
  try {
    return fork()
  } finally {
    for (const filler of fillers) closeSync(filler)
  }
}

/**
 * The command that runs `argv` with a soft limit of `limit` open files; it replaces itself by it. prlimit(1) belongs to
 * util-linux. The shell takes its place on macOS and on small systems; some shells drop variables whose names they cannot use.
 */
export function withFileLimit(argv: string[], limit: number | undefined, path: string): string[] {
  if (limit === undefined || process.platform === 'win32') return argv
  const prlimit = process.platform === 'linux' ? onPath('prlimit', path) : undefined
  if (prlimit) return [prlimit, `--nofile=${limit}:`, '--', ...argv]
  return ['/bin/sh', '-c', `ulimit -Sn ${limit}; exec "$@"`, 'sh', ...argv]
}

function onPath(program: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not in this folder
    }
  }
  return undefined
}
