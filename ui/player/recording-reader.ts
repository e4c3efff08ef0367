// A recorded log, read forwards in pieces from wherever it is wanted, with its timing. Knows no clock and no terminal.

import type { PlaybackChunk } from '../../protocol/client/history-client.ts'
import { CodedError } from '../../protocol/errors.ts'
import type { Position } from '../../protocol/position.ts'

/** Where the log comes from: a HistoryClient's `stretch`, for one session. */
export type ReadStretch = (position: Position) => Promise<PlaybackChunk>

type Output = Extract<PlaybackChunk, { kind: 'output' }>

/**
 * How far to take: up to a moment (what came at it too), up to a place (without the byte there), or up to the next
 * pause.
 */
export type ReadLimit = { at: number } | { position: Position } | 'pause'

/** The next thing of a log. */
export type LogItem =
  | { kind: 'output'; bytes: Uint8Array; at: number; end: Position }
  | { kind: 'resize'; cols: number; rows: number; at: number; end: Position }
  /** All that was asked for has been taken; what comes next came at `at`. */
  | { kind: 'reached'; at: number }
  | Exclude<PlaybackChunk, { kind: 'output' }>

/** A place between two bursts of output, where somebody would stop to look. */
export interface OutputPause {
  position: Position
  /** When the last thing before it came. */
  at: number
}

/** Silence that parts two bursts: longer than a busy program takes between two writes, shorter than a look at the screen. */
export const PAUSE_MS = 200

/** A program that never pauses is stepped through in pieces as long. */
export const BURST_MS = 1_000

/** Stretches that are kept to go back and forth in: about eight, whatever the host's are cut to. */
const KEPT_BYTES = 8 * 1024 * 1024

/** Pauses that are remembered behind the place that was read: a step back over more begins at the keyframe again. */
const MAX_PAUSES = 20_000

interface Cursor {
  stretch: Output
  /** Bytes taken of it, runs (in pairs) and bytes of the run, resizes. */
  bytes: number
  run: number
  ofRun: number
  resizes: number
  readAhead: boolean
}

export class RecordingReader {
  readonly #read: ReadStretch
  #kept: Output[] = []
  #cursor: Cursor | undefined
  /** A hole or the end, in place of a stretch. */
  #other: Exclude<PlaybackChunk, { kind: 'output' }> | undefined
  #position: Position = { offset: 0, n: 0 }
  #last: number | undefined
  #burst: number | undefined
  #pauses: OutputPause[] = []
  /** A step has taken something, so the next pause is where it ends. */
  #stepped = false
  #ahead: { from: Position; stretch: Promise<PlaybackChunk> } | undefined

  constructor(read: ReadStretch) {
    this.#read = read
  }

  /** What has been taken ends here. */
  get position(): Position {
    return this.#position
  }

  /** Goes on from there, where the log's last thing before it came at `at`. */
  jump(position: Position, at?: number): void {
    this.#position = position
    this.#cursor = undefined
    this.#other = undefined
    this.#last = at
    this.#burst = at
    this.#pauses = []
  }

  /** The last pause before where it is, since the last jump. */
  pauseBefore(position: Position): OutputPause | undefined {
    return this.#pauses.findLast(pause => compare(pause.position, position) < 0)
  }

  /** Whether `take` has something to take from. */
  get loaded(): boolean {
    return this.#cursor !== undefined || this.#other !== undefined
  }

  /** When the last thing that was taken came. */
  get last(): number | undefined {
    return this.#last
  }

