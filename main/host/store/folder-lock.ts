// A folder itself as a lock between processes: unlike a file in it, nobody can delete it and leave the folder in use.
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import koffi from 'koffi'

/** <sys/file.h> of Linux and macOS. */
const LOCK_EX = 2
const LOCK_NB = 4

/** EAGAIN has the same number on both (flock(2)). */
const { EWOULDBLOCK } = constants.errno

type Flock = (fd: number, operation: number) => number

const flock = loadFlock()

/**
 * Holds the folder until the process ends, however it ends; it follows the folder when that is moved. Programs that are started do
 * not get the lock (open(2), O_CLOEXEC). Returns a function that releases it, or undefined when another process holds it. Where
 * the system or the file system cannot lock folders, it holds nothing. Throws errors of the file system.
 */
export function holdFolder(folder: string): (() => void) | undefined {
  if (!flock) return () => {}
  const descriptor = openSync(folder, 'r')
  const isRefused = flock(descriptor, LOCK_EX | LOCK_NB) !== 0 && koffi.errno() === EWOULDBLOCK
  if (!isRefused) return () => closeSync(descriptor)
  closeSync(descriptor)
  return undefined
}

function loadFlock(): Flock | undefined {
  if (process.platform !== 'linux' && process.platform !== 'darwin') return undefined
  // null: what this process has loaded, the C library among it.
  return koffi.load(null).func('int flock(int, int)') as Flock
}
