// Gives a data folder to one host: by a lock on the folder, by a lock in a file for where folders cannot be locked, and by the name of
// its owner for where that was deleted, or does not work.
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPlainFile, readPlainFile } from '../files/plain-file.ts'
import { type HostRun, isRunOver, runFromText, runToText } from '../processes/host-run.ts'
import { holdLock } from '../store/file-lock.ts'
import { holdFolder } from '../store/folder-lock.ts'

const LOCK_FILE = 'lock.db'

/** Names the host that owns the folder, from its start to its end; after a crash it stays. */
const OWNER_FILE = 'owner.json'

interface Lock {
  release(): void
  /** The identity of its file. */
  file: string
}

interface Owner {
  run: HostRun
  /** The folder that it took: a copy has another one. */
  folder: string
}

export class FolderOwner {
  readonly #path: string
  readonly #run: HostRun
  readonly #folder: string
  /** The folder was copied from that of a host that runs. */
  readonly isCopy: boolean
  #lock: Lock
  readonly #unlockFolder: () => void
  #isHolding = true

  /** Undefined: another host owns the folder. Throws errors of the file system. */
  static take(path: string, run: HostRun): FolderOwner | undefined {
    const unlock = holdFolder(path)
    if (!unlock) return undefined
    let lock: Lock | undefined
    let owner: FolderOwner | undefined
    try {
      lock = lockIn(path)
      if (!lock) return undefined
      const before = readOwner(path)
      const isOwned = before !== undefined && before.run.id !== run.id && isRunning(before.run)
      if (!isOwned || before.folder !== identityOf(path)) owner = new FolderOwner(path, run, lock, isOwned, unlock)
      return owner
    } finally {
      if (!owner) {
        lock?.release()
        unlock()
      }
    }
  }

  private constructor(path: string, run: HostRun, lock: Lock, isCopy: boolean, unlockFolder: () => void) {
    this.#unlockFolder = unlockFolder
    this.#path = path
    this.#run = run
    this.#folder = identityOf(path)
    this.#lock = lock
    this.isCopy = isCopy
    try {
      this.#writeName()
    } catch {
      // The disk is full. The lock holds, and `check` writes the name when there is room.
    }
  }

  /** Whether the folder is still where it was, and not another one in its place. */
  get isHere(): boolean {
    try {
      return identityOf(this.#path) === this.#folder
    } catch {
      return false
    }
  }

  /** No other host has taken the folder. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** Puts back the lock and the name if they were deleted. False: another host has taken the folder. Throws errors of the file system. */
  check(): boolean {
    const lockFile = identityOrNone(join(this.#path, LOCK_FILE))
    if (lockFile !== this.#lock.file) {
      const lock = lockIn(this.#path)
      this.#isHolding = lock !== undefined
      if (!lock) return false
      this.#lock.release()
      this.#lock = lock
    }
    if (readOwner(this.#path)?.run.id !== this.#run.id) this.#writeName()
    return true
  }

  release(): void {
    if (this.#isHolding && this.isHere) rmSync(join(this.#path, OWNER_FILE), { force: true })
    this.#lock.release()
    this.#unlockFolder()
  }

  /** Not synced: after a crash of the system no host runs. */
  #writeName(): void {
    const file = join(this.#path, OWNER_FILE)
    const text = JSON.stringify({ run: runToText(this.#run), folder: this.#folder })
    writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
}

/** The process that names itself as the owner of the folder and runs. */
export function ownerOf(path: string): { pid: number } | undefined {
  const owner = readOwner(path)
  return owner?.run.process && isRunning(owner.run) ? { pid: owner.run.process.pid } : undefined
}

function isRunning(run: HostRun): boolean {
  return run.process !== null && !isRunOver(run)
}

function readOwner(path: string): Owner | undefined {
  try {
    const { run, folder } = JSON.parse(readPlainFile(join(path, OWNER_FILE))) as { run: string; folder: string }
    const known = runFromText(run)
    return known && { run: known, folder }
  } catch {
    return undefined // there is none, or a crash of the system left half of it
  }
}

function lockIn(path: string): Lock | undefined {
  const file = join(path, LOCK_FILE)
  // SQLite would create it with the umask (os_unix.c).
  createPlainFile(file)
  const release = holdLock(file)
  return release && { release, file: identityOf(file) }
}

/** Of a file or folder: a copy has another one. */
function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true })
  return `${dev}:${ino}`
}

function identityOrNone(path: string): string | undefined {
  try {
    return identityOf(path)
  } catch {
    return undefined
  }
}
