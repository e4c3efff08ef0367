// Reads what is stored: sessions, their logs, keyframes.
import { comparePositions, LOG_START, type Position } from '../../../../protocol/position.ts'
import { crc32, maySpan, pack } from '../../recording/compression.ts'
import { birthKeyframe } from '../../recording/initial-keyframe.ts'
import { decodeResizes, endOfSlice, joinSlices, SEGMENT_BYTES } from '../../recording/log-slice.ts'
import type {
  GapReason,
  LogResize,
  LogSlice,
  ReadResult,
  StoredKeyframe,
  StoredSession,
  TimedReadResult,
} from '../../recording/types.ts'
import type { KeyframeRow, LogRow } from '../../store/log-rows.ts'
import { checkBlob, endOfRow, readSlice, runsOfRow, startOfRow } from '../../store/row-codec.ts'
import { type SessionRow, storedSession } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'

/** A tail row that is smaller than this is read together with those after it. */
const JOIN_BELOW_BYTES = 64 * 1024

export class LogReader {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The newest first. */
  sessions(limit: number): StoredSession[] {
    return this.#store.sessions.newest(limit).map(storedSession)
  }

  /** Throws `session_unknown`, `session_ambiguous`. */
  session(id: string): StoredSession {
    return storedSession(this.#store.sessions.find(id))
  }

  /** What follows `position`. Throws `session_unknown`. */
  read(session_id: string, position: Position): ReadResult {
    const result = this.#read(session_id, position, false)
    if (result.kind !== 'segment') return result
    const { timing: _, ...rest } = result
    return { ...rest, resizes: result.resizes.map(withoutTime) }
  }

  /** The same with its timing. */
  readTimed(session_id: string, position: Position): TimedReadResult {
    const result = this.#read(session_id, position, true)
    if (result.kind !== 'segment') return result
    const resync = this.#resync(this.#store.sessions.require(session_id), result)
    return resync ? { ...result, resync } : result
  }

  /** A gap can end within a segment; what follows it, up to the next keyframe, is drawn on an unknown screen. */
  #resync(
    { session }: SessionRow,
    { position, end }: { position: Position; end: Position },
  ): StoredKeyframe | undefined {
    const rows = this.#store.logRows
    if (!rows.hasKeyframe(session, end)) return undefined
    const gapEnd = rows.endOfLastGap(session, position)
    if (!gapEnd || rows.hasKeyframeWithin(session, gapEnd, position)) return undefined
    return this.keyframeAt(session, end)
  }