  /** Whether going on from here leads to `until` without reading anything else. */
  leadsTo(until: { at: number } | { position: Position }): boolean {
    const stretch = this.#cursor?.stretch
    if (!stretch) return false
    if ('position' in until)
      return compare(this.#position, until.position) <= 0 && compare(until.position, stretch.end) <= 0
    return (this.#last ?? Number.POSITIVE_INFINITY) <= until.at && until.at < (stretch.runs.at(-2) ?? 0)
  }

  /** Makes `take` have something; at the end of the log, asks whether there is more by now. Throws what reading throws. */
  async load(): Promise<void> {
    if (this.#other?.kind === 'end') this.#other = undefined
    if (this.loaded) return
    const position = this.#position
    const kept = this.#kept.find(one => holds(one, position))
    const ahead = this.#ahead
    this.#ahead = undefined
    const read = kept ?? (await (ahead && compare(ahead.from, position) === 0 ? ahead.stretch : this.#read(position)))
    // Somebody jumped meanwhile.
    if (compare(this.#position, position) !== 0 || this.loaded) return
    if (read.kind === 'gap' && compare(read.next, position) <= 0)
      throw new CodedError('bad_message', 'a hole that leads nowhere')
    if (read.kind !== 'output') {
      this.#other = read
      return
    }
    if (compare(read.end, position) <= 0) throw new CodedError('bad_message', 'a stretch that leads nowhere')
    this.#keep(read)
    this.#cursor = cursorAt(read, position)
  }

  /** The next thing, as much of it as belongs together; undefined: it has to be loaded first. */
  take(until: ReadLimit): LogItem | undefined {
    if (this.#other) return this.#other
    const cursor = this.#cursor
    if (!cursor) return undefined
    const { stretch } = cursor
    const resize = stretch.resizes[cursor.resizes]
    const here = stretch.position.offset + cursor.bytes
    if (resize && resize.offset <= here) {
      const end = { offset: here, n: resize.n }
      const at = Math.max(this.#last ?? 0, resize.at)
      if (isBeyond(until, at, end) || this.#pausesAt(at, here, until)) return { kind: 'reached', at }
      this.#stepped = until === 'pause'
      cursor.resizes++
      this.#position = end
      this.#last = at
      this.#finish(cursor)
      return { kind: 'resize', cols: resize.cols, rows: resize.rows, at, end }
    }
    return this.#takeBytes(cursor, until, resize?.offset)
  }

  /** A hole is over: the log goes on at `position`. */
  skipHole(position: Position): void {
    const pauses = this.#pauses
    const at = this.#last
    this.jump(position, at)
    // Still places to step back to.
    this.#pauses = pauses
  }

  #takeBytes(cursor: Cursor, until: ReadLimit, before = Number.POSITIVE_INFINITY): LogItem {
    const { stretch } = cursor
    const from = cursor.bytes
    const most = Math.min(stretch.bytes.length, before - stretch.position.offset)
    const stop = until !== 'pause' && 'position' in until ? until.position.offset - stretch.position.offset : most
    const { runs } = stretch
    while (cursor.bytes < Math.min(most, stop)) {
      // What has no timing came with what was before it.
      const at = Math.max(this.#last ?? 0, runs[cursor.run] ?? 0)
      if (until !== 'pause' && 'at' in until && at > until.at) break
      if (this.#pausesAt(at, stretch.position.offset + cursor.bytes, until)) break
      this.#stepped = until === 'pause'
      const left = (runs[cursor.run + 1] ?? Number.POSITIVE_INFINITY) - cursor.ofRun
      const size = Math.min(left, Math.min(most, stop) - cursor.bytes)
      cursor.bytes += size
      cursor.ofRun += size
      if (cursor.ofRun >= (runs[cursor.run + 1] ?? Number.POSITIVE_INFINITY)) {
        cursor.run += 2
        cursor.ofRun = 0
      }
      this.#last = at
    }
    if (cursor.bytes === from) return { kind: 'reached', at: Math.max(this.#last ?? 0, runs[cursor.run] ?? 0) }
    const end = { offset: stretch.position.offset + cursor.bytes, n: this.#position.n }
    this.#position = end
    this.#finish(cursor)
    return { kind: 'output', bytes: stretch.bytes.subarray(from, cursor.bytes), at: this.#last ?? 0, end }
  }

  /** From here a step goes to the pause after the next thing. */
  beginStep(): void {
    this.#stepped = false
  }

  /** Notes the pause before what came at `at`, if there is one; true where a step ends there. */
  #pausesAt(at: number, offset: number, until: ReadLimit): boolean {
    const { last, burst } = { last: this.#last, burst: this.#burst }
    if (last !== undefined && burst !== undefined && at - last < PAUSE_MS && at - burst < BURST_MS) return false
    if (last !== undefined) {
      const position = { offset, n: this.#position.n }
      const before = this.#pauses.at(-1)
      if (!before || compare(before.position, position) < 0) this.#pauses.push({ position, at: last })
      if (this.#pauses.length > MAX_PAUSES) this.#pauses.splice(0, MAX_PAUSES / 2)
    }
    if (until === 'pause' && this.#stepped) return true
    this.#burst = at
    return false
  }

  /** Nothing is left of a stretch: the next one is wanted, and asked for before it is. */
  #finish(cursor: Cursor): void {
    const { stretch } = cursor
    const isEmpty = cursor.bytes >= stretch.bytes.length && cursor.resizes >= stretch.resizes.length
    if (cursor.bytes >= stretch.bytes.length / 2) this.#readAhead(cursor)
    if (!isEmpty) return
    this.#position = stretch.end
    this.#cursor = undefined
  }

  #readAhead(cursor: Cursor): void {
    const from = cursor.stretch.end
    if (cursor.readAhead || this.#kept.some(one => holds(one, from))) return
    cursor.readAhead = true
    const ahead = { from, stretch: this.#read(from) }
    this.#ahead = ahead
    const forget = () => {
      if (this.#ahead === ahead) this.#ahead = undefined
    }
    // Where a log ended a moment ago it may go on by now; and what failed is asked for again.
    ahead.stretch.then(read => read.kind === 'end' && forget(), forget)
  }

  #keep(stretch: Output): void {
    this.#kept = [stretch, ...this.#kept.filter(one => one !== stretch)]
    let bytes = 0
    this.#kept = this.#kept.filter((one, at) => (bytes += one.bytes.length) <= KEPT_BYTES || at === 0)
  }
}

/** Negative: `a` is before `b` in the log. */
export function compare(a: Position, b: Position): number {
  return a.offset - b.offset || a.n - b.n
}

function isBeyond(until: ReadLimit, at: number, end: Position): boolean {
  if (until === 'pause') return false
  return 'at' in until ? at > until.at : compare(end, until.position) > 0
}

function holds(stretch: Output, position: Position): boolean {
  return compare(stretch.position, position) <= 0 && compare(position, stretch.end) < 0
}

function cursorAt(stretch: Output, position: Position): Cursor {
  const cursor: Cursor = {
    stretch,
    bytes: Math.max(0, position.offset - stretch.position.offset),
    run: 0,
    ofRun: 0,
    resizes: 0,
    readAhead: false,
  }
  let skip = cursor.bytes
  while (cursor.run < stretch.runs.length && skip >= stretch.runs[cursor.run + 1]!) {
    skip -= stretch.runs[cursor.run + 1]!
    cursor.run += 2
  }
  cursor.ofRun = skip
  while (cursor.resizes < stretch.resizes.length && stretch.resizes[cursor.resizes]!.n <= position.n) cursor.resizes++
  return cursor
}
