// What a player is fed: the state at a moment, and the log from there piece by piece with its timing. Knows nothing of
// threads or of who plays.
import { CodedError } from '../../../../protocol/errors.ts'
import type { SeekTarget } from '../../../../protocol/messages.ts'
import { decodeRuns, encodeRuns } from '../../../../protocol/output-timing.ts'
import { BIRTH, type Position } from '../../../../protocol/position.ts'
import { crc32, pack, zstd } from '../../recording/compression.ts'
import { decodeResizes, lastTimeOf, timeOf } from '../../recording/log-slice.ts'
import type { GapReason, StoredKeyframe, TimedResize } from '../../recording/types.ts'
import { unpackTiming } from '../../store/row-codec.ts'
import type { SessionRow, Store } from '../../store/store.ts'
import type { LogReader } from './reader.ts'

export class Playback {
  readonly #store: Store
  readonly #reader: LogReader

  constructor(store: Store, reader: LogReader) {
    this.#store = store
    this.#reader = reader
  }

  /**
   * The last state at or before a place, the first after it where there is none before, and an empty screen at the
   * beginning where there is none at all. Throws `session_unknown`, like the others.
   */
  seek(session_id: string, resolve: SeekTarget): SeekResult {
    const session = this.#row(session_id)
    const keyframe =
      this.#reader.lastKeyframe(session_id, this.#before(session, resolve)) ??
      this.#reader.startingPoint(session_id, 0) ??
      this.#blank(session)
    return { keyframe, at: this.#timeAt(session, keyframe.position) }
  }

  /** What follows a position; a piece may begin before it. */
  chunkAt(session_id: string, position: Position): PlaybackChunk {
    const piece = this.#reader.readTimed(session_id, position)
    switch (piece.kind) {
      case 'end':
        return piece
      case 'gap': {
        const { from, to, reason, keyframe } = piece
        return { kind: 'gap', from, to, next: keyframe?.position ?? to, reason }
      }
      case 'segment': {
        const { end, size, checksum, compressed, blob, timing, resizes } = piece
        const output = { size, checksum, compressed, blob }
        return { kind: 'output', position: piece.position, end, timing: sent(encodeRuns(timing)), output, resizes }
      }
    }
  }

  /** The same place by the log and by the clock. */
  place(session_id: string, place: SeekTarget): SeekPoint {
    const session = this.#row(session_id)
    if ('offset' in place) {
      const offset = Math.min(Math.max(place.offset, session.start_offset), session.end_offset)
      return { offset, at: this.#timeAt(session, { offset, n: session.end_n }) }
    }
    const row = this.#store.logRows.rowAtTime(session.session, place.at)
    if (!row) return { offset: session.start_offset, at: place.at }
    const runs = runsOf(row.timing)
    let offset = row.offset
    for (let i = 0; i < runs.length && runs[i]! <= place.at; i += 2) offset += runs[i + 1]!
    return { offset, at: place.at }
  }

  /** Where the last keyframe may stand. */
  #before(session: SessionRow, place: SeekTarget): Position {
    if ('offset' in place) return { offset: place.offset, n: Number.MAX_SAFE_INTEGER }
    // Keyframes stand where pieces begin; one that stands at the end of a piece is as late as that.
    const row = this.#store.logRows.rowAtTime(session.session, place.at)
    return row ? { offset: row.offset, n: row.n } : BIRTH
  }

  #timeAt(session: SessionRow, position: Position): number {
    if (position.offset === 0) return 0
    const row = this.#store.logRows.rowAt(session.session, { offset: position.offset - 1, n: Number.MAX_SAFE_INTEGER })
    if (!row) return this.#store.logRows.rowAfter(session.session, position)?.at ?? 0
    const runs = runsOf(row.timing)
    if (row.end_offset >= position.offset) return runs.length > 0 ? timeOf(runs, row.offset, position.offset) : row.at
    return Math.max(row.at, lastTimeOf({ runs, resizes: decodeResizes(row.resizes, row.offset) }))
  }

  /** No state is left: what is there is drawn on an empty screen. */
  #blank(session: SessionRow): SeekResult['keyframe'] {
    const position = { offset: session.start_offset, n: session.start_n }
    const { resizes, born } = this.#store.logRows.sizesBefore(session.session, position)
    const { cols, rows } = decodeResizes(resizes, 0).at(-1) ?? born
    return { position, cols, rows, size: 0, checksum: 0, blob: zstd(new Uint8Array()) }
  }

  #row(session_id: string): SessionRow {
    const row = this.#store.session(session_id)
    if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return row
  }
}

function sent(bytes: Uint8Array): SentBlob {
  return { size: bytes.length, checksum: crc32(bytes), ...pack(bytes) }
}

function runsOf(timing: Uint8Array): number[] {
  try {
    return decodeRuns(unpackTiming(timing))
  } catch {
    return []
  }
}

/** A keyframe and its moment, in milliseconds since birth. */
export interface SeekResult {
  keyframe: StoredKeyframe
  at: number
}

/** A blob as it travels: as one zstd frame, or as it is. */
export interface SentBlob {
  size: number
  checksum: number
  compressed: boolean
  blob: Uint8Array
}

export type PlaybackChunk =
  | {
      kind: 'output'
      position: Position
      end: Position
      /** What encodeRuns made. */
      timing: SentBlob
      output: SentBlob
      resizes: TimedResize[]
    }
  | { kind: 'gap'; from: Position; to: Position; next: Position; reason: GapReason }
  | { kind: 'end'; position: Position }

/** A place by the log and by the clock. */
export interface SeekPoint {
  offset: number
  at: number
}
