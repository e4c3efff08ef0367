// A session from one moment to another, as a terminal has to be fed: the state it begins with, output, resizes, holes.
// Holds one piece of it at a time. Knows nothing of formats.
import { CodedError } from '../../../../protocol/errors.ts'
import type { Position } from '../../../../protocol/position.ts'
import { unpack, unzstd } from '../../recording/compression.ts'
import { comparePositions } from '../../recording/log-slice.ts'
import type { GapReason, StoredKeyframe, TimedReadResult } from '../../recording/types.ts'
import type { Store } from '../../store/store.ts'
import type { Playback } from '../playback/playback.ts'
import type { LogReader } from '../playback/reader.ts'

export interface TimeRange {
  /** Milliseconds since birth. */
  from?: number | undefined
  to?: number | undefined
}

/** `at`: milliseconds since birth, never less than before. `offset`: how far the log has come with it. */
export type ReplayFrame = { at: number; offset: number } & (
  | { kind: 'state'; cols: number; rows: number; bytes: Uint8Array }
  /** `early`: printed before the span begins, only to have its beginning right. */
  | { kind: 'output'; bytes: Uint8Array; early: boolean }
  | { kind: 'resize'; cols: number; rows: number }
  | { kind: 'gap'; bytes: number; reason: GapReason }
)

/** Output in one frame: what is longer is a flood. */
const FRAME_BYTES = 64 * 1024

export function* replayFrames(
  store: Store,
  reader: LogReader,
  playback: Playback,
  session_id: string,
  span: TimeRange = {},
): Generator<ReplayFrame> {
  const row = store.session(session_id)
  if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
  const begin = span.from ?? 0
  const until = span.to ?? Number.POSITIVE_INFINITY
  // What comes while it is being exported is not part of it.
  const end: Position = { offset: row.end_offset, n: row.end_n }
  const { keyframe, at } = playback.seek(session_id, span.from === undefined ? { offset: 0 } : { at: span.from })
  let clock = Math.max(at, begin)
  let position = keyframe.position
  if (position.offset > 0 && row.start_offset > 0 && span.from === undefined)
    yield { kind: 'gap', at: clock, offset: position.offset, bytes: position.offset, reason: 'trimmed' }
  yield stateOf(keyframe, clock)
  while (comparePositions(position, end) < 0) {
    const piece = reader.readTimed(session_id, position)
    if (piece.kind === 'end') return
    if (piece.kind === 'gap') {
      const next = piece.keyframe?.position ?? piece.to
      if (comparePositions(next, position) <= 0) throw new CodedError('internal', 'the history does not go on')
      const bytes = next.offset - position.offset
      yield { kind: 'gap', at: clock, offset: next.offset, bytes, reason: piece.reason }
      if (piece.keyframe) yield stateOf(piece.keyframe, clock)
      position = next
      continue
    }
    for (const frame of framesOf(piece, position, begin)) {
      if (frame.offset > end.offset && frame.kind === 'output') return
      clock = Math.max(clock, frame.at)
      if (clock > until) return
      yield { ...frame, at: clock }
    }
    position = piece.end
  }
}

function stateOf({ position, cols, rows, size, blob }: StoredKeyframe, at: number): ReplayFrame {
  return { kind: 'state', at, offset: position.offset, cols, rows, bytes: unzstd(blob, size) }
}

/** What of a piece is behind `from`, each byte and resize in its place. */
function* framesOf(
  piece: Extract<TimedReadResult, { kind: 'segment' }>,
  from: Position,
  begin: number,
): Generator<ReplayFrame> {
  const raw = unpack(piece, piece.size)
  const { timing, resizes } = piece
  let offset = piece.position.offset
  let nextResize = 0
  const due = function* (upTo: number): Generator<ReplayFrame> {
    for (let resize = resizes[nextResize]; resize && resize.offset <= upTo; resize = resizes[++nextResize])
      if (resize.n > from.n)
        yield { kind: 'resize', at: resize.at, offset: resize.offset, cols: resize.cols, rows: resize.rows }
  }
  for (let run = 0; run < timing.length; run += 2) {
    const [at, size] = [timing[run]!, timing[run + 1]!]
    const runEnd = offset + size
    while (offset < runEnd) {
      yield* due(offset)
      const next = resizes[nextResize]
      const cut = Math.min(runEnd, offset + FRAME_BYTES, next && next.offset > offset ? next.offset : runEnd)
      const first = Math.max(offset, from.offset)
      if (cut > first) {
        const bytes = raw.subarray(first - piece.position.offset, cut - piece.position.offset)
        yield { kind: 'output', at, offset: cut, bytes, early: at < begin }
      }
      offset = cut
    }
  }
  yield* due(Number.POSITIVE_INFINITY)
}
