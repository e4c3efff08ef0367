// Notices when the database's files are deleted, replaced, cut short or overwritten by something else while they are open:
// SQLite would write on into a file that nobody can open any more, or mix two databases.
import { existsSync, openSync, readSync, renameSync, rmSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Store } from '../../store/store.ts'

/** What happened: to the database itself, or to its write-ahead log or the index of that. */
export type FileFault =
  | 'deleted'
  | 'replaced'
  | 'truncated'
  | 'overwritten'
  /** The write-ahead log or its index was deleted or replaced; all of it is still open here. */
  | 'log_gone'
  /** The write-ahead log was cut short: what was in the rest is gone. */
  | 'log_truncated'

/** How often the files are looked at: a few stat(2). */
export const GUARD_MS = 1_000

/** https://sqlite.org/fileformat.html#the_database_header */
const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
/** Of an encrypted database only the salt, which stands in place of the magic, does not change. */
const MAGIC_BYTES = 16
const CHANGE_COUNTER = 24
const USER_VERSION = 60

interface Known {
  inode: number
  size: number
}

export class FileGuard {
  readonly #file: string
  /**
   * Never closed while SQLite has the file open: closing any descriptor of a file drops the process's locks on it
   * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
   */
  readonly #descriptor: number
  #database: Known
  #header: Buffer
  #log: Known | undefined
  /** Something in the write-ahead log is not in the database yet. */
  #isLogNeeded = true
  #indexInode: number | undefined

  /** `file`: a database that was just opened and checkpointed. */
  constructor(file: string) {
    this.#file = file
    this.#descriptor = openSync(file, 'r')
    this.#database = known(statSync(file))
    this.#header = this.#readHeader()
  }

  /** Close it after the database. */
  get descriptor(): number {
    return this.#descriptor
  }

  /** Call it after each write of this connection. */
  noteWrite(): void {
    this.#isLogNeeded = true
    this.#noteLog()
  }

  /** Call it after each checkpoint. `isComplete`: the whole log is in the database. */
  noteCheckpoint(isComplete: boolean): void {
    if (isComplete) this.#isLogNeeded = false
    this.#noteLog()
    const database = statSync(this.#file, { throwIfNoEntry: false })
    if (database?.ino !== this.#database.inode) return
    this.#database = known(database)
    this.#header = this.#readHeader()
  }

  #noteLog(): void {
    const log = statSync(`${this.#file}-wal`, { throwIfNoEntry: false })
    // Another file than before is for `check` to report.
    if (log && (!this.#log || this.#log.inode === log.ino)) this.#log = known(log)
    this.#indexInode ??= statSync(`${this.#file}-shm`, { throwIfNoEntry: false })?.ino
  }

  /** Whether the folder is gone. Then the files are where it is now, and open: nothing is lost yet. */
  get isFolderGone(): boolean {
    return !existsSync(dirname(this.#file))
  }

  check(): FileFault | undefined {
    const database = statSync(this.#file, { throwIfNoEntry: false })
    if (!database) return this.isFolderGone ? undefined : 'deleted'
    if (database.ino !== this.#database.inode) return 'replaced'
    if (database.size < this.#database.size) return 'truncated'
    if (!isSame(this.#header, this.#readHeader())) return 'overwritten'
    if (!this.#log) return undefined
    const log = statSync(`${this.#file}-wal`, { throwIfNoEntry: false })
    const index = statSync(`${this.#file}-shm`, { throwIfNoEntry: false })
    if (log?.ino !== this.#log.inode || index?.ino !== this.#indexInode) return 'log_gone'
    // Another program may empty it after a checkpoint.
    if (log.size < this.#log.size && this.#isLogNeeded) return 'log_truncated'
    return undefined
  }

  #readHeader(): Buffer {
    const header = Buffer.alloc(HEADER_BYTES)
    readSync(this.#descriptor, header, 0, HEADER_BYTES, 0)
    return header
  }
}

/**
 * Closes a database after a fault so that SQLite harms nothing, and makes room for it to be opened again: as it was if only its
 * log was changed, otherwise a new one. Returns where what was found at its place is kept; undefined: there was nothing.
 */
export function closeAfter(fault: FileFault, file: string, store: Store, now: Date): string | undefined {
  const remove = (suffix: string) => rmSync(`${file}${suffix}`, { force: true })
  // SQLite does not touch the files of a database that is not at its place when it closes it (pager.c, databaseIsUnmoved).
  const aside = `${file}.${fault}-${now.toISOString().replaceAll(':', '')}`
  switch (fault) {
    case 'log_gone':
      // What is only in the log goes into the database while the log is still open here.
      store.checkpoint()
      store.abandon()
      remove('-wal')
      remove('-shm')
      return undefined
    case 'log_truncated':
      // What is left of the log is applied when the database is opened, and not what this connection remembers of it.
      renameSync(file, aside)
      store.abandon()
      renameSync(aside, file)
      remove('-shm')
      return undefined
    default: {
      const isKept = move(file, aside)
      // The log belongs to the database that was open. Beside another one it would be applied to that.
      if (fault === 'truncated' || fault === 'overwritten') move(`${file}-wal`, `${aside}-wal`)
      else remove('-wal')
      store.abandon()
      remove('-shm')
      return isKept ? aside : undefined
    }
  }
}

/** False: it is not there. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch {
    return false
  }
}

function known({ ino, size }: Stats): Known {
  return { inode: ino, size }
}

/** Whether a header may have become the other one by writes to the same database. */
function isSame(before: Buffer, now: Buffer): boolean {
  if (before.compare(now, 0, MAGIC_BYTES, 0, MAGIC_BYTES) !== 0) return false
  if (before.toString('latin1', 0, MAGIC_BYTES) !== MAGIC) return true
  if (before.readUInt32BE(USER_VERSION) !== now.readUInt32BE(USER_VERSION)) return false
  // Another program may write to it. An older state of the same database has a lower counter.
  return now.readUInt32BE(CHANGE_COUNTER) >= before.readUInt32BE(CHANGE_COUNTER)
}
