// The rows that a log is stored in: pieces, keyframes, text. Knows SQL, and nothing of when a piece is cut, sealed or
// trimmed.

import type Database from 'better-sqlite3'
import type { Position } from '../../../protocol/position.ts'
import type { StoredKeyframe } from '../recording/types.ts'

/** `sealed`: a segment. `tail`: not sealed yet. The others say why there is nothing. */
export type LogRowKind = 'sealed' | 'tail' | 'unrecorded' | 'damaged'

export interface LogExtentRow {
  piece: number
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
}

export type NewLogRow = Omit<LogRow, 'piece'> & { blob: Uint8Array }

export interface KeyframeRow {
  offset: number
  n: number
  cols: number
  rows: number
  size: number
  checksum: number
  blob_checksum: number
  blob: Uint8Array
}

/** `blob`: zstd of what toBlocks makes, `size` bytes of it. */
export interface TextRow {
  size: number
  blob: Uint8Array
}

export interface UnindexedRow {
  piece: number
  session: number
  bytes: number
  /** 1: `piece` is the first of those at the session's end that are not sealed. */
  tail: number
}

export interface PendingText {
  piece: number
  session: number
  /** Nothing follows: what is left on the screen belongs to this piece. */
  last: number
}

const PLACE = 'piece, kind, offset, n, end_offset, end_n'
const PIECE = `${PLACE}, session, at, checksum, blob_checksum, compressed, resizes, timing`
const KEYFRAME = 'offset, n, cols, rows, size, checksum, blob_checksum, blob'

const NEW =
  'session, kind, offset, n, end_offset, end_n, at, checksum, blob_checksum, compressed, resizes, timing, blob'
