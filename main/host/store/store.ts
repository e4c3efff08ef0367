// The database of a host: opening, upgrading, transactions, and its sessions. The only file that knows better-sqlite3;
// knows nothing of PTYs, clients or how a log is cut and compressed.
import Database from 'better-sqlite3'
import { CodedError, type ErrorCode } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Leftover, ProcessIdentity, StoredSession } from '../recording/types.ts'
import { type Connection, LogRows } from './log-rows.ts'
import { MIGRATIONS } from './migrations.ts'

/** When opening: a backup or a viewer may hold the database for a moment; longer than this is a fault worth telling. */
const OPEN_BUSY_MS = 2_000

/** Later: whoever writes tries again by itself, and must take messages meanwhile. */
const BUSY_MS = 100

/** Pages of the database in memory. Segments are written once and read rarely: more would only cost. */
const CACHE_KIB = 4_000

/** The write-ahead log's file is cut back to this after a checkpoint, when a large transaction made it longer. */
const WAL_FILE_BYTES = 8 * 1024 * 1024

/** How many ids an error message about an ambiguous one lists. */
const NAMED_IDS = 8

export interface SessionRow extends Omit<SessionInfo, 'command' | 'clients' | 'bytes' | 'idle'> {
  session: number
  command: string
  born_cols: number
  born_rows: number
  process_pid: number | null
  process_start: string | null
  process_boot: string | null
  start_offset: number
  start_n: number
  end_offset: number
  end_n: number
}

export interface StoreOptions {
  /** The same host opens it again: its running sessions are not left over. */
  again?: boolean
  /** For threads that only look, beside the one that writes: nothing of it can change the database. */
  readonly?: boolean
}

export interface MarkRow {
  mark_id: number
  offset: number
  at: number
  label: string
}

const COLUMNS = 'title, command, cwd, state, exit_code, signal, pid, ended_at, cols, rows'.split(', ')

export class Store {
  readonly logRows: LogRows
  /** Sessions that an earlier host left running. */
  readonly leftovers: Leftover[]
  readonly #database: Connection
  readonly #insert: Database.Statement<[Record<string, unknown>]>
  readonly #update: Database.Statement<[Record<string, unknown>]>
  readonly #extend: Database.Statement<[Record<string, unknown>]>
  readonly #list: Database.Statement<[number], SessionRow>
  readonly #one: Database.Statement<[string], SessionRow>
  readonly #alike: Database.Statement<[string, string, number], SessionRow>
  readonly #delete: Database.Statement<[number]>
  readonly #start: Database.Statement<[number, number, number]>
  readonly #oldestEnded: Database.Statement<[number], SessionRow>
  readonly #largest: Database.Statement<[number], SessionRow>
  readonly #pageCount: Database.Statement<[], number>
  readonly #freeCount: Database.Statement<[], number>
  readonly #marks: Database.Statement<[number], MarkRow>
  readonly #blocksWith: Database.Statement<[string, number, number], number>
  readonly #every: Database.Statement<[], SessionRow>
  readonly #byNumber: Database.Statement<[number], SessionRow>

