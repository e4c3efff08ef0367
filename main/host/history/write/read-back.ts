// A recorded session from a keyframe to its end, as a terminal has to be fed. Knows nothing of who is fed.
import zlib from 'node:zlib'
import { CodedError } from '../../../../protocol/errors.ts'
import { BIRTH, type Position } from '../../../../protocol/position.ts'
import type { ReadResult, StoredKeyframe } from '../../recording/types.ts'
import type { History } from './history.ts'

/** `bytes` of a state or of the log, or a resize; `at` is where the log is after it. */
export type ReadBackStep = { at: Position } & (
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'resize'; cols: number; rows: number }
)

/**
 * Yields the keyframe's state, then the log after it, in order. A hole in the history is stepped over: at its keyframe
 * when there is one.
 */
export async function* readBack(
  history: History,
  session_id: string,
  keyframe: StoredKeyframe | undefined,
): AsyncGenerator<ReadBackStep> {
  let at = keyframe?.position ?? BIRTH
  if (keyframe) yield* stateOf(keyframe)
  for (;;) {
    const piece: ReadResult = await history.read(session_id, at)
    if (piece.kind === 'end') return
    if (piece.kind === 'gap') {
      if (piece.keyframe) yield* stateOf(piece.keyframe)
      const next = piece.keyframe?.position ?? piece.to
      if (next.offset === at.offset && next.n === at.n) throw new CodedError('internal', 'the history does not go on')
      at = next
      continue
    }
    yield* segmentFrom(piece, at)
    at = piece.end
  }
}

function* stateOf({ position, cols, rows, size, blob }: StoredKeyframe): Generator<ReadBackStep> {
  yield { kind: 'resize', cols, rows, at: position }
  // ESC c (RIS): what was there before belongs to another place of the log.
  yield { kind: 'bytes', bytes: Buffer.from('\x1bc'), at: position }
  yield { kind: 'bytes', bytes: zlib.zstdDecompressSync(blob, { maxOutputLength: Math.max(1, size) }), at: position }
}

function* segmentFrom(piece: Extract<ReadResult, { kind: 'segment' }>, from: Position): Generator<ReadBackStep> {
  const { position, end, resizes } = piece
  const raw = piece.compressed ? zlib.zstdDecompressSync(piece.blob, { maxOutputLength: piece.size }) : piece.blob
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
