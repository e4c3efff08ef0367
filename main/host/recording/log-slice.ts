// A run of a log in memory, with its timing and resizes: joining, cutting, and how its timing is written down. Knows
// nothing of where it is kept.

import { cutRuns } from '../../../protocol/output-timing.ts'
import type { Position } from '../../../protocol/position.ts'
import type { LogSlice, TimedResize } from './types.ts'

/** Output that came within this long of the last is one run: no eye tells the difference, and a flood has few runs. */
export const RUN_MS = 10

/** Negative: `a` is before `b` in the log. Both numbers of a position only ever grow. */
export function comparePositions(a: Position, b: Position): number {
  return a.offset - b.offset || a.n - b.n
}

export function endOfSlice(stretch: LogSlice): Position {
  return { offset: stretch.from.offset + stretch.bytes.length, n: stretch.resizes.at(-1)?.n ?? stretch.from.n }
}

/** When its first thing happened, in milliseconds since birth. */
export function firstTimeOf({ runs, resizes }: Pick<LogSlice, 'runs' | 'resizes'>): number {
  const run = runs[0]
  const resize = resizes[0]?.at
  return Math.min(run ?? resize ?? 0, resize ?? run ?? 0)
}

/** When its last thing happened, to within RUN_MS. */
export function lastTimeOf({ runs, resizes }: Pick<LogSlice, 'runs' | 'resizes'>): number {
  return Math.max(runs.at(-2) ?? 0, resizes.at(-1)?.at ?? 0)
}

/** When the byte before `offset` came; `from` is where the runs begin. */
export function timeOf(runs: readonly number[], from: number, offset: number): number {
  let end = from
  for (let i = 0; i < runs.length; i += 2) {
    end += runs[i + 1]!
    if (end >= offset) return runs[i]!
  }
  return runs.at(-2) ?? 0
}

/** Notes that `size` bytes came at `at`. */
export function addRun(runs: number[], at: number, size: number): void {
  if (size === 0) return
  const last = runs.length - 2
  if (last >= 0 && at - runs[last]! < RUN_MS) runs[last + 1]! += size
  else runs.push(last >= 0 ? Math.max(at, runs[last]!) : at, size)
}

/** One stretch of several that follow each other without a hole. Their bytes are put into `scratch` if they fit. */
export function joinSlices(stretches: readonly LogSlice[], scratch?: Uint8Array): LogSlice {
  const first = stretches[0]!
  if (stretches.length === 1) return first
  const size = stretches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const bytes = scratch && size <= scratch.length ? scratch.subarray(0, size) : new Uint8Array(size)
  const runs: number[] = []
  const resizes: TimedResize[] = []
  let at = 0
  for (const stretch of stretches) {
    bytes.set(stretch.bytes, at)
    at += stretch.bytes.length
    for (let i = 0; i < stretch.runs.length; i += 2) addRun(runs, stretch.runs[i]!, stretch.runs[i + 1]!)
    for (const resize of stretch.resizes) resizes.push(resize)
  }
  return { from: first.from, bytes, runs, resizes }
}

/** What is before `position` and what is from there on; either may be empty. */
export function splitSlice(stretch: LogSlice, position: Position): [LogSlice, LogSlice] {
  const size = Math.min(Math.max(position.offset - stretch.from.offset, 0), stretch.bytes.length)
  const [before, after] = cutRuns(stretch.runs, size)
  const isBefore = (resize: TimedResize) => comparePositions(resize, position) <= 0
  const resizes = stretch.resizes.filter(isBefore)
  const n = resizes.at(-1)?.n ?? stretch.from.n
  return [
    { from: stretch.from, bytes: stretch.bytes.subarray(0, size), runs: before, resizes },
    {
      from: { offset: stretch.from.offset + size, n },
      bytes: stretch.bytes.subarray(size),
      runs: after,
      resizes: stretch.resizes.filter(resize => !isBefore(resize)),
    },
  ]
}

type ResizeTuple = [number, number, number, number, number]

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

/** Segments are about 1 MiB; a longer run without a seal (its keyframe came late, the host crashed) is cut to these. */
export const SEGMENT_BYTES = 1024 * 1024
