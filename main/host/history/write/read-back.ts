// A recorded session from a keyframe to its end, as a terminal has to be fed.
import { CodedError } from '../../../../protocol/errors.ts'
import { LOG_START, type Position } from '../../../../protocol/position.ts'
import { unzstd } from '../../recording/compression.ts'
import type { ReadResult, StoredKeyframe } from '../../recording/types.ts'
import type { History } from './history.ts'

/** `bytes` of a state or of the log, or a resize; `at` is the position after it. */
export type ReadBackStep = { at: Position } & (
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'resize'; cols: number; rows: number }
)

/**
 * Yields the keyframe's state, then the log after it, in order. After a gap it continues at the gap's keyframe, if there
 * is one.
 */
export async function* readBack(
  history: History,
  session_id: string,
  keyframe: StoredKeyframe | undefined,
): AsyncGenerator<ReadBackStep> {
  let at = keyframe?.position ?? LOG_START
  if (keyframe) yield* stateOf(keyframe)
  for (;;) {
    const read: ReadResult = await history.read(session_id, at)
    if (read.kind === 'end') return
    if (read.kind === 'gap') {
      if (read.keyframe) yield* stateOf(read.keyframe)
      const next = read.keyframe?.position ?? read.to
      if (next.offset === at.offset && next.n === at.n)
        throw new CodedError('store_damaged', 'the history does not advance')
      at = next
      continue
    }
    yield* segmentFrom(read, at)
    at = read.end
  }
}

function* stateOf({ position, cols, rows, size, blob }: StoredKeyframe): Generator<ReadBackStep> {
  yield { kind: 'resize', cols, rows, at: position }
  // ESC c (RIS): what the terminal showed before belongs to another position.
  yield { kind: 'bytes', bytes: Buffer.from('\x1bc'), at: position }
  yield { kind: 'bytes', bytes: inflated(blob, size), at: position }
}

function* segmentFrom(segment: Extract<ReadResult, { kind: 'segment' }>, from: Position): Generator<ReadBackStep> {
  const { position, end, resizes, compressed, blob, size } = segment
  const raw = compressed ? inflated(blob, size) : blob
  let at = Math.max(from.offset, position.offset)
  let n = from.n
  const bytesUpTo = function* (offset: number): Generator<ReadBackStep> {
    if (offset <= at) return
    const bytes = raw.subarray(at - position.offset, offset - position.offset)
    at = offset
    yield { kind: 'bytes', bytes, at: { offset, n } }
  }
  for (const resize of resizes) {
    if (resize.n <= from.n) continue
    yield* bytesUpTo(resize.offset)
    n = resize.n
    yield { kind: 'resize', cols: resize.cols, rows: resize.rows, at: { offset: at, n } }
  }
  yield* bytesUpTo(end.offset)
}

/** What is damaged below its checksum is left out. */
function inflated(blob: Uint8Array, size: number): Uint8Array {
  try {
    return unzstd(blob, size)
  } catch {
    return new Uint8Array()
  }
}
