// Slices of a log: joining, splitting, and how their timing and resizes are encoded.
import { cutRuns } from '../../../protocol/output-timing.ts'
import type { Position } from '../../../protocol/position.ts'
import { comparePositions } from '../../../protocol/position.ts'
import type { LogSlice, TimedResize } from './types.ts'

/** Segments are about this long; a longer slice without a seal (its keyframe was late, the host crashed) is split. */
export const SEGMENT_BYTES = 1024 * 1024

/** Output that arrives within this time of the last is one run: no eye sees the difference, and a flood has few runs. */
const RUN_MS = 10

export function endOfSlice(slice: LogSlice): Position {
  return { offset: slice.from.offset + slice.bytes.length, n: slice.resizes.at(-1)?.n ?? slice.from.n }
}

/** When its first event happened, in milliseconds since birth. */
export function firstTimeOf({ runs, resizes }: Pick<LogSlice, 'runs' | 'resizes'>): number {
  const run = runs[0]
  const resize = resizes[0]?.at
  return Math.min(run ?? resize ?? 0, resize ?? run ?? 0)
}

/** When its last event happened, to within RUN_MS. */
export function lastTimeOf({ runs, resizes }: Pick<LogSlice, 'runs' | 'resizes'>): number {
  return Math.max(runs.at(-2) ?? 0, resizes.at(-1)?.at ?? 0)
}

/** When the byte before `offset` arrived; `from` is the offset at which the runs begin. */
export function timeOf(runs: readonly number[], from: number, offset: number): number {
  let end = from
  for (let i = 0; i < runs.length; i += 2) {
    end += runs[i + 1]!
    if (end >= offset) return runs[i]!
  }
  return runs.at(-2) ?? 0
}

/** Adds `size` bytes that arrived at `at`. */
export function addRun(runs: number[], at: number, size: number): void {
  if (size === 0) return
  const last = runs.length - 2
  if (last >= 0 && at - runs[last]! < RUN_MS) runs[last + 1]! += size
  else runs.push(last >= 0 ? Math.max(at, runs[last]!) : at, size)
}

/** One slice of several that follow each other without a gap. Their bytes are copied to `scratch` if they fit. */
export function joinSlices(slices: readonly LogSlice[], scratch?: Uint8Array): LogSlice {
  const first = slices[0]!
  if (slices.length === 1) return first
  const size = slices.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const bytes = scratch && size <= scratch.length ? scratch.subarray(0, size) : new Uint8Array(size)
  const runs: number[] = []
  const resizes: TimedResize[] = []
  let at = 0
  for (const slice of slices) {
    bytes.set(slice.bytes, at)
    at += slice.bytes.length
    for (let i = 0; i < slice.runs.length; i += 2) addRun(runs, slice.runs[i]!, slice.runs[i + 1]!)
    for (const resize of slice.resizes) resizes.push(resize)
  }
  return { from: first.from, bytes, runs, resizes }
}

/** What is before `position` and what follows it; either may be empty. */
export function splitSlice(slice: LogSlice, position: Position): [LogSlice, LogSlice] {
  const size = Math.min(Math.max(position.offset - slice.from.offset, 0), slice.bytes.length)
  const [before, after] = cutRuns(slice.runs, size)
  const isBefore = (resize: TimedResize) => comparePositions(resize, position) <= 0
  const resizes = slice.resizes.filter(isBefore)
  const n = resizes.at(-1)?.n ?? slice.from.n
  return [
    { from: slice.from, bytes: slice.bytes.subarray(0, size), runs: before, resizes },
    {
      from: { offset: slice.from.offset + size, n },
      bytes: slice.bytes.subarray(size),
      runs: after,
      resizes: slice.resizes.filter(resize => !isBefore(resize)),
    },
  ]
}

type ResizeTuple = [distance: number, n: number, cols: number, rows: number, at: number]

/** JSON of the resizes, with offsets as distances from the beginning of the slice. */
export function encodeResizes({ from, resizes }: LogSlice): string | null {
  if (resizes.length === 0) return null
  const tuples = resizes.map(({ offset, n, cols, rows, at }): ResizeTuple => [offset - from.offset, n, cols, rows, at])
  return JSON.stringify(tuples)
}

export function decodeResizes(json: string | null, from: number): TimedResize[] {
  if (json === null) return []
  return (JSON.parse(json) as ResizeTuple[]).map(([distance, n, cols, rows, at]) => ({
    offset: from + distance,
    n,
    cols,
    rows,
    at,
  }))
}