  /**
   * Opens the database at `file` and brings it to the newest version. Sessions that were left `running` become
   * `host_crashed`: their PTY is gone with the host that had it.
   * Throws `store_newer`, `store_damaged`, `data_dir_unusable`.
   */
  constructor(file: string, now: () => number, { again = false, readonly = false }: StoreOptions = {}) {
    try {
      this.#database = new Database(file, { timeout: OPEN_BUSY_MS, readonly, fileMustExist: readonly })
    } catch (cause) {
      throw new CodedError('data_dir_unusable', `the database ${file} cannot be opened: ${text(cause)}`, { cause })
    }
    const database = this.#database
    try {
      if (readonly) database.pragma(`cache_size = -${CACHE_KIB}`)
      else this.#prepareFile(file)
      this.logRows = new LogRows(database)
      this.#insert = database.prepare(
        `INSERT INTO sessions (session_id, created_at, last_activity, born_cols, born_rows,
           process_pid, process_start, process_boot, ${COLUMNS.join(', ')})
         VALUES (@session_id, @created_at, @last_activity, @cols, @rows,
           @process_pid, @process_start, @process_boot, ${COLUMNS.map(name => `@${name}`).join(', ')})
         ON CONFLICT (session_id) DO UPDATE SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')}`,
      )
      this.#update = database.prepare(
        `UPDATE sessions SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')},
           last_activity = max(last_activity, @last_activity) WHERE session_id = @session_id`,
      )
      this.#extend = database.prepare(
        `UPDATE sessions SET end_offset = @offset, end_n = @n, cols = coalesce(@cols, cols), rows = coalesce(@rows, rows),
           last_activity = max(last_activity, created_at + @at) WHERE session = @session`,
      )
      this.#list = database.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC LIMIT ?')
      this.#one = database.prepare('SELECT * FROM sessions WHERE session_id = ?')
      this.#alike = database.prepare(
        'SELECT * FROM sessions WHERE session_id >= ? AND session_id < ? || char(0x10ffff) LIMIT ?',
      )
      this.#delete = database.prepare('DELETE FROM sessions WHERE session = ?')
      this.#start = database.prepare('UPDATE sessions SET start_offset = ?, start_n = ? WHERE session = ?')
      this.#oldestEnded = database.prepare(
        `SELECT * FROM sessions WHERE state <> 'running' AND coalesce(ended_at, last_activity) <= ?
         ORDER BY coalesce(ended_at, last_activity), session LIMIT 1`,
      )
      this.#largest = database.prepare(
        `SELECT * FROM sessions s WHERE end_offset - start_offset >= ?
           AND EXISTS (SELECT 1 FROM pieces p WHERE p.session = s.session AND p.kind <> 'tail')
         ORDER BY end_offset - start_offset DESC LIMIT 1`,
      )
      this.#pageCount = database.prepare<[], number>('PRAGMA page_count').pluck()
      this.#freeCount = database.prepare<[], number>('PRAGMA freelist_count').pluck()
      this.#blocksWith = database
        .prepare<[string, number, number], number>(
          `SELECT rowid FROM words WHERE words MATCH ? AND rowid < CAST(? AS INTEGER) ORDER BY rowid DESC LIMIT ?`,
        )
        .pluck()
      this.#every = database.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC')
      this.#byNumber = database.prepare('SELECT * FROM sessions WHERE session = ?')
      this.#marks = database.prepare(
        'SELECT mark_id, offset, at, label FROM marks WHERE session = ? ORDER BY offset, at, mark_id',
      )
      this.leftovers = again || readonly ? [] : this.#markCrashed(now())
      database.pragma(`busy_timeout = ${BUSY_MS}`)
    } catch (error) {
      database.close()
      if (error instanceof CodedError) throw error
      throw storeFault(error).code === 'store_damaged'
        ? new CodedError('store_damaged', `${file} is damaged; move it away to start with a new one`, { cause: error })
        : new CodedError('data_dir_unusable', `the database ${file} cannot be used: ${text(error)}`, { cause: error })
    }
  }

  // --- sessions ---

  /** Adds a session, or brings it up to date if it is there. */
  insertSession(session: SessionInfo, process: ProcessIdentity | null = null): void {
    this.#insert.run({
      ...columnsOf(session),
      created_at: session.created_at,
      process_pid: process?.pid ?? null,
      process_start: process?.start_time ?? null,
      process_boot: process?.boot_id ?? null,
    })
  }

  /** Everything but `bytes`, which is what the log here holds. */
  updateSession(session: SessionInfo): void {
    this.#update.run(columnsOf(session))
  }

  /** The log now ends here; `at`: milliseconds since birth of the last thing in it, `size`: the last resize. */
  extendSession(
    session: number,
    end: { offset: number; n: number },
    at: number,
    size: { cols: number; rows: number } | undefined,
  ): void {
    this.#extend.run({ session, ...end, at, cols: size?.cols ?? null, rows: size?.rows ?? null })
  }

  /** What was before it is gone, and so are the marks there. */
  moveStart(session: number, start: { offset: number; n: number }): void {
    this.#start.run(start.offset, start.n, session)
    this.#database.prepare('DELETE FROM marks WHERE session = ? AND offset < ?').run(session, start.offset)
  }

  deleteSession(session: number): void {
    this.#delete.run(session)
  }

  /** The newest sessions first, ended ones too. */
  sessions(most: number): SessionRow[] {
    return this.#list.all(most)
  }

  session(session_id: string): SessionRow | undefined {
    return this.#one.get(session_id)
  }

  /** The session with this id or a unique beginning of it. Throws `session_unknown`, `session_ambiguous`. */
  findSession(id: string): SessionRow {
    const exact = this.#one.get(id)
    if (exact) return exact
    const found = this.#alike.all(id, id, NAMED_IDS)
    if (found.length === 1) return found[0]!
    if (found.length === 0) throw new CodedError('session_unknown', `no session has the id ${id}`)
    const ids = found.map(session => session.session_id.slice(0, 8)).join(', ')
    throw new CodedError('session_ambiguous', `more than one session id begins with ${id}: ${ids}`)
  }

  /** The ended session that ended first, at or before `until`. */
  oldestEnded(until: number): SessionRow | undefined {
    return this.#oldestEnded.get(until)
  }

  /** The session with the most log, at least `bytes` of it, and something before its tail that can go. */
  largest(bytes: number): SessionRow | undefined {
    return this.#largest.get(bytes)
  }

  /** All of them, the newest first, as they are asked for. */
  iterateSessions(): IterableIterator<SessionRow> {
    return this.#every.iterate()
  }

  sessionByNumber(session: number): SessionRow | undefined {
    return this.#byNumber.get(session)
  }

  // --- marks ---

  marks(session: number): MarkRow[] {
    return this.#marks.all(session)
  }

  addMark(session: number, mark: Omit<MarkRow, 'mark_id'>): MarkRow {
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO marks (session, offset, at, label) VALUES (@session, @offset, @at, @label)')
      .run({ session, ...mark })
    return { mark_id: Number(lastInsertRowid), ...mark }
  }

  /** False: there is no such mark. */
  removeMark(session: number, mark_id: number): boolean {
    return (
      this.#database.prepare('DELETE FROM marks WHERE session = ? AND mark_id = ?').run(session, mark_id).changes > 0
    )
  }

  // --- search ---

  /** Numbers of blocks of text that have the words, the newest first: piece * MOST_BLOCKS + block. */
  blocksWith(match: string, below: number, most: number): number[] {
    return this.#blocksWith.all(match, below, most)
  }

  /** Bytes of output that there are. */
  recordedBytes(): number {
    return this.#database
      .prepare<[], number>('SELECT coalesce(sum(end_offset - start_offset), 0) FROM sessions')
      .pluck()
      .get()!
  }

  /** Of the file, in whole pages; reads all of the index. */
  indexBytes(): number {
    return this.#database
      .prepare<[], number>("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE 'words%'")
      .pluck()
      .get()!
  }

  // --- the file ---

  /** Runs `work` as one transaction; whatever it throws undoes it all. */
  transaction<T>(work: () => T): T {
    const database = this.#database
    // Immediate: a transaction that begins by reading cannot wait for the lock later.
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite has already rolled back after some errors (a full disk, a failed read).
      if (database.inTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  /** Until the returned function is called, all that is read is as it is at one moment. */
  beginReading(): () => void {
    this.#database.exec('BEGIN')
    return () => this.#database.exec('COMMIT')
  }

  /** Runs `work`, which only reads, on the database as it is at one moment. */
  snapshot<T>(work: () => T): T {
    const end = this.beginReading()
    try {
      return work()
    } finally {
      end()
    }
  }

  /** Bytes in the file, and how many of those are free pages. */
  size(): { bytes: number; free: number } {
    return { bytes: this.#pageCount.get()! * PAGE_BYTES, free: this.#freeCount.get()! * PAGE_BYTES }
  }

  /** Gives up to `bytes` of free pages back; the file is cut at the next checkpoint. */
  shrink(bytes: number): void {
    this.#database.pragma(`incremental_vacuum(${Math.ceil(bytes / PAGE_BYTES)})`)
  }

  /** Puts the write-ahead log into the database, as far as nobody reads there. */
  checkpoint(): void {
    this.#database.pragma('wal_checkpoint(PASSIVE)')
  }

  stats(): { segment_bytes: number; text_bytes: number; keyframe_bytes: number; text_pending: number } {
    return this.#database
      .prepare<[], { segment_bytes: number; text_bytes: number; keyframe_bytes: number; text_pending: number }>(
        `SELECT (SELECT coalesce(sum(length(blob) + length(timing)), 0) FROM pieces) AS segment_bytes,
                (SELECT coalesce(sum(length(blob)), 0) FROM text) AS text_bytes,
                (SELECT coalesce(sum(length(blob)), 0) FROM keyframes) AS keyframe_bytes,
                (SELECT count(*) FROM text WHERE lines IS NULL) AS text_pending`,
      )
      .get()!
  }

  /** For tests: makes the connection full (`max_page_count`) or read-only (`query_only`). */
  pragma(pragma: string): unknown {
    return this.#database.pragma(pragma, { simple: true })
  }

  /** Puts the write-ahead log into the database and closes it. Twice is fine. */
  close(): void {
    if (!this.#database.open) return
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // A full disk or a reader elsewhere: the log stays beside the database and is read from there.
    }
    this.#database.close()
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
    // Checkpoints are made between turns, after what was committed has been told.
    database.pragma('wal_autocheckpoint = 0')
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length)
      throw new CodedError(
        'store_newer',
        `${file} was written by a newer version (${version}, this one knows ${MIGRATIONS.length}); update On the Go`,
      )
    if (version === MIGRATIONS.length) return
    database.transaction(() => {
      for (let from = version; from < MIGRATIONS.length; from++) {
        database.exec(MIGRATIONS[from]!)
        database.pragma(`user_version = ${from + 1}`)
      }
    })()
  }

  #markCrashed(now: number): Leftover[] {
    const running = this.#database.prepare<[], SessionRow>("SELECT * FROM sessions WHERE state = 'running'").all()
    if (running.length === 0) return []
    this.#database
      .prepare("UPDATE sessions SET state = 'host_crashed', pid = NULL, ended_at = ? WHERE state = 'running'")
      .run(now)
    return running.map(({ session_id, process_pid, process_start, process_boot }) => ({
      session_id,
      process:
        process_pid === null
          ? null
          : { pid: process_pid, start_time: process_start ?? '', boot_id: process_boot ?? '' },
    }))
  }
}

