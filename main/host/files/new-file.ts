// A file that appears under its name only when it is complete, whatever is in its folder already.
import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Never opens what is there already: no other user's file, no symbolic link, not even a dangling one (open(2)). */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** Of a temporary name; nobody can create 2^64 of them beforehand. */
const NAME_BYTES = 8

/** Of the name of the file that are repeated in the temporary one: with the rest, less than NAME_MAX (255 bytes). */
const NAME_CHARACTERS = 50

/** A random one, in the same folder. */
export function unfinishedName(path: string): string {
  const name = basename(path).slice(0, NAME_CHARACTERS)
  return join(dirname(path), `.${name}.${randomBytes(NAME_BYTES).toString('hex')}.part`)
}

/**
 * Written under a random name in the same folder (0600) and then renamed over `path`: a file or symbolic link of that name
 * is replaced, and neither followed nor are its permissions kept.
 */
export class NewFile {
  /** Its name until it is finished. */
  readonly unfinished: string
  readonly #path: string
  #descriptor: number | undefined

  /** `unfinished`: from `unfinishedName`. Throws errors of the file system, and for a folder, a device or a pipe. */
  constructor(path: string, unfinished = unfinishedName(path)) {
    const existing = statSync(path, { throwIfNoEntry: false })
    if (existing && !existing.isFile()) throw new Error('it is not a regular file')
    this.#path = path
    this.unfinished = unfinished
    this.#descriptor = openSync(this.unfinished, NEW_FILE, 0o600)
  }

  /** Throws errors of the file system. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor!, bytes, at)
  }

  /** Gives it its name. Throws errors of the file system. */
  finish(): void {
    this.#close()
    renameSync(this.unfinished, this.#path)
  }

  /** Gives it its name and its descriptor to the caller, who writes on. Throws errors of the file system. */
  publish(): number {
    const descriptor = this.#descriptor!
    renameSync(this.unfinished, this.#path)
    this.#descriptor = undefined
    return descriptor
  }

  /** Removes it if it is not finished. Twice is fine. */
  undo(): void {
    this.#close()
    rmSync(this.unfinished, { force: true })
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
