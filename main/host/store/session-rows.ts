// The sessions table: one row for each session, running or recorded.
import type Database from 'better-sqlite3'
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { Leftover, ProcessIdentity, Size, StoredSession } from '../recording/types.ts'

/** How many ids the error message about an ambiguous one lists. */
const MAX_LISTED_IDS = 8

export interface SessionRow extends Omit<SessionInfo, 'command' | 'clients' | 'bytes' | 'idle'> {
  /** The row's number, never used twice. */
  session: number
  /** JSON of argv. */
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

const COLUMNS = 'title, command, cwd, state, exit_code, signal, pid, ended_at, cols, rows'.split(', ')

export class SessionRows {
  readonly #db: Database.Database
  readonly #insert: Database.Statement<[Record<string, unknown>]>
  readonly #update: Database.Statement<[Record<string, unknown>]>
  readonly #extend: Database.Statement<[Record<string, unknown>]>
  readonly #newest: Database.Statement<[number], SessionRow>
  readonly #byId: Database.Statement<[string], SessionRow>
  readonly #byPrefix: Database.Statement<[string, string, number], SessionRow>
  readonly #byNumber: Database.Statement<[number], SessionRow>
  readonly #all: Database.Statement<[], SessionRow>
  readonly #delete: Database.Statement<[number]>
  readonly #moveStart: Database.Statement<[number, number, number]>
  readonly #deleteMarks: Database.Statement<[number, number]>
  readonly #oldestEnded: Database.Statement<[number], SessionRow>
  readonly #largest: Database.Statement<[number], SessionRow>

  constructor(db: Database.Database) {
    this.#db = db
    this.#insert = db.prepare(
      `INSERT INTO sessions (session_id, created_at, last_activity, born_cols, born_rows,
         process_pid, process_start, process_boot, ${COLUMNS.join(', ')})
       VALUES (@session_id, @created_at, @last_activity, @cols, @rows,
         @process_pid, @process_start, @process_boot, ${COLUMNS.map(name => `@${name}`).join(', ')})
       ON CONFLICT (session_id) DO UPDATE SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')}`,
    )
    this.#update = db.prepare(
      `UPDATE sessions SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')},
         last_activity = max(last_activity, @last_activity) WHERE session_id = @session_id`,
    )
    this.#extend = db.prepare(
      `UPDATE sessions SET end_offset = @offset, end_n = @n, cols = coalesce(@cols, cols), rows = coalesce(@rows, rows),
         last_activity = max(last_activity, created_at + @at) WHERE session = @session`,
    )
    this.#newest = db.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC LIMIT ?')
    this.#byId = db.prepare('SELECT * FROM sessions WHERE session_id = ?')
    this.#byPrefix = db.prepare(
      'SELECT * FROM sessions WHERE session_id >= ? AND session_id < ? || char(0x10ffff) LIMIT ?',
    )
    this.#byNumber = db.prepare('SELECT * FROM sessions WHERE session = ?')
    this.#all = db.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC')
    this.#delete = db.prepare('DELETE FROM sessions WHERE session = ?')
    this.#moveStart = db.prepare('UPDATE sessions SET start_offset = ?, start_n = ? WHERE session = ?')
    this.#deleteMarks = db.prepare('DELETE FROM marks WHERE session = ? AND offset < ?')
    this.#oldestEnded = db.prepare(
      `SELECT * FROM sessions WHERE state <> 'running' AND coalesce(ended_at, last_activity) <= ?
       ORDER BY coalesce(ended_at, last_activity), session LIMIT 1`,
    )
    this.#largest = db.prepare(
      `SELECT * FROM sessions s WHERE end_offset - start_offset >= ?
         AND EXISTS (SELECT 1 FROM pieces p WHERE p.session = s.session AND p.kind <> 'tail')
       ORDER BY end_offset - start_offset DESC LIMIT 1`,
    )
  }

  /** Adds a session, or updates it if it exists. */
  insert(session: SessionInfo, process: ProcessIdentity | null = null): void {
    this.#insert.run({
      ...columnsOf(session),
      created_at: session.created_at,
      process_pid: process?.pid ?? null,
      process_start: process?.start_time ?? null,
      process_boot: process?.boot_id ?? null,
    })
  }

  /** Stores every field but `bytes`, which the store counts itself. */
  update(session: SessionInfo): void {
    this.#update.run(columnsOf(session))
  }

  /** The log now ends at `end`. `at`: time of its last event, in milliseconds since birth; `size`: the last resize. */
  extend(session: number, end: Position, at: number, size: Size | undefined): void {
    this.#extend.run({ session, ...end, at, cols: size?.cols ?? null, rows: size?.rows ?? null })
  }

  /** The log now begins at `start`; marks before it are deleted. */
  moveStart(session: number, start: Position): void {
    this.#moveStart.run(start.offset, start.n, session)
    this.#deleteMarks.run(session, start.offset)
  }

  /** With its log, keyframes, text and marks. */
  delete(session: number): void {
    this.#delete.run(session)
  }

  /** Running and recorded sessions, the newest first. */
  newest(limit: number): SessionRow[] {
    return this.#newest.all(limit)
  }

  /** All sessions, the newest first, read as they are consumed. */
  iterate(): IterableIterator<SessionRow> {
    return this.#all.iterate()
  }

  get(session_id: string): SessionRow | undefined {
    return this.#byId.get(session_id)
  }

  /** Throws `session_unknown`. */
  require(session_id: string): SessionRow {
    const row = this.#byId.get(session_id)
    if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return row
  }

  /** The session with this id or a unique prefix of it. Throws `session_unknown`, `session_ambiguous`. */
  find(id: string): SessionRow {
    const exact = this.#byId.get(id)
    if (exact) return exact
    const found = this.#byPrefix.all(id, id, MAX_LISTED_IDS)
    if (found.length === 1) return found[0]!
    if (found.length === 0) throw new CodedError('session_unknown', `no session has the id ${id}`)
    const ids = found.map(session => session.session_id.slice(0, 8)).join(', ')
    throw new CodedError('session_ambiguous', `more than one session id begins with ${id}: ${ids}`)
  }

  byNumber(session: number): SessionRow | undefined {
    return this.#byNumber.get(session)
  }

  /** The ended session that ended first, at or before `until`. */
  oldestEnded(until: number): SessionRow | undefined {
    return this.#oldestEnded.get(until)
  }

  /** The session with the longest log, at least `bytes` long, if it has rows before its tail that can be trimmed. */
  largest(bytes: number): SessionRow | undefined {
    return this.#largest.get(bytes)
  }

  /** Bytes of output stored, over all sessions. */
  recordedBytes(): number {
    return this.#db
      .prepare<[], number>('SELECT coalesce(sum(end_offset - start_offset), 0) FROM sessions')
      .pluck()
      .get()!
  }

  /** Sessions that are still `running` become `host_crashed`; returns them. */
  markCrashed(now: number): Leftover[] {
    const running = this.#db.prepare<[], SessionRow>("SELECT * FROM sessions WHERE state = 'running'").all()
    if (running.length === 0) return []
    this.#db
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
      branch: '',
      activity: null,
      attention: null,
      viewers: [],
    },
    start: { offset: start_offset, n: start_n },
    end: { offset: end_offset, n: end_n },
  }
}

function columnsOf(session: SessionInfo): Record<string, unknown> {
  const {
    clients: _,
    idle: _i,
    bytes: _b,
    created_at: _c,
    last_line: _l,
    branch: _h,
    activity: _y,
    attention: _a,
    viewers: _v,
    ...columns
  } = session
  return { ...columns, command: JSON.stringify(session.command) }
}
