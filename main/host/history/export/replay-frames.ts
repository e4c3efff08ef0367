// A session from one time to another, as a terminal has to be fed: the state it begins with, output, resizes, gaps.
import { CodedError } from '../../../../protocol/errors.ts'
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../../../protocol/position.ts'
import { unpack, unzstd } from '../../recording/compression.ts'
import type { GapReason, StoredKeyframe, TimedReadResult } from '../../recording/types.ts'
import type { ExportSource } from './source.ts'

/** Milliseconds since birth; left out: from the beginning, to the end. */
export interface TimeRange {
  from?: number | undefined
  to?: number | undefined
}

/** `at`: milliseconds since birth, never less than before. `offset`: where the log is after it. */
export type ReplayFrame = { at: number; offset: number } & (
  | { kind: 'state'; cols: number; rows: number; bytes: Uint8Array }
  /** `isEarly`: printed before the range begins, and only needed for the screen's state there. */
  | { kind: 'output'; bytes: Uint8Array; isEarly: boolean }
  | { kind: 'resize'; cols: number; rows: number }
  | { kind: 'gap'; bytes: number; reason: GapReason }
)

/** Output in one frame: longer frames would be a flood. */
const FRAME_BYTES = 64 * 1024

/** Holds one segment at a time. Throws `session_unknown`. */
export function* replayFrames(
  { store, reader, playback }: ExportSource,
  session_id: string,
  range: TimeRange = {},
): Generator<ReplayFrame> {
  const row = store.sessions.require(session_id)
  const begin = range.from ?? 0
  const until = range.to ?? Number.POSITIVE_INFINITY
  // Output that arrives during the export is not part of it.
  const end: Position = { offset: row.end_offset, n: row.end_n }
  const { keyframe, at } = playback.seek(session_id, range.from === undefined ? { offset: 0 } : { at: range.from })
  let clock = Math.max(at, begin)
  let position = keyframe.position
  if (position.offset > 0 && row.start_offset > 0 && range.from === undefined)
    yield { kind: 'gap', at: clock, offset: position.offset, bytes: position.offset, reason: 'trimmed' }
  yield stateOf(keyframe, clock)
  while (comparePositions(position, end) < 0) {
    const read = reader.readTimed(session_id, position)
    if (read.kind === 'end') return
    if (read.kind === 'gap') {
      const next = read.to
      if (comparePositions(next, position) <= 0) throw new CodedError('store_damaged', 'the history does not advance')
      const bytes = next.offset - position.offset
      yield { kind: 'gap', at: clock, offset: next.offset, bytes, reason: read.reason }
      if (read.keyframe && comparePositions(read.keyframe.position, next) === 0) yield stateOf(read.keyframe, clock)
      position = next
      continue
    }
    for (const frame of framesOf(read, position, begin)) {
      if (frame.offset > end.offset && frame.kind === 'output') return
      clock = Math.max(clock, frame.at)
      if (clock > until) return
      yield { ...frame, at: clock }
    }
    if (read.resync) yield stateOf(read.resync, clock)
    position = read.end
  }
}

function stateOf({ position, cols, rows, size, blob }: StoredKeyframe, at: number): ReplayFrame {
  return { kind: 'state', at, offset: position.offset, cols, rows, bytes: unzstd(blob, size) }
}

/** What a segment has after `from`, each byte and resize in its position. */
function* framesOf(
  segment: Extract<TimedReadResult, { kind: 'segment' }>,
  from: Position,
  begin: number,
): Generator<ReplayFrame> {
  const raw = unpack(segment, segment.size)
  const { timing, resizes } = segment
  let offset = segment.position.offset
  let nextResize = 0
  const dueResizes = function* (upTo: number): Generator<ReplayFrame> {
    for (let resize = resizes[nextResize]; resize && resize.offset <= upTo; resize = resizes[++nextResize])
      if (resize.n > from.n)
        yield { kind: 'resize', at: resize.at, offset: resize.offset, cols: resize.cols, rows: resize.rows }
  }
  for (let run = 0; run < timing.length; run += 2) {
    const [at, size] = [timing[run]!, timing[run + 1]!]
    const runEnd = offset + size
    while (offset < runEnd) {
      yield* dueResizes(offset)
      const next = resizes[nextResize]
      const frameEnd = Math.min(runEnd, offset + FRAME_BYTES, next && next.offset > offset ? next.offset : runEnd)
      const first = Math.max(offset, from.offset)
      if (frameEnd > first) {
        const bytes = raw.subarray(first - segment.position.offset, frameEnd - segment.position.offset)
        yield { kind: 'output', at, offset: frameEnd, bytes, isEarly: at < begin }
      }
      offset = frameEnd
    }
  }
  yield* dueResizes(Number.POSITIVE_INFINITY)
}