const CHANGED = ['end_offset', 'end_n', 'checksum', 'blob_checksum', 'compressed', 'resizes', 'timing', 'blob']

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
  readonly #looseSessions
  readonly #putKeyframe
  readonly #keyframeFrom
  readonly #keyframeBefore
  readonly #hasKeyframe
  readonly #dropKeyframes
  readonly #resizesBefore
  readonly #bornSize
  readonly #expectText
  readonly #pendingText
  readonly #putText
  readonly #expectBlocks
  readonly #putWords
  readonly #text
  readonly #texts
  readonly #unindexed
  readonly #byTime
  readonly #ofSession

  constructor(db: Connection) {
    this.#insert = db.prepare<[NewLogRow]>(
      `INSERT INTO pieces (${NEW}) VALUES (${NEW.split(', ')
        .map(name => `@${name}`)
        .join(', ')})`,
    )
    this.#update = db.prepare<[NewLogRow & { piece: number }]>(
      `UPDATE pieces SET ${CHANGED.map(name => `${name} = @${name}`).join(', ')} WHERE piece = @piece`,
    )
    this.#remove = db.prepare<[number]>('DELETE FROM pieces WHERE piece = ?')
    this.#at = db.prepare<[number, number, number], LogRow>(
      `SELECT ${PIECE} FROM pieces WHERE session = ? AND (offset, n) <= (?, ?) ORDER BY offset DESC, n DESC LIMIT 1`,
    )
    this.#after = db.prepare<[number, number, number], LogRow>(
      `SELECT ${PIECE} FROM pieces WHERE session = ? AND (offset, n) > (?, ?) ORDER BY offset, n LIMIT 1`,
    )
    this.#byId = db.prepare<[number], LogRow>(`SELECT ${PIECE} FROM pieces WHERE piece = ?`)
    this.#blob = db.prepare<[number], Uint8Array>('SELECT blob FROM pieces WHERE piece = ?').pluck()
    this.#tail = db.prepare<[number, number, number], LogRow>(
      `SELECT ${PIECE} FROM pieces INDEXED BY pieces_in_tail
       WHERE session = ? AND kind = 'tail' AND (offset, n) < (?, ?) ORDER BY offset, n`,
    )
    this.#last = db.prepare<[number], LogRow>(
      `SELECT ${PIECE} FROM pieces WHERE session = ? ORDER BY offset DESC, n DESC LIMIT 1`,
    )
    this.#leading = db.prepare<[number, number], LogExtentRow>(
      `SELECT ${PLACE} FROM pieces WHERE session = ? ORDER BY offset, n LIMIT ?`,
    )
    this.#looseSessions = db
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
    this.#dropKeyframes = db.prepare<[number, number, number]>(
      'DELETE FROM keyframes WHERE session = ? AND (offset, n) < (?, ?)',
    )
    this.#resizesBefore = db
      .prepare<[number, number, number], string>(
        `SELECT resizes FROM pieces WHERE session = ? AND (offset, n) < (?, ?) AND resizes IS NOT NULL
         ORDER BY offset DESC, n DESC LIMIT 1`,
      )
      .pluck()
    this.#bornSize = db.prepare<[number], { cols: number; rows: number }>(
      'SELECT born_cols AS cols, born_rows AS rows FROM sessions WHERE session = ?',
    )
    this.#expectText = db.prepare<[number | bigint]>('INSERT INTO text (piece) VALUES (?)')
    this.#pendingText = db.prepare<[], PendingText>(
      `SELECT t.piece, p.session, p.end_offset = s.end_offset AND p.end_n = s.end_n AS last
       FROM text t JOIN pieces p ON p.piece = t.piece JOIN sessions s ON s.session = p.session
       WHERE t.lines IS NULL AND (s.state <> 'running' OR p.end_offset <> s.end_offset OR p.end_n <> s.end_n)
       ORDER BY t.piece LIMIT 1`,
    )
    this.#putText = db.prepare<[number, number, Uint8Array, number]>(
      'UPDATE text SET lines = ?, size = ?, blob = ? WHERE piece = ?',
    )
    this.#text = db.prepare<[number], TextRow>('SELECT size, blob FROM text WHERE piece = ? AND lines IS NOT NULL')
    this.#texts = db
      .prepare<[number, number], number>(
        'SELECT piece FROM text WHERE piece < ? AND lines > 0 ORDER BY piece DESC LIMIT ?',
      )
      .pluck()
    this.#unindexed = db.prepare<[], UnindexedRow>(
      `SELECT p.piece, p.session, p.end_offset - p.offset AS bytes, 0 AS tail FROM text t JOIN pieces p ON p.piece = t.piece
         WHERE t.lines IS NULL
       UNION ALL SELECT min(piece), session, sum(end_offset - offset), 1 FROM pieces INDEXED BY pieces_in_tail
         WHERE kind = 'tail' GROUP BY session
       ORDER BY 1 DESC`,
    )
    this.#byTime = db.prepare<[number, number], LogRow>(
      `SELECT ${PIECE} FROM pieces WHERE session = ? AND at <= ? ORDER BY offset DESC, n DESC LIMIT 1`,
    )
    this.#ofSession = db.prepare<[number], LogRow>(`SELECT ${PIECE} FROM pieces WHERE session = ? ORDER BY offset, n`)
    this.#expectBlocks = db.prepare<[number, number]>('UPDATE text SET blocks = ? WHERE piece = ?')
    // What a crash has left half done is there already.
    this.#putWords = db.prepare<[number, string]>('INSERT OR REPLACE INTO words (rowid, word) VALUES (?, ?)')
  }

  insert(piece: NewLogRow): number {
    const { lastInsertRowid } = this.#insert.run(piece)
    if (piece.kind === 'sealed') this.#expectText.run(lastInsertRowid)
    return Number(lastInsertRowid)
  }

  /** For a piece that grows: everything but where it begins. */
  update(piece: number, changed: NewLogRow): void {
    this.#update.run({ ...changed, piece })
  }

  /** With its text. */
  remove(piece: number): void {
    this.#remove.run(piece)
  }

  /** The last piece that begins at or before `position`; it may end before it. */
  rowAt(session: number, { offset, n }: Position): LogRow | undefined {
    return this.#at.get(session, offset, n)
  }

  /** The first piece that begins after `position`. */
  rowAfter(session: number, { offset, n }: Position): LogRow | undefined {
    return this.#after.get(session, offset, n)
  }

  byId(piece: number): LogRow | undefined {
    return this.#byId.get(piece)
  }

  /** Apart from its row, because the pages that it lies on may be damaged when the row's are not. */
  blob(piece: number): Uint8Array {
    return this.#blob.get(piece)!
  }

  /** What is not sealed and begins before `position`, in order. */
  tailRows(session: number, { offset, n }: Position): LogRow[] {
    return this.#tail.all(session, offset, n)
  }

  lastRow(session: number): LogRow | undefined {
    return this.#last.get(session)
  }

  /** Where the first pieces are. */
  firstRows(session: number, most: number): LogExtentRow[] {
    return this.#leading.all(session, most)
  }

  /** Ids of ended sessions that have something unsealed: their host crashed. */
  endedSessionsWithTail(most: number): string[] {
    return this.#looseSessions.all(most)
  }

  putKeyframe(session: number, keyframe: StoredKeyframe, blob_checksum: number): void {
    const { position, ...rest } = keyframe
    this.#putKeyframe.run({ session, ...position, ...rest, blob_checksum })
  }

  /** Keyframes at or after `position`, nearest first. */
  keyframesFrom(session: number, { offset, n }: Position): IterableIterator<KeyframeRow> {
    return this.#keyframeFrom.iterate(session, offset, n)
  }

  /** Keyframes before `position`, nearest first. */
  keyframesBefore(session: number, { offset, n }: Position): IterableIterator<KeyframeRow> {
    return this.#keyframeBefore.iterate(session, offset, n)
  }

  hasKeyframe(session: number, { offset, n }: Position): boolean {
    return this.#hasKeyframe.get(session, offset, n) !== undefined
  }

  dropKeyframes(session: number, { offset, n }: Position): void {
    this.#dropKeyframes.run(session, offset, n)
  }

  /** JSON of the last resizes before `position`, if there were any, and the size that the session was born with. */
  sizesBefore(
    session: number,
    { offset, n }: Position,
  ): { resizes: string | null; born: { cols: number; rows: number } } {
    return {
      resizes: this.#resizesBefore.get(session, offset, n) ?? null,
      born: this.#bornSize.get(session) ?? { cols: 80, rows: 24 },
    }
  }

  /** The oldest segment whose text is to be rendered. A running session's last one waits for what follows. */
  pendingText(): PendingText | undefined {
    return this.#pendingText.get()
  }

  putText(piece: number, lines: number, size: number, blob: Uint8Array): void {
    this.#putText.run(lines, size, blob, piece)
  }

  /** Before the first words of a piece are put into the index. False: it is not there any more. */
  expectBlocks(piece: number, blocks: number): boolean {
    return this.#expectBlocks.run(blocks, piece).changes > 0
  }

  putWords(piece: number, block: number, words: string): void {
    this.#putWords.run(piece * MAX_BLOCKS + block, words)
  }

  /** The text of a piece, if it was rendered. */
  text(piece: number): TextRow | undefined {
    return this.#text.get(piece)
  }

  /** Pieces that have text, the newest first, below a number. */
  rowsWithText(below: number, most: number): number[] {
    return this.#texts.all(below, most)
  }

  /** What the index does not know yet, the newest first: pieces whose text is not rendered, and tails as a whole. */
  unindexed(): UnindexedRow[] {
    return this.#unindexed.all()
  }

  /** The last piece that began at or before this many milliseconds since birth. */
  rowAtTime(session: number, at: number): LogRow | undefined {
    return this.#byTime.get(session, at)
  }

  rowsOf(session: number): IterableIterator<LogRow> {
    return this.#ofSession.iterate(session)
  }
}

/** Rows of the index are numbered by piece and block. */
export const MAX_BLOCKS = 1024

export type Connection = Database.Database