  #read(session_id: string, position: Position, isTimed: boolean): TimedReadResult {
    const session = this.#store.sessions.require(session_id)
    const start = { offset: session.start_offset, n: session.start_n }
    const end = { offset: session.end_offset, n: session.end_n }
    if (comparePositions(position, start) < 0) return this.#gap(session, LOG_START, start, 'trimmed')
    if (comparePositions(position, end) >= 0) return { kind: 'end', position: end }
    const row = this.#store.logRows.rowAt(session.session, position)
    if (!row || comparePositions(endOfRow(row), position) <= 0) {
      // Rows are missing from the database, and nothing says why.
      const next = this.#store.logRows.rowAfter(session.session, position)
      this.#store.report({ kind: 'log', session_id })
      return this.#gap(session, row ? endOfRow(row) : start, next ? startOfRow(next) : end, 'damaged')
    }
    if (row.kind === 'unrecorded' || row.kind === 'damaged')
      return this.#gap(session, startOfRow(row), endOfRow(row), row.kind)
    try {
      if (row.kind === 'tail' && row.end_offset - row.offset < JOIN_BELOW_BYTES) return this.#joinTail(session, row)
      const blob = this.#store.logRows.blob(row.row_id)
      checkBlob(row, blob)
      return {
        kind: 'segment',
        position: startOfRow(row),
        end: endOfRow(row),
        size: row.end_offset - row.offset,
        checksum: row.checksum,
        compressed: row.compressed === 1,
        blob,
        timing: isTimed ? runsOfRow(row) : [],
        resizes: decodeResizes(row.resizes, row.offset),
      }
    } catch {
      // Whatever the error is, these bytes cannot be read.
      this.#store.report({ kind: 'log', session_id })
      return this.#gap(session, startOfRow(row), endOfRow(row), 'damaged')
    }
  }

  /** The earliest keyframe at or after `offset`; without one the last before it. Throws `session_unknown`. */
  startingPoint(session_id: string, offset: number): StoredKeyframe | undefined {
    const session = this.#store.sessions.require(session_id)
    const start = { offset: session.start_offset, n: session.start_n }
    const from = offset <= start.offset ? start : { offset, n: 0 }
    if (comparePositions(from, LOG_START) <= 0) return this.#keyframeFrom(session, LOG_START)
    return this.#keyframeFrom(session, from) ?? this.#keyframeBefore(session, from)
  }

  /** The last keyframe at or before `position` from which the stored log can be continued. Throws `session_unknown`. */
  lastKeyframe(session_id: string, position: Position): StoredKeyframe | undefined {
    const session = this.#store.sessions.require(session_id)
    return this.#keyframeBefore(session, { offset: position.offset, n: position.n + 1 })
  }

  /** A keyframe exactly at `position`, if it is there and intact. */
  keyframeAt(session: number, position: Position): StoredKeyframe | undefined {
    for (const row of this.#store.logRows.keyframesFrom(session, position))
      return comparePositions(startOfRow(row), position) === 0 && isIntact(row) ? toKeyframe(row) : undefined
    return undefined
  }

  /** Small tail rows are joined: one message for what may be hundreds of them. */
  #joinTail(session: SessionRow, first: LogRow): TimedReadResult {
    const slices: LogSlice[] = [readSlice(first, this.#store.logRows.blob(first.row_id))]
    let size = slices[0]!.bytes.length
    let end = endOfRow(first)
    while (size < SEGMENT_BYTES) {
      const row = this.#store.logRows.rowAt(session.session, end)
      if (
        row?.kind !== 'tail' ||
        comparePositions(startOfRow(row), end) !== 0 ||
        row.end_offset - row.offset >= JOIN_BELOW_BYTES
      )
        break
      let slice: LogSlice
      try {
        slice = readSlice(row, this.#store.logRows.blob(row.row_id))
      } catch {
        break // the next read returns it as a gap
      }
      slices.push(slice)
      size += slice.bytes.length
      end = endOfRow(row)
    }
    const all = joinSlices(slices)
    return {
      kind: 'segment',
      position: all.from,
      end: endOfSlice(all),
      size: all.bytes.length,
      checksum: crc32(all.bytes),
      ...pack(all.bytes),
      timing: all.runs,
      resizes: all.resizes,
    }
  }

  #gap(session: SessionRow, from: Position, to: Position, reason: GapReason): Extract<ReadResult, { kind: 'gap' }> {
    const keyframe = this.#keyframeFrom(session, to)
    return { kind: 'gap', from, to, reason, ...(keyframe && { keyframe }) }
  }

  #keyframeFrom(session: SessionRow, from: Position): StoredKeyframe | undefined {
    const isBirth = comparePositions(from, LOG_START) === 0
    for (const row of this.#store.logRows.keyframesFrom(session.session, from)) {
      // At birth every terminal is the same: empty.
      if (isBirth && comparePositions(startOfRow(row), LOG_START) > 0) break
      if (isIntact(row)) return toKeyframe(row)
    }
    return isBirth ? birthOf(session) : undefined
  }

  /** The last intact one before `end`, but not before the start of the log. */
  #keyframeBefore(session: SessionRow, end: Position): StoredKeyframe | undefined {
    const start = { offset: session.start_offset, n: session.start_n }
    for (const row of this.#store.logRows.keyframesBefore(session.session, end)) {
      if (comparePositions(startOfRow(row), start) < 0) break
      if (isIntact(row)) return toKeyframe(row)
    }
    return birthOf(session)
  }
}

/** An empty terminal, if the log is stored from its beginning. */
function birthOf({ start_offset, start_n, born_cols, born_rows }: SessionRow): StoredKeyframe | undefined {
  return start_offset === 0 && start_n === 0 ? birthKeyframe({ cols: born_cols, rows: born_rows }) : undefined
}

function isIntact(row: KeyframeRow): boolean {
  return maySpan(row.blob, row.size) && crc32(row.blob) === row.blob_checksum
}

function toKeyframe({ offset, n, blob_checksum: _, row_checksum: _r, ...rest }: KeyframeRow): StoredKeyframe {
  return { position: { offset, n }, ...rest }
}

function withoutTime({ at: _, ...resize }: LogResize & { at: number }): LogResize {
  return resize
}
