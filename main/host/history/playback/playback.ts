// What a player is fed: the state at a point of a recording, and the log from there chunk by chunk with its timing.
import type { SeekTarget } from '../../../../protocol/messages.ts'
import { encodeRuns } from '../../../../protocol/output-timing.ts'
import { LOG_START, type Position } from '../../../../protocol/position.ts'
import { crc32, pack, zstd } from '../../recording/compression.ts'
import { decodeResizes, lastTimeOf, timeOf } from '../../recording/log-slice.ts'
import type { GapReason, StoredKeyframe, TimedResize } from '../../recording/types.ts'
import { runsOfRow } from '../../store/row-codec.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import type { LogReader } from './reader.ts'

/** A keyframe and its time, in milliseconds since birth. */
export interface SeekResult {
  keyframe: StoredKeyframe
  at: number
}

/** A blob as it is sent: as one zstd frame, or as it is. */
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
      /** What `encodeRuns` makes. */
      timing: SentBlob
      output: SentBlob
      resizes: TimedResize[]
      /** At its end there is a keyframe to continue with: what was printed does not lead to that state. */
      resync?: true
    }
  | { kind: 'gap'; from: Position; to: Position; reason: GapReason }
  | { kind: 'end'; position: Position }

/** A point in a recording, by its offset and its time (milliseconds since birth). */
export interface SeekPoint {
  offset: number
  at: number
}

/** Everything here throws `session_unknown`. */
export class Playback {
  readonly #store: Store
  readonly #reader: LogReader

  constructor(store: Store, reader: LogReader) {
    this.#store = store
    this.#reader = reader
  }

  /**
   * The last keyframe at or before a target; the first after it where there is none before, and an empty screen at the
   * beginning where there is none at all.
   */
  seek(session_id: string, target: SeekTarget): SeekResult {
    const session = this.#store.sessions.require(session_id)
    const keyframe =
      this.#reader.lastKeyframe(session_id, this.#lastPosition(session, target)) ??
      this.#reader.startingPoint(session_id, 0) ??
      this.#emptyScreen(session)
    return { keyframe, at: this.#timeAt(session, keyframe.position) }
  }

  /** What follows a position; the chunk may begin before it. */
  chunkAt(session_id: string, position: Position): PlaybackChunk {
    const read = this.#reader.readTimed(session_id, position)
    switch (read.kind) {
      case 'end':
        return read
      case 'gap': {
        const { from, to, reason } = read
        return { kind: 'gap', from, to, reason }
      }
      case 'segment': {
        const { end, size, checksum, compressed, blob, timing, resizes, resync } = read
        const output = { size, checksum, compressed, blob }
        const sent = { position: read.position, end, timing: sentBlob(encodeRuns(timing)), output, resizes }
        return { kind: 'output', ...sent, ...(resync && { resync: true }) }
      }
    }
  }

  /** A target by its offset and its time. */
  resolve(session_id: string, target: SeekTarget): SeekPoint {
    const session = this.#store.sessions.require(session_id)
    if ('offset' in target) {
      const offset = Math.min(Math.max(target.offset, session.start_offset), session.end_offset)
      return { offset, at: this.#timeAt(session, { offset, n: session.end_n }) }
    }
    const row = this.#store.logRows.rowAtTime(session.session, target.at)
    if (!row) return { offset: session.start_offset, at: target.at }
    const runs = runsOfRow(row)
    let offset = row.offset
    for (let i = 0; i < runs.length && runs[i]! <= target.at; i += 2) offset += runs[i + 1]!
    return { offset, at: target.at }
  }

  /** The last position at which a keyframe for the target may be. */
  #lastPosition(session: SessionRow, target: SeekTarget): Position {
    if ('offset' in target) return { offset: target.offset, n: Number.MAX_SAFE_INTEGER }
    // Keyframes are where rows begin; one at the end of a row is as late as that.
    const row = this.#store.logRows.rowAtTime(session.session, target.at)
    return row ? { offset: row.offset, n: row.n } : LOG_START
  }

  #timeAt(session: SessionRow, position: Position): number {
    if (position.offset === 0) return 0
    const row = this.#store.logRows.rowAt(session.session, { offset: position.offset - 1, n: Number.MAX_SAFE_INTEGER })
    if (!row) return this.#store.logRows.rowAfter(session.session, position)?.at ?? 0
    const runs = runsOfRow(row)
    if (row.end_offset >= position.offset) return runs.length > 0 ? timeOf(runs, row.offset, position.offset) : row.at
    return Math.max(row.at, lastTimeOf({ runs, resizes: decodeResizes(row.resizes, row.offset) }))
  }

  /** No keyframe is left: what is stored is drawn on an empty screen. */
  #emptyScreen(session: SessionRow): StoredKeyframe {
    const position = { offset: session.start_offset, n: session.start_n }
    const { resizes, born } = this.#store.logRows.sizesBefore(session.session, position)
    const { cols, rows } = decodeResizes(resizes, 0).at(-1) ?? born
    return { position, cols, rows, size: 0, checksum: 0, blob: zstd(new Uint8Array()) }
  }
}

function sentBlob(bytes: Uint8Array): SentBlob {
  return { size: bytes.length, checksum: crc32(bytes), ...pack(bytes) }
}
