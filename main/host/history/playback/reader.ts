// Answers questions about what is stored: sessions, pieces of a log, keyframes. Knows nothing of threads; writes nothing.
import { CodedError } from '../../../../protocol/errors.ts'
import { decodeRuns } from '../../../../protocol/output-timing.ts'
import type { Position } from '../../../../protocol/position.ts'
import { BIRTH } from '../../../../protocol/position.ts'
import { crc32, pack, zstd } from '../../recording/compression.ts'
import { comparePositions, decodeResizes, endOfSlice, joinSlices, SEGMENT_BYTES } from '../../recording/log-slice.ts'
import type {
  GapReason,
  LogResize,
  LogSlice,
  ReadResult,
  StoredKeyframe,
  StoredSession,
  TimedReadResult,
  Timing,
} from '../../recording/types.ts'
import type { KeyframeRow, LogRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow, unpackTiming } from '../../store/row-codec.ts'
import { type SessionRow, type Store, storedSession } from '../../store/store.ts'

/** A tail row that is smaller than this is read together with those after it. */
const JOIN_BELOW_BYTES = 64 * 1024

export class LogReader {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The newest sessions first. */
  sessions(most: number): StoredSession[] {
    return this.#store.sessions(most).map(storedSession)
  }

  /** Throws `session_unknown`, `session_ambiguous`. */
  session(id: string): StoredSession {
    return storedSession(this.#store.findSession(id))
  }

  /** The piece that holds what follows `position`. Throws `session_unknown`. */
  read(session_id: string, position: Position): ReadResult {
    const piece = this.#pieceAt(session_id, position, false)
    if (piece.kind !== 'segment') return piece
    const { timing: _, ...rest } = piece
    return { ...rest, resizes: piece.resizes.map(mark) }
  }

  /** The same with its timing. */
  readTimed(session_id: string, position: Position): TimedReadResult {
    return this.#pieceAt(session_id, position, true)
  }

  #pieceAt(session_id: string, position: Position, timed: boolean): TimedReadResult {
    const session = this.#row(session_id)
    const start = { offset: session.start_offset, n: session.start_n }
    const end = { offset: session.end_offset, n: session.end_n }
    if (comparePositions(position, start) < 0) return this.#lost(session, BIRTH, start, 'trimmed')
    if (comparePositions(position, end) >= 0) return { kind: 'end', position: end }
    const row = this.#store.logRows.rowAt(session.session, position)
    if (!row || comparePositions(endOfRow(row), position) <= 0) {
      // Nothing is there and nothing says why: rows are missing from the database.
      const next = this.#store.logRows.rowAfter(session.session, position)
      return this.#lost(session, row ? endOfRow(row) : start, next ? startOfRow(next) : end, 'damaged')
    }
    if (row.kind === 'unrecorded' || row.kind === 'damaged')
      return this.#lost(session, startOfRow(row), endOfRow(row), row.kind)
    try {
      if (row.kind === 'tail' && row.end_offset - row.offset < JOIN_BELOW_BYTES) return this.#joined(session, row)
      const blob = this.#store.logRows.blob(row.piece)
      if (crc32(blob) !== row.blob_checksum) throw new Error('the stored bytes are not what was written')
      return {
        kind: 'segment',
        position: startOfRow(row),
        end: endOfRow(row),
        size: row.end_offset - row.offset,
        checksum: row.checksum,
        compressed: row.compressed === 1,
        blob,
        timing: timed ? decodeRuns(unpackTiming(row.timing)) : [],
        resizes: decodeResizes(row.resizes, row.offset),
      }
    } catch {
      // Whatever is wrong with it, its bytes cannot be had.
      return this.#lost(session, startOfRow(row), endOfRow(row), 'damaged')
    }
  }

  /** The earliest keyframe at or after `offset`; without one the last before it. Throws `session_unknown`. */
  startingPoint(session_id: string, offset: number): StoredKeyframe | undefined {
    const session = this.#row(session_id)
    const start = { offset: session.start_offset, n: session.start_n }
    const from = offset <= start.offset ? start : { offset, n: 0 }
    if (comparePositions(from, BIRTH) <= 0) return this.#keyframeFrom(session, BIRTH)
    const after = this.#keyframeFrom(session, from)
    if (after) return after
    for (const row of this.#store.logRows.keyframesBefore(session.session, from)) {
      if (comparePositions(startOfRow(row), start) < 0) break
      if (isWhole(row)) return toKeyframe(row)
    }
    return comparePositions(start, BIRTH) === 0 ? birth(session) : undefined
  }

