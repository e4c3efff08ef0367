// The tables that a log is stored in: log rows (table `pieces`), keyframes, rendered text and its index. Rows whose checksum is
// wrong are left out everywhere: where a log row is missing, readers find a gap.

import type Database from 'better-sqlite3'
import type { Position } from '../../../protocol/position.ts'
import type { Size, StoredKeyframe } from '../recording/types.ts'
import { keyframeChecksum, logRowChecksum, textChecksum, UNCHECKED } from './checksums.ts'
import { isPlausibleKeyframe, isPlausibleRow } from './plausible.ts'

/** `sealed`: a segment. `tail`: not sealed yet. The others are gaps, with their reason. */
export type LogRowKind = 'sealed' | 'tail' | 'unrecorded' | 'damaged'

export interface LogExtentRow {
  /** The row's number: about the order of time, over all sessions. Never used twice. */
  row_id: number
  kind: LogRowKind
  offset: number
  n: number
  end_offset: number
  end_n: number
}

export interface LogRow extends LogExtentRow {
  session: number
  at: number
  checksum: number
  blob_checksum: number
  compressed: number
  resizes: string | null
  timing: Uint8Array
  row_checksum: number
}

export type NewLogRow = Omit<LogRow, 'row_id' | 'row_checksum'> & { blob: Uint8Array }

export interface KeyframeRow {
  offset: number
  n: number
  cols: number
  rows: number
  size: number
  checksum: number
  blob_checksum: number
  row_checksum: number
  blob: Uint8Array
}

/** `blob`: zstd of what `toBlocks` makes, `size` bytes of it. */
export interface TextRow {
  size: number
  /** It has a checksum, which is right. */
  isChecked: boolean
  blob: Uint8Array
}

export interface UnindexedRow {
  row_id: number
  session: number
  bytes: number
  /** 1: `row_id` is the first row of the session's tail. */
  tail: number
}

export interface PendingText {
  row_id: number
  session: number
  /** 1: nothing follows, so what is left on the screen belongs to this row. */
  last: number
}

const EXTENT = 'piece AS row_id, kind, offset, n, end_offset, end_n'
const LOG_ROW = `${EXTENT}, session, at, checksum, blob_checksum, compressed, resizes, timing, row_checksum`
const KEYFRAME_HEAD = 'offset, n, cols, rows, size, checksum, blob_checksum, row_checksum'
const KEYFRAME = `${KEYFRAME_HEAD}, blob`

const UPDATED = 'end_offset, end_n, checksum, blob_checksum, compressed, resizes, timing, blob, row_checksum'.split(
  ', ',
)
const INSERTED = ['session', 'kind', 'offset', 'n', 'at', ...UPDATED]

export class LogRows {
  readonly #insert
  readonly #update
  readonly #remove
  readonly #at
  readonly #after
  readonly #byId
  readonly #blob
  readonly #tail
  readonly #last
  readonly #leading
  readonly #setAside
  readonly #endedWithTail
  readonly #putKeyframe
  readonly #keyframeFrom
  readonly #keyframeBefore
  readonly #hasKeyframe
  readonly #hasKeyframeWithin
  readonly #lastGap
  readonly #dropKeyframes
  readonly #resizesBefore
  readonly #bornSize: (session: number) => Size
  readonly #expectText
  readonly #pendingText
  readonly #putText
  readonly #expectBlocks
  readonly #putWords
  readonly #text
  readonly #forgetText
  readonly #texts
  readonly #textsOf
  readonly #blocksWith
  readonly #indexBytes
  readonly #unindexed
  readonly #byTime
  readonly #ofSession
  readonly #keyframesOf
  readonly #dropKeyframe

  /** Called with the number of a row whose text is damaged, so that it is rendered again. */
  textDamaged: (row_id: number) => void = () => {}

