// The sessions table: one row for each session, running or recorded.
import type Database from 'better-sqlite3'
import { CodedError } from '../../../protocol/errors.ts'
import { type SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { Leftover, ProcessIdentity, Size, StoredSession } from '../recording/types.ts'
import { sessionChecksum, UNCHECKED } from './checksums.ts'
import { storeFault } from './faults.ts'
import { isCommand, isPlausibleSession } from './plausible.ts'

/** Sessions that are remembered as intact: several times as many as can run at once. */
const MAX_INTACT = 1_000

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
  row_checksum: number
}

const COLUMNS = 'title, command, cwd, state, exit_code, signal, pid, ended_at, cols, rows'.split(', ')

export class SessionRows {
  readonly #db: Database.Database
  readonly #insert: Database.Statement<[Record<string, unknown>], SessionRow>
  readonly #update: Database.Statement<[Record<string, unknown>], SessionRow>
  readonly #extend: Database.Statement<[Record<string, unknown>], SessionRow>
  readonly #putChecksum: Database.Statement<[number, number]>
  readonly #extent: Database.Statement<[{ session: number }], Extent>
  readonly #newest: Database.Statement<[number], SessionRow>
  readonly #byId: Database.Statement<[string], SessionRow>
  readonly #byPrefix: Database.Statement<[string, string, number], SessionRow>
  readonly #byNumber: Database.Statement<[number], SessionRow>
  readonly #all: Database.Statement<[], SessionRow>
  readonly #delete: Database.Statement<[number]>
  readonly #moveStart: Database.Statement<[number, number, number], SessionRow>
  readonly #deleteMarks: Database.Statement<[number, number]>
  readonly #oldestEnded: Database.Statement<[number], SessionRow>
  readonly #largest: Database.Statement<[number], SessionRow>
  /** Sessions whose rows were intact before they were written to: only these get a new checksum. */
  readonly #intact = new Set<number>()