  /** The last keyframe at or before `position` that the log there is can be continued from. Throws `session_unknown`. */
  lastKeyframe(session_id: string, position: Position): StoredKeyframe | undefined {
    const session = this.#row(session_id)
    const start = { offset: session.start_offset, n: session.start_n }
    for (const row of this.#store.logRows.keyframesBefore(session.session, {
      offset: position.offset,
      n: position.n + 1,
    })) {
      if (comparePositions(startOfRow(row), start) < 0) break
      if (isWhole(row)) return toKeyframe(row)
    }
    return comparePositions(start, BIRTH) === 0 ? birth(session) : undefined
  }

  /** When the bytes of the piece at `position` came; undefined where there is none. */
  timing(session_id: string, position: Position): Timing | undefined {
    const session = this.#row(session_id)
    const row = this.#store.logRows.rowAt(session.session, position)
    if (!row || comparePositions(endOfRow(row), position) <= 0 || (row.kind !== 'sealed' && row.kind !== 'tail'))
      return undefined
    return {
      position: startOfRow(row),
      end: endOfRow(row),
      runs: decodeRuns(unpackTiming(row.timing)),
      resizes: decodeResizes(row.resizes, row.offset),
    }
  }

  /** A keyframe exactly at `position`, if it is there and whole. */
  keyframeAt(session: number, position: Position): StoredKeyframe | undefined {
    for (const row of this.#store.logRows.keyframesFrom(session, position))
      return comparePositions(startOfRow(row), position) === 0 && isWhole(row) ? toKeyframe(row) : undefined
    return undefined
  }

  /** Small tail rows go together: one message for what may be hundreds of them. */
  #joined(session: SessionRow, first: LogRow): TimedReadResult {
    const stretches: LogSlice[] = [readSlice(first, this.#store.logRows.blob(first.piece))]
    let size = stretches[0]!.bytes.length
    let end = endOfRow(first)
    while (size < SEGMENT_BYTES) {
      const row = this.#store.logRows.rowAt(session.session, end)
      if (
        row?.kind !== 'tail' ||
        comparePositions(startOfRow(row), end) !== 0 ||
        row.end_offset - row.offset >= JOIN_BELOW_BYTES
      )
        break
      let stretch: LogSlice
      try {
        stretch = readSlice(row, this.#store.logRows.blob(row.piece))
      } catch {
        break // told when it is its turn
      }
      stretches.push(stretch)
      size += stretch.bytes.length
      end = endOfRow(row)
    }
    const all = joinSlices(stretches)
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

  #lost(
    session: SessionRow,
    from: Position,
    to: Position,
    reason: GapReason,
  ): Exclude<ReadResult, { kind: 'segment' }> {
    const keyframe = this.#keyframeFrom(session, to)
    return { kind: 'gap', from, to, reason, ...(keyframe && { keyframe }) }
  }

  #keyframeFrom(session: SessionRow, from: Position): StoredKeyframe | undefined {
    const isBirth = comparePositions(from, BIRTH) === 0
    for (const row of this.#store.logRows.keyframesFrom(session.session, from)) {
      // At birth every terminal is the same: empty.
      if (isBirth && comparePositions(startOfRow(row), BIRTH) > 0) break
      if (isWhole(row)) return toKeyframe(row)
    }
    return isBirth && session.start_offset === 0 && session.start_n === 0 ? birth(session) : undefined
  }

  #row(session_id: string): SessionRow {
    const row = this.#store.session(session_id)
    if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return row
  }
}

function birth(session: SessionRow): StoredKeyframe {
  const blob = zstd(new Uint8Array())
  return { position: BIRTH, cols: session.born_cols, rows: session.born_rows, size: 0, checksum: 0, blob }
}

function isWhole(row: KeyframeRow): boolean {
  return crc32(row.blob) === row.blob_checksum
}

function toKeyframe({ offset, n, blob_checksum: _, ...rest }: KeyframeRow): StoredKeyframe {
  return { position: { offset, n }, ...rest }
}

function mark({ at: _, ...resize }: LogResize & { at: number }): LogResize {
  return resize
}
