// Reads small files that programs of this user may have replaced by something else: a FIFO would wait for its other end for ever.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** A FIFO does not wait. Undefined on Windows, where there is none. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** The text of a regular file. Throws errors of the file system; EINVAL: it is something else. */
export function readPlainFile(path: string): string {
  const descriptor = openSync(path, FLAGS)
  try {
    requireFile(descriptor, path)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** Creates a file (0600) if there is none. Throws errors of the file system; EINVAL: there is something else. */
export function createPlainFile(path: string): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | (constants.O_NONBLOCK ?? 0), 0o600)
  try {
    requireFile(descriptor, path)
  } finally {
    closeSync(descriptor)
  }
}

function requireFile(descriptor: number, path: string): void {
  if (fstatSync(descriptor).isFile()) return
  throw Object.assign(new Error(`EINVAL: ${path} is no regular file`), { code: 'EINVAL' })
}