  constructor(db: Database.Database) {
    this.#db = db
    this.#insert = db.prepare(
      `INSERT INTO sessions (session_id, created_at, last_activity, born_cols, born_rows,
         process_pid, process_start, process_boot, ${COLUMNS.join(', ')})
       VALUES (@session_id, @created_at, @last_activity, @cols, @rows,
         @process_pid, @process_start, @process_boot, ${COLUMNS.map(name => `@${name}`).join(', ')})
       ON CONFLICT (session_id) DO UPDATE SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')} RETURNING *`,
    )
    this.#update = db.prepare(
      `UPDATE sessions SET ${COLUMNS.map(name => `${name} = @${name}`).join(', ')},
         last_activity = max(last_activity, @last_activity) WHERE session_id = @session_id RETURNING *`,
    )
    this.#extend = db.prepare(
      `UPDATE sessions SET end_offset = @offset, end_n = @n, cols = coalesce(@cols, cols), rows = coalesce(@rows, rows),
         last_activity = max(last_activity, created_at + @at) WHERE session = @session RETURNING *`,
    )
    this.#newest = db.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC LIMIT ?')
    this.#byId = db.prepare('SELECT * FROM sessions WHERE session_id = ?')
    this.#byPrefix = db.prepare(
      'SELECT * FROM sessions WHERE session_id >= ? AND session_id < ? || char(0x10ffff) LIMIT ?',
    )
    this.#byNumber = db.prepare('SELECT * FROM sessions WHERE session = ?')
    this.#all = db.prepare('SELECT * FROM sessions ORDER BY created_at DESC, session DESC')
    this.#delete = db.prepare('DELETE FROM sessions WHERE session = ?')
    this.#moveStart = db.prepare('UPDATE sessions SET start_offset = ?, start_n = ? WHERE session = ? RETURNING *')
    this.#putChecksum = db.prepare('UPDATE sessions SET row_checksum = ? WHERE session = ?')
    this.#extent = db.prepare(
      `SELECT (SELECT offset FROM pieces WHERE session = @session ORDER BY offset, n LIMIT 1) AS start_offset,
         (SELECT n FROM pieces WHERE session = @session ORDER BY offset, n LIMIT 1) AS start_n,
         (SELECT end_offset FROM pieces WHERE session = @session ORDER BY offset DESC, n DESC LIMIT 1) AS end_offset,
         (SELECT end_n FROM pieces WHERE session = @session ORDER BY offset DESC, n DESC LIMIT 1) AS end_n`,
    )
    this.#deleteMarks = db.prepare('DELETE FROM marks WHERE session = ? AND offset < ?')
    this.#oldestEnded = db.prepare(
      `SELECT * FROM sessions WHERE state <> 'running' AND coalesce(ended_at, last_activity) <= ?
       ORDER BY coalesce(ended_at, last_activity), session`,
    )
    this.#largest = db.prepare(
      `SELECT * FROM sessions s WHERE end_offset - start_offset >= ?
         AND EXISTS (SELECT 1 FROM pieces p WHERE p.session = s.session AND p.kind <> 'tail')
       ORDER BY end_offset - start_offset DESC`,
    )
  }

  /** Adds a session, or updates it if it exists. */
  insert(session: SessionInfo, process: ProcessIdentity | null = null): void {
    const known = this.#byId.get(session.session_id)
    const row = this.#insert.get({
      ...columnsOf(session),
      created_at: session.created_at,
      process_pid: process?.pid ?? null,
      process_start: process?.start_time ?? null,
      process_boot: process?.boot_id ?? null,
    })!
    this.#sign(row, known)
  }

  /** Stores every field but `bytes`, which the store counts itself. */
  update(session: SessionInfo): void {
    const known = this.#byId.get(session.session_id)
    this.#sign(this.#update.get(columnsOf(session)), known)
  }

  /** The log now ends at `end`. `at`: time of its last event, in milliseconds since birth; `size`: the last resize. */
  extend(session: number, end: Position, at: number, size: Size | undefined): void {
    const known = this.#intact.has(session) ? undefined : this.#byNumber.get(session)
    this.#sign(this.#extend.get({ session, ...end, at, cols: size?.cols ?? null, rows: size?.rows ?? null }), known)
  }

  /** The log now begins at `start`; marks before it are deleted. */
  moveStart(session: number, start: Position): void {
    const known = this.#byNumber.get(session)
    this.#sign(this.#moveStart.get(start.offset, start.n, session), known)
    this.#deleteMarks.run(session, start.offset)
  }

  /** With its log, keyframes, text and marks. */
  delete(session: number): void {
    this.#delete.run(session)
  }

  /** Stores the checksum of a row that was just written, unless it was damaged `before`: it must not pass for an intact one. */
  #sign(row: SessionRow | undefined, before?: SessionRow): void {
    if (!row || (before && !isIntactSession(before))) return
    if (this.#intact.size >= MAX_INTACT) this.#intact.clear()
    this.#intact.add(row.session)
    this.#putChecksum.run(sessionChecksum(row), row.session)
  }

  /** A row that is damaged, as far as it can be used; its extent is what its log rows say. Undefined: it has not even an ID. */
  #checked(row: SessionRow | undefined): SessionRow | undefined {
    if (!row || isIntactSession(row)) return row
    return usableRow(row, this.#extent.get({ session: row.session })!)
  }

  isDamaged(session: number): boolean {
    const row = this.#byNumber.get(session)
    return row !== undefined && !isIntactSession(row)
  }

  /** Makes what can be used of a damaged row an intact one. */
  repair(session: number): void {
    const row = this.#checked(this.#byNumber.get(session))
    if (!row) return
    const { session: _, row_checksum: _c, ...columns } = row
    const names = Object.keys(columns)
    this.#sign(
      this.#db
        .prepare<[SessionRow], SessionRow>(
          `UPDATE sessions SET ${names.map(name => `${name} = @${name}`).join(', ')} WHERE session = @session RETURNING *`,
        )
        .get(row),
    )
  }

  /** The size at birth. */
  bornSize(session: number): Size {
    const row = this.byNumber(session)
    return row ? { cols: row.born_cols, rows: row.born_rows } : { cols: 80, rows: 24 }
  }

  /** Running and recorded sessions, the newest first. */
  newest(limit: number): SessionRow[] {
    try {
      return this.#newest.all(limit).flatMap(row => this.#checked(row) ?? [])
    } catch (error) {
      return this.#readable(error).slice(0, limit)
    }
  }

  /** All sessions, the newest first, read as they are consumed. */
  *iterate(): Generator<SessionRow> {
    const seen = new Set<number>()
    try {
      for (const row of this.#all.iterate()) {
        seen.add(row.session)
        const checked = this.#checked(row)
        if (checked) yield checked
      }
    } catch (error) {
      for (const row of this.#readable(error)) if (!seen.has(row.session)) yield row
    }
  }

  /** After `error`: each session that can be read, the newest first. Throws it unless a page of the database is damaged. */
  #readable(error: unknown): SessionRow[] {
    if (storeFault(error).code !== 'store_damaged') throw error
    const rows: SessionRow[] = []
    const last = this.#db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'sessions'").pluck().get()
    for (let session = last ?? 0; session > 0; session--)
      try {
        const row = this.byNumber(session)
        if (row) rows.push(row)
      } catch {
        // It is on a damaged page.
      }
    return rows.sort((a, b) => b.created_at - a.created_at || b.session - a.session)
  }

  get(session_id: string): SessionRow | undefined {
    return this.#checked(this.#byId.get(session_id))
  }

  /** Throws `session_unknown`. */
  require(session_id: string): SessionRow {
    const row = this.get(session_id)
    if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return row
  }

  /** The session with this id or a unique prefix of it. Throws `session_unknown`, `session_ambiguous`. */
  find(id: string): SessionRow {
    const exact = this.get(id)
    if (exact) return exact
    const found = this.#byPrefix.all(id, id, MAX_LISTED_IDS).flatMap(row => this.#checked(row) ?? [])
    if (found.length === 1) return found[0]!
    if (found.length === 0) throw new CodedError('session_unknown', `no session has the id ${id}`)
    const ids = found.map(session => session.session_id.slice(0, 8)).join(', ')
    throw new CodedError('session_ambiguous', `more than one session id begins with ${id}: ${ids}`)
  }

  byNumber(session: number): SessionRow | undefined {
    return this.#checked(this.#byNumber.get(session))
  }

  /** The ended session that ended first, at or before `until`. */
  oldestEnded(until: number): SessionRow | undefined {
    const row = this.#oldestEnded.get(until)
    // The times of a damaged row are no reason to delete it; the need for space is.
    if (!row || isIntactSession(row) || until === Number.MAX_SAFE_INTEGER) return this.#checked(row)
    for (const next of this.#oldestEnded.iterate(until)) if (isIntactSession(next)) return next
    return undefined
  }

  /** The session with the longest log, at least `bytes` long, if it has rows before its tail that can be trimmed. */
  largest(bytes: number): SessionRow | undefined {
    const first = this.#largest.get(bytes)
    if (!first || isIntactSession(first)) return first
    for (const row of this.#largest.iterate(bytes)) {
      const checked = this.#checked(row)
      if (checked && checked.end_offset - checked.start_offset >= bytes) return checked
    }
    return undefined
  }

  count(): number {
    return this.#db.prepare<[], number>('SELECT count(*) FROM sessions').pluck().get()!
  }

  /** The latest time in any session, in Unix milliseconds; undefined: there are none. */
  newestTime(): number | undefined {
    return (
      this.#db
        .prepare<[], number | null>('SELECT max(max(created_at, last_activity, coalesce(ended_at, 0))) FROM sessions')
        .pluck()
        .get() ?? undefined
    )
  }

  /** Bytes of output stored, over all sessions. */
  recordedBytes(): number {
    return this.#db
      .prepare<[], number>('SELECT coalesce(sum(min(max(end_offset - start_offset, 0), 1 << 40)), 0) FROM sessions')
      .pluck()
      .get()!
  }

  /** Sessions that are still `running` become `host_crashed`; returns them. */
  markCrashed(now: number): Leftover[] {
    const running = this.#db.prepare<[], SessionRow>("SELECT * FROM sessions WHERE state = 'running'").all()
    if (running.length === 0) return []
    // The clock may be behind: they must not count as old.
    const ended_at = Math.max(now, this.newestTime() ?? now)
    const end = this.#db.prepare<[number, number], SessionRow>(
      "UPDATE sessions SET state = 'host_crashed', pid = NULL, ended_at = ? WHERE session = ? RETURNING *",
    )
    for (const row of running) this.#sign(end.get(ended_at, row.session), row)
    return running.filter(isIntactSession).map(({ session_id, process_pid, process_start, process_boot }) => ({
      session_id,
      process:
        process_pid === null
          ? null
          : { pid: process_pid, start_time: process_start ?? '', boot_id: process_boot ?? '' },
    }))
  }
}