/** SQLite's default; said here because bytes are counted by it. */
const PAGE_BYTES = 4096

export function storedSession(row: SessionRow): StoredSession {
  const {
    session: _,
    born_cols: _c,
    born_rows: _r,
    process_pid: _p,
    process_start: _s,
    process_boot: _b,
    ...rest
  } = row
  const { start_offset, start_n, end_offset, end_n, command, state, ...plain } = rest
  return {
    session: {
      ...plain,
      state: state as SessionState,
      command: JSON.parse(command) as string[],
      bytes: end_offset,
      clients: 0,
      idle: false,
      last_line: '',
      attention: null,
      viewers: [],
    },
    start: { offset: start_offset, n: start_n },
    end: { offset: end_offset, n: end_n },
  }
}

/**
 * What an error of the database means. `lasting`: it lies in the disk or in another process, so that the same thing may
 * work later; otherwise what was tried will never work.
 */
export function storeFault(error: unknown): { code: ErrorCode; lasting: boolean; message: string } {
  const sqlite = (error as { code?: unknown } | null)?.code
  const code = typeof sqlite === 'string' ? sqlite : ''
  const message = code.startsWith('SQLITE') ? `${text(error)} (${code})` : text(error)
  if (/^SQLITE_FULL/.test(code)) return { code: 'store_full', lasting: true, message }
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return { code: 'store_damaged', lasting: false, message }
  if (/^SQLITE_(READONLY|BUSY|LOCKED|IOERR|CANTOPEN|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/.test(code))
    return { code: 'data_dir_unusable', lasting: true, message }
  if (error instanceof CodedError) return { code: error.code, lasting: false, message }
  return { code: 'internal', lasting: false, message }
}

/**
 * Holds `file` as a lock until the process ends, however it ends: the system frees it. Returns what releases it, or
 * undefined when another process holds it.
 */
export function holdLock(file: string): (() => void) | undefined {
  const database = new Database(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return () => database.close()
}

function columnsOf(session: SessionInfo): Record<string, unknown> {
  const {
    clients: _,
    idle: _i,
    bytes: _b,
    created_at: _c,
    last_line: _l,
    attention: _a,
    viewers: _w,
    ...columns
  } = session
  return { ...columns, command: JSON.stringify(session.command) }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