  /** `bornSize`: of a session, by its row. */
  constructor(db: Database.Database, bornSize: (session: number) => Size) {
    this.#bornSize = bornSize
    this.#insert = db.prepare<[NewLogRow & { row_checksum: number }]>(
      `INSERT INTO pieces (${INSERTED.join(', ')}) VALUES (${INSERTED.map(name => `@${name}`).join(', ')})`,
    )
    this.#update = db.prepare<[NewLogRow & { row_id: number; row_checksum: number }]>(
      `UPDATE pieces SET ${UPDATED.map(name => `${name} = @${name}`).join(', ')} WHERE piece = @row_id`,
    )
    this.#remove = db.prepare<[number]>('DELETE FROM pieces WHERE piece = ?')
    this.#at = db.prepare<[number, number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? AND (offset, n) <= (?, ?) ORDER BY offset DESC, n DESC`,
    )
    this.#after = db.prepare<[number, number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? AND (offset, n) > (?, ?) ORDER BY offset, n`,
    )
    this.#byId = db.prepare<[number], LogRow>(`SELECT ${LOG_ROW} FROM pieces WHERE piece = ?`)
    this.#blob = db.prepare<[number], Uint8Array>('SELECT blob FROM pieces WHERE piece = ?').pluck()
    this.#tail = db.prepare<[number, number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces INDEXED BY pieces_in_tail
       WHERE session = ? AND kind = 'tail' AND (offset, n) < (?, ?) ORDER BY offset, n`,
    )
    this.#last = db.prepare<[number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? ORDER BY offset DESC, n DESC`,
    )
    this.#leading = db.prepare<[number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? ORDER BY offset, n LIMIT ?`,
    )
    this.#setAside = db.prepare<[number]>("UPDATE pieces SET kind = 'damaged' WHERE piece = ?")
    this.#endedWithTail = db
      .prepare<[number], string>(
        `SELECT session_id FROM sessions WHERE state <> 'running'
           AND session IN (SELECT session FROM pieces WHERE kind = 'tail') LIMIT ?`,
      )
      .pluck()
    this.#putKeyframe = db.prepare<[KeyframeRow & { session: number }]>(
      `INSERT OR REPLACE INTO keyframes (session, ${KEYFRAME})
       VALUES (@session, ${KEYFRAME.split(', ')
         .map(name => `@${name}`)
         .join(', ')})`,
    )
    this.#keyframeFrom = db.prepare<[number, number, number], KeyframeRow>(
      `SELECT ${KEYFRAME} FROM keyframes WHERE session = ? AND (offset, n) >= (?, ?) ORDER BY offset, n`,
    )
    this.#keyframeBefore = db.prepare<[number, number, number], KeyframeRow>(
      `SELECT ${KEYFRAME} FROM keyframes WHERE session = ? AND (offset, n) < (?, ?) ORDER BY offset DESC, n DESC`,
    )
    this.#hasKeyframe = db
      .prepare<[number, number, number], number>(
        'SELECT 1 FROM keyframes WHERE session = ? AND offset = ? AND n = ? LIMIT 1',
      )
      .pluck()
    this.#hasKeyframeWithin = db
      .prepare<[number, number, number, number, number], number>(
        'SELECT 1 FROM keyframes WHERE session = ? AND (offset, n) >= (?, ?) AND (offset, n) <= (?, ?) LIMIT 1',
      )
      .pluck()
    this.#lastGap = db.prepare<[number, number, number], Position>(
      `SELECT end_offset AS offset, end_n AS n FROM pieces
       WHERE session = ? AND (offset, n) < (?, ?) AND kind IN ('unrecorded', 'damaged')
       ORDER BY offset DESC, n DESC LIMIT 1`,
    )
    this.#dropKeyframes = db.prepare<[number, number, number]>(
      'DELETE FROM keyframes WHERE session = ? AND (offset, n) < (?, ?)',
    )
    this.#resizesBefore = db.prepare<[number, number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? AND (offset, n) < (?, ?) AND resizes IS NOT NULL
         ORDER BY offset DESC, n DESC`,
    )
    this.#expectText = db.prepare<[number | bigint]>('INSERT INTO text (piece) VALUES (?)')
    this.#pendingText = db.prepare<[], PendingText>(
      `SELECT t.piece AS row_id, p.session, p.end_offset = s.end_offset AND p.end_n = s.end_n AS last
       FROM text t JOIN pieces p ON p.piece = t.piece JOIN sessions s ON s.session = p.session
       WHERE t.lines IS NULL AND (s.state <> 'running' OR p.end_offset <> s.end_offset OR p.end_n <> s.end_n)
       ORDER BY t.piece LIMIT 1`,
    )
    this.#putText = db.prepare<[number, number, Uint8Array, number, number]>(
      'UPDATE text SET lines = ?, size = ?, blob = ?, checksum = ? WHERE piece = ?',
    )
    this.#text = db.prepare<[number], Omit<TextRow, 'isChecked'> & { lines: number; checksum: number }>(
      'SELECT lines, size, blob, checksum FROM text WHERE piece = ? AND lines IS NOT NULL',
    )
    this.#forgetText = db.prepare<[number]>('UPDATE text SET lines = NULL, size = NULL, blob = NULL WHERE piece = ?')
    this.#texts = db
      .prepare<[number, number], number>(
        'SELECT piece FROM text WHERE piece < ? AND lines > 0 ORDER BY piece DESC LIMIT ?',
      )
      .pluck()
    this.#textsOf = db
      .prepare<[string, number, number], number>(
        `SELECT t.piece FROM text t JOIN pieces p ON p.piece = t.piece
         WHERE p.session IN (SELECT value FROM json_each(?)) AND t.piece < ? AND t.lines > 0 ORDER BY t.piece DESC LIMIT ?`,
      )
      .pluck()
    this.#blocksWith = db
      .prepare<[string, number, number], number>(
        `SELECT rowid FROM words WHERE words MATCH ? AND rowid < CAST(? AS INTEGER) ORDER BY rowid DESC LIMIT ?`,
      )
      .pluck()
    this.#indexBytes = db
      .prepare<[], number>("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE 'words%'")
      .pluck()
    this.#unindexed = db.prepare<[], UnindexedRow>(
      `SELECT p.piece AS row_id, p.session, min(max(p.end_offset - p.offset, 0), 1 << 40) AS bytes, 0 AS tail
         FROM text t JOIN pieces p ON p.piece = t.piece WHERE t.lines IS NULL
       UNION ALL SELECT min(piece), session, sum(min(max(end_offset - offset, 0), 1 << 40)), 1 FROM pieces INDEXED BY pieces_in_tail
         WHERE kind = 'tail' GROUP BY session
       ORDER BY 1 DESC`,
    )
    this.#byTime = db.prepare<[number, number], LogRow>(
      `SELECT ${LOG_ROW} FROM pieces WHERE session = ? AND at <= ? ORDER BY offset DESC, n DESC`,
    )
    this.#ofSession = db.prepare<[number], LogRow>(`SELECT ${LOG_ROW} FROM pieces WHERE session = ? ORDER BY offset, n`)
    this.#keyframesOf = db.prepare<[number], Omit<KeyframeRow, 'blob'>>(
      `SELECT ${KEYFRAME_HEAD} FROM keyframes WHERE session = ? ORDER BY offset, n`,
    )
    this.#dropKeyframe = db.prepare<[number, number, number]>(
      'DELETE FROM keyframes WHERE session = ? AND offset = ? AND n = ?',
    )
    this.#expectBlocks = db.prepare<[number, number]>('UPDATE text SET blocks = ? WHERE piece = ?')
    // A crash may have left some of a row's blocks in the index.
    this.#putWords = db.prepare<[number, string]>('INSERT OR REPLACE INTO words (rowid, word) VALUES (?, ?)')
  }

  insert(row: NewLogRow): number {
    const { lastInsertRowid } = this.#insert.run({ ...row, row_checksum: logRowChecksum(row) })
    if (row.kind === 'sealed') this.#expectText.run(lastInsertRowid)
    return Number(lastInsertRowid)
  }

  /** For a row that grows: everything but where it begins. */
  update(row_id: number, row: NewLogRow): void {
    this.#update.run({ ...row, row_id, row_checksum: logRowChecksum(row) })
  }

  /** With its text. */
  remove(row_id: number): void {
    this.#remove.run(row_id)
  }

  /** The last row that begins at or before `position`; it may end before it. */
  rowAt(session: number, { offset, n }: Position): LogRow | undefined {
    return firstIntact(this.#at, session, offset, n)
  }

  /** The first row that begins after `position`. */
  rowAfter(session: number, { offset, n }: Position): LogRow | undefined {
    return firstIntact(this.#after, session, offset, n)
  }

  byId(row_id: number): LogRow | undefined {
    return firstIntact(this.#byId, row_id)
  }

  /** Read apart from its row, because the blob's pages may be damaged when the row's are not. */
  blob(row_id: number): Uint8Array {
    return this.#blob.get(row_id)!
  }

  /** Unsealed rows that begin before `position`, in order. */
  tailRows(session: number, { offset, n }: Position): LogRow[] {
    return this.#tail.all(session, offset, n).filter(isIntactRow)
  }

  /** Damaged rows of a tail are no longer part of it. They stay, because a repair may find out what they were. */
  setDamagedTailAside(session: number): void {
    for (const row of this.#tail.all(session, Number.MAX_SAFE_INTEGER, 0))
      if (!isIntactRow(row)) this.#setAside.run(row.row_id)
  }

  lastRow(session: number): LogRow | undefined {
    return firstIntact(this.#last, session)
  }

  /** With damaged ones, which extend to the next row here. */
  firstRows(session: number, limit: number): LogExtentRow[] {
    const rows = this.#leading.all(session, limit)
    return rows.map((row, at) => {
      if (isIntactRow(row)) return row
      const next = rows[at + 1] ?? row
      return { ...row, end_offset: next.offset, end_n: next.n }
    })
  }

  /** Ids of ended sessions with an unsealed tail: their host crashed. */
  endedSessionsWithTail(limit: number): string[] {
    return this.#endedWithTail.all(limit)
  }

  putKeyframe(session: number, keyframe: StoredKeyframe, blob_checksum: number): void {
    const { position, ...rest } = keyframe
    const row = { ...position, ...rest, blob_checksum }
    this.#putKeyframe.run({ session, ...row, row_checksum: keyframeChecksum(session, row) })
  }

  /** Keyframes at or after `position`, nearest first. Whether their blobs are intact is not checked. */
  *keyframesFrom(session: number, { offset, n }: Position): Generator<KeyframeRow> {
    for (const row of this.#keyframeFrom.iterate(session, offset, n)) if (isIntactKeyframe(session, row)) yield row
  }

  /** Keyframes before `position`, nearest first. Whether their blobs are intact is not checked. */
  *keyframesBefore(session: number, { offset, n }: Position): Generator<KeyframeRow> {
    for (const row of this.#keyframeBefore.iterate(session, offset, n)) if (isIntactKeyframe(session, row)) yield row
  }

  hasKeyframe(session: number, { offset, n }: Position): boolean {
    return this.#hasKeyframe.get(session, offset, n) !== undefined
  }

  /** Deletes the keyframes before `position`. */
  dropKeyframes(session: number, { offset, n }: Position): void {
    this.#dropKeyframes.run(session, offset, n)
  }

  hasKeyframeWithin(session: number, from: Position, to: Position): boolean {
    return this.#hasKeyframeWithin.get(session, from.offset, from.n, to.offset, to.n) !== undefined
  }

  /** Where the last gap ends that begins before `position`. */
  endOfLastGap(session: number, { offset, n }: Position): Position | undefined {
    return this.#lastGap.get(session, offset, n)
  }

  /** JSON of the last resizes before `position`, if there were any, and the session's size at birth. */
  sizesBefore(session: number, { offset, n }: Position): { resizes: string | null; born: Size } {
    return {
      resizes: firstIntact(this.#resizesBefore, session, offset, n)?.resizes ?? null,
      born: this.#bornSize(session),
    }
  }

  /** The oldest segment whose text is to be rendered. A running session's last segment waits for what follows. */
  pendingText(): PendingText | undefined {
    return this.#pendingText.get()
  }

  putText(row_id: number, lines: number, size: number, blob: Uint8Array): void {
    this.#putText.run(lines, size, blob, textChecksum(row_id, lines, size, blob), row_id)
  }

  /** Call it before the first words of a row go into the index. False: the row is gone. */
  expectBlocks(row_id: number, blocks: number): boolean {
    return this.#expectBlocks.run(blocks, row_id).changes > 0
  }

  putWords(row_id: number, block: number, words: string): void {
    this.#putWords.run(row_id * MAX_BLOCKS + block, words)
  }

  /** The text of a row, if it was rendered and is intact. */
  text(row_id: number): TextRow | undefined {
    const row = this.#text.get(row_id)
    if (!row) return undefined
    const { lines, size, blob, checksum } = row
    const isChecked = checksum !== UNCHECKED
    if (!isChecked || checksum === textChecksum(row_id, lines, size, blob)) return { size, blob, isChecked }
    this.textDamaged(row_id)
    return undefined
  }

  /** It was rendered, and may be damaged. */
  hasText(row_id: number): boolean {
    return this.#text.get(row_id) !== undefined
  }

  /** It will be rendered again. */
  forgetText(row_id: number): void {
    this.#forgetText.run(row_id)
  }

  /** Numbers of rows with text, the newest first, below `below`. */
  rowsWithText(below: number, limit: number): number[] {
    return this.#texts.all(below, limit)
  }

  /** The same of these sessions alone, by their numbers. */
  rowsWithTextOf(sessions: readonly number[], below: number, limit: number): number[] {
    return this.#textsOf.all(JSON.stringify(sessions), below, limit)
  }

  /**
   * Numbers of text blocks that match an FTS5 expression, the newest first, below `below`: each is
   * row_id * MAX_BLOCKS + block.
   */
  blocksWith(match: string, below: number, limit: number): number[] {
    return this.#blocksWith.all(match, below, limit)
  }

  /** What the index does not cover yet, the newest first: rows whose text is not rendered, and tails as a whole. */
  unindexed(): UnindexedRow[] {
    return this.#unindexed.all()
  }

  /** The index's bytes in the file, in whole pages; reads all of it. */
  indexBytes(): number {
    return this.#indexBytes.get()!
  }

  /** The last row that began at or before this many milliseconds since birth. */
  rowAtTime(session: number, at: number): LogRow | undefined {
    return firstIntact(this.#byTime, session, at)
  }

  /** All rows of a session in order, with those that are damaged. */
  everyRowOf(session: number): LogRow[] {
    return this.#ofSession.all(session)
  }

  /** All keyframes of a session in order, with those that are damaged; without blobs. */
  everyKeyframeOf(session: number): Omit<KeyframeRow, 'blob'>[] {
    return this.#keyframesOf.all(session)
  }

  keyframe(session: number, { offset, n }: Position): KeyframeRow | undefined {
    return this.#keyframeFrom.get(session, offset, n)
  }

  dropKeyframe(session: number, { offset, n }: Position): void {
    this.#dropKeyframe.run(session, offset, n)
  }

  /** All rows of a session, in order. */
  *rowsOf(session: number): Generator<LogRow> {
    for (const row of this.#ofSession.iterate(session)) if (isIntactRow(row)) yield row
  }
}

/** The first row of a query that is what was written. Nearly always that is the first one. */
function firstIntact<P extends unknown[]>(statement: Database.Statement<P, LogRow>, ...args: P): LogRow | undefined {
  const first = statement.get(...args)
  if (!first || isIntactRow(first)) return first
  for (const row of statement.iterate(...args)) if (isIntactRow(row)) return row
  return undefined
}

export function isIntactRow(row: LogRow): boolean {
  return (row.row_checksum === UNCHECKED || row.row_checksum === logRowChecksum(row)) && isPlausibleRow(row)
}

export function isIntactKeyframe(session: number, row: KeyframeRow): boolean {
  const isChecked = row.row_checksum === UNCHECKED || row.row_checksum === keyframeChecksum(session, row)
  return isChecked && isPlausibleKeyframe(row)
}

/** Rows of the index are numbered row_id * MAX_BLOCKS + block. */
export const MAX_BLOCKS = 1024