/** The extent of a log by its rows; null where there are none. */
type Extent = Record<'start_offset' | 'start_n' | 'end_offset' | 'end_n', number | null>

export function isIntactSession(row: SessionRow): boolean {
  const isChecked = row.row_checksum === UNCHECKED || row.row_checksum === sessionChecksum(row)
  return isChecked && isPlausibleSession(row)
}

/** Before the title of a session whose record is damaged. */
const DAMAGED_TITLE = '(damaged record)'

/** Sizes of windows: what a terminal can be resized to. */
const MAX_CELLS = 10_000

/** A row with a wrong checksum, as something that can be shown and read: any of its values may be wrong. */
function usableRow(row: SessionRow, extent: Extent): SessionRow | undefined {
  if (typeof row.session_id !== 'string' || !/^[\w-]{1,64}$/.test(row.session_id)) return undefined
  const time = (value: number) => (Number.isSafeInteger(value) && value >= 0 ? value : 0)
  const cells = (value: number, otherwise: number) =>
    Number.isSafeInteger(value) && value > 0 && value <= MAX_CELLS ? value : otherwise
  const text = (value: string) => (typeof value === 'string' ? value : '')
  const state = SessionState.safeParse(row.state)
  return {
    ...row,
    title: `${DAMAGED_TITLE} ${text(row.title)}`.trimEnd(),
    command: isCommand(row.command) ? row.command : '["?"]',
    cwd: text(row.cwd),
    state: state.success ? state.data : 'host_crashed',
    exit_code: Number.isSafeInteger(row.exit_code) ? row.exit_code : null,
    signal: typeof row.signal === 'string' ? row.signal : null,
    pid: null,
    created_at: time(row.created_at),
    ended_at: row.ended_at === null ? null : time(row.ended_at),
    last_activity: time(row.last_activity),
    cols: cells(row.cols, 80),
    rows: cells(row.rows, 24),
    born_cols: cells(row.born_cols, 80),
    born_rows: cells(row.born_rows, 24),
    process_pid: null,
    process_start: null,
    process_boot: null,
    start_offset: extent.start_offset ?? 0,
    start_n: extent.start_n ?? 0,
    end_offset: extent.end_offset ?? 0,
    end_n: extent.end_n ?? 0,
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
    row_checksum: _k,
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
