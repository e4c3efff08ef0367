// The database of a host: opening, upgrading, transactions, the file. Its tables are in session-rows.ts, mark-rows.ts and
// log-rows.ts.
import type Database from 'better-sqlite3'
import { CodedError } from '../../../protocol/errors.ts'
import type { Leftover } from '../recording/types.ts'
import { isDiskFull, messageOf, storeFault } from './faults.ts'
import { LogRows } from './log-rows.ts'
import { MarkRows } from './mark-rows.ts'
import { copyBeforeMigration } from './migration-copy.ts'
import { MIGRATIONS } from './migrations.ts'
import { type DatabaseFile, openDatabase, pathOf } from './open-database.ts'
import { SessionRows } from './session-rows.ts'

/** While opening: a backup or a viewer may hold the database for a moment; longer than this is worth an error. */
const OPEN_BUSY_MS = 2_000

/** Later: writers try again by themselves, and must keep taking messages meanwhile. */
const BUSY_MS = 100

/** Pages of the database in memory. Segments are written once and read rarely: more would only cost memory. */
const CACHE_KIB = 4_000

/** The write-ahead log's file is cut back to this after a checkpoint, when a large transaction made it longer. */
const WAL_FILE_BYTES = 8 * 1024 * 1024

/** SQLite's default; named because file sizes are computed from it. */
export const PAGE_BYTES = 4096

/** Problems that a check of the file lists. */
const MAX_INTEGRITY_LINES = 100

export interface StoreOptions {
  /** The same host opens it again: its running sessions are not left over. */
  again?: boolean
  /** For threads that only read, beside the one that writes: this connection cannot change the database. */
  readonly?: boolean
}

/** What turned out to be damaged while it was read. */
export type StoreDamage =
  /** The text of this log row; it can be rendered again. */
  | { kind: 'text'; row_id: number }
  /** A part of this session's log. */
  | { kind: 'log'; session_id: string }

/** What a thread says to the main loop when it met something damaged. */
export interface DamageReport {
  say: 'damage'
  damage: StoreDamage
}

/** Damage that one connection reports: more means that all is lost. */
const MAX_REPORTED = 10_000

export interface StoreStats {
  segment_bytes: number
  text_bytes: number
  keyframe_bytes: number
  /** Segments whose text is not rendered yet. */
  text_pending: number
}

export class Store {
  readonly sessions: SessionRows
  readonly marks: MarkRows
  readonly logRows: LogRows
  /** Sessions that an earlier host left running. */
  readonly leftovers: Leftover[]
  /** It was written by an earlier version, or is new. */
  isMigrated = false
  /** Why there is no copy of it as it was before. */
  copyFailure: string | undefined
  /** Called the first time that something damaged is met. */
  onDamage: (damage: StoreDamage) => void = () => {}
  readonly #reported = new Set<string>()
  readonly #database: Database.Database
  readonly #transaction: Database.Transaction<(work: () => unknown) => unknown>
  readonly #pageCount: Database.Statement<[], number>
  readonly #freeCount: Database.Statement<[], number>

  /**
   * Opens the database at `file` and brings it to the newest version. Sessions that were left `running` become
   * `host_crashed`: their PTY died with the host that owned it.
   * Throws `store_newer`, `store_older` (when it only reads), `store_damaged`, `data_dir_unusable`.
   */
  constructor(databaseFile: DatabaseFile, now: () => number, { again = false, readonly = false }: StoreOptions = {}) {
    const file = pathOf(databaseFile)
    try {
      this.#database = openDatabase(databaseFile, { timeout: OPEN_BUSY_MS, readonly, fileMustExist: readonly })
    } catch (cause) {
      throw new CodedError('data_dir_unusable', `the database ${file} cannot be opened: ${messageOf(cause)}`, { cause })
    }
    const database = this.#database
    try {
      if (readonly) this.#prepareReading(file)
      else this.#prepareFile(file)
      this.sessions = new SessionRows(database)
      this.marks = new MarkRows(database)
      this.logRows = new LogRows(database, session => this.sessions.bornSize(session))
      this.logRows.textDamaged = row_id => this.report({ kind: 'text', row_id })
      this.#transaction = database.transaction((work: () => unknown) => work())
      this.#pageCount = database.prepare<[], number>('PRAGMA page_count').pluck()
      this.#freeCount = database.prepare<[], number>('PRAGMA freelist_count').pluck()
      this.leftovers = again || readonly ? [] : this.sessions.markCrashed(now())
      database.pragma(`busy_timeout = ${BUSY_MS}`)
    } catch (error) {
      database.close()
      if (error instanceof CodedError) throw error
      // Our own statements are right: one that SQLite does not understand means that the schema is damaged.
      throw storeFault(error).code === 'store_damaged' || (error as { code?: unknown }).code === 'SQLITE_ERROR'
        ? new CodedError(
            'store_damaged',
            `${file} is damaged, or encrypted with a key that is not here; save what can be read with: otg check --repair`,
            { cause: error },
          )
        : new CodedError(
            isDiskFull(error, file) ? 'store_full' : 'data_dir_unusable',
            `the database ${file} cannot be used: ${messageOf(error)}`,
            { cause: error },
          )
    }
  }

  report(damage: StoreDamage): void {
    const key = damage.kind === 'text' ? `${damage.row_id}` : damage.session_id
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTED) return
    this.#reported.add(key)
    this.onDamage(damage)
  }

  /** Runs `work` as one transaction; an error rolls all of it back. */
  transaction<T>(work: () => T): T {
    // Immediate: a transaction that begins by reading cannot wait for the write lock later.
    return this.#transaction.immediate(work) as T
  }

  /** Runs `work`, which only reads, on the database as it is at one moment. */
  snapshot<T>(work: () => T): T {
    return this.#transaction.deferred(work) as T
  }

  /** Until the returned function is called, all reads see the database as it is at one moment. */
  beginReading(): () => void {
    this.#database.exec('BEGIN')
    return () => this.#database.exec('COMMIT')
  }

  /** Bytes in the file, and how many of them are free pages. */
  size(): { bytes: number; free: number } {
    return { bytes: this.#pageCount.get()! * PAGE_BYTES, free: this.#freeCount.get()! * PAGE_BYTES }
  }

  /** Gives up to `bytes` of free pages back; the file is truncated at the next checkpoint. */
  shrink(bytes: number): void {
    this.#database.pragma(`incremental_vacuum(${Math.ceil(bytes / PAGE_BYTES)})`)
  }

  /** Copies the write-ahead log into the database, as far as readers allow. True: all of it. */
  checkpoint(): boolean {
    const [result] = this.#database.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[]
    return result !== undefined && result.log === result.checkpointed
  }

  stats(): StoreStats {
    return this.#database
      .prepare<[], StoreStats>(
        `SELECT (SELECT coalesce(sum(length(blob) + length(timing)), 0) FROM pieces) AS segment_bytes,
                (SELECT coalesce(sum(length(blob)), 0) FROM text) AS text_bytes,
                (SELECT coalesce(sum(length(blob)), 0) FROM keyframes) AS keyframe_bytes,
                (SELECT count(*) FROM text WHERE lines IS NULL) AS text_pending`,
      )
      .get()!
  }

  /** What SQLite finds wrong with the file's structure; empty: nothing. Reads all of it. */
  integrity(): string[] {
    const lines = this.#database.prepare<[], string>(`PRAGMA integrity_check(${MAX_INTEGRITY_LINES})`).pluck().all()
    const lost = this.#database
      .prepare<[], number>(
        'SELECT count(DISTINCT session) FROM pieces WHERE session NOT IN (SELECT session FROM sessions)',
      )
      .pluck()
      .get()!
    const problems = lines.filter(line => line !== 'ok')
    return lost === 0 ? problems : [...problems, `${lost} sessions have output and no record`]
  }

  /** Makes all indexes anew; the search index is filled again as texts are rendered again. */
  rebuildIndexes(): void {
    this.#database.exec('REINDEX')
    this.transaction(() => {
      this.#database.exec("INSERT INTO words (words) VALUES ('delete-all')")
      this.#database.exec('UPDATE text SET lines = NULL, size = NULL, blob = NULL, blocks = NULL')
    })
  }

  /** For tests: makes the connection full (`max_page_count`) or read-only (`query_only`). */
  pragma(pragma: string): unknown {
    return this.#database.pragma(pragma, { simple: true })
  }

  /** Copies the write-ahead log into the database and closes it. Twice is fine. */
  close(): void {
    if (!this.#database.open) return
    try {
      // A connection that only reads may empty the write-ahead log, too, which the one that writes would take for a loss.
      if (!this.#database.readonly) this.#database.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // A full disk or a reader elsewhere: the write-ahead log stays beside the database and is read from there.
    }
    this.#database.close()
  }

  /** Closes it as it is. Its files may belong to another database by now: nothing is written to them. */
  abandon(): void {
    this.#database.close()
  }

  #prepareReading(file: string): void {
    this.#database.pragma(`cache_size = -${CACHE_KIB}`)
    const version = this.#database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length) throw newerVersion(file, version)
    if (version < MIGRATIONS.length)
      throw new CodedError(
        'store_older',
        `${file} was written by an earlier version; start the host once, which brings it to this one`,
      )
  }

  #prepareFile(file: string): void {
    const database = this.#database
    // Only an empty database takes auto_vacuum and page_size, so they come first.
    database.pragma(`page_size = ${PAGE_BYTES}`)
    database.pragma('auto_vacuum = INCREMENTAL')
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    database.pragma(`cache_size = -${CACHE_KIB}`)
    database.pragma(`journal_size_limit = ${WAL_FILE_BYTES}`)
    // Checkpoints run between turns, after commits have been reported.
    database.pragma('wal_autocheckpoint = 0')
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length) throw newerVersion(file, version)
    if (version === MIGRATIONS.length) return
    if (version > 0) {
      database.pragma('wal_checkpoint(TRUNCATE)')
      this.copyFailure = copyBeforeMigration(file, version)
    }
    this.isMigrated = true
    database.transaction(() => {
      for (let from = version; from < MIGRATIONS.length; from++) {
        database.exec(MIGRATIONS[from]!)
        database.pragma(`user_version = ${from + 1}`)
      }
    })()
  }
}

function newerVersion(file: string, version: number): CodedError {
  return new CodedError(
    'store_newer',
    `${file} was written by a newer version (${version}, this one knows ${MIGRATIONS.length}); update On the Go`,
  )
}
