// Reads a recorded log forward from any position, with its timing.

import type { PlaybackChunk } from '../../protocol/client/history-client.ts'
import { CodedError } from '../../protocol/errors.ts'
import { comparePositions, type Position } from '../../protocol/position.ts'

/** Reads one session's log: a HistoryClient's `readChunk`. */
export type ReadChunk = (position: Position) => Promise<PlaybackChunk>

type Output = Extract<PlaybackChunk, { kind: 'output' }>

/** How far to read: up to and including a time, up to but excluding the byte at a position, or up to the next pause. */
export type ReadLimit = { at: number } | { position: Position } | 'pause'

/** The next item of a log. */
export type LogItem =
  | { kind: 'output'; bytes: Uint8Array; at: number; end: Position }
  | { kind: 'resize'; cols: number; rows: number; at: number; end: Position }
  /** Everything up to the limit has been taken; the next item has the time `at`. */
  | { kind: 'reached'; at: number }
  | Exclude<PlaybackChunk, { kind: 'output' }>

/** A pause between two bursts of output: where stepping stops. */
export interface OutputPause {
  position: Position
  /** The time of the last item before it. */
  at: number
}

/** Silence that separates two bursts: longer than between two writes of a busy program, shorter than a glance. */
export const PAUSE_MS = 200

/** A program that never pauses is stepped through in bursts of this length. */
export const BURST_MS = 1_000

/** Chunks that are kept for seeking back and forth: about eight. */
const CACHE_BYTES = 8 * 1024 * 1024

/** Pauses that are remembered; stepping back over more starts at the keyframe again. */
const MAX_PAUSES = 20_000

interface Cursor {
  chunk: Output
  /** Bytes taken of the chunk. */
  bytes: number
  /** The index of the timing run in `runs`, which holds pairs of time and length; bytes taken of that run. */
  run: number
  runBytes: number
  /** Resizes taken. */
  resizes: number
  readAhead: boolean
}

export class RecordingReader {
  readonly #read: ReadChunk
  #cache: Output[] = []
  #cursor: Cursor | undefined
  /** A gap or the end, in place of a chunk. */
  #stop: Exclude<PlaybackChunk, { kind: 'output' }> | undefined
  #position: Position = { offset: 0, n: 0 }
  /** The time of the last item taken, and of the start of its burst. */
  #last: number | undefined
  #burstStart: number | undefined
  #pauses: OutputPause[] = []
  /** The step has taken something, so it ends at the next pause. */
  #stepped = false
  #ahead: { from: Position; chunk: Promise<PlaybackChunk> } | undefined

  constructor(read: ReadChunk) {
    this.#read = read
  }

  /** The end of what has been taken. */
  get position(): Position {
    return this.#position
  }

  /** Continues at `position`; `at`: the time of the last item before it. */
  jump(position: Position, at?: number): void {
    this.#position = position
    this.#cursor = undefined
    this.#stop = undefined
    this.#last = at
    this.#burstStart = at
    this.#pauses = []
  }

  /** The last pause before `position`, since the last jump. */
  pauseBefore(position: Position): OutputPause | undefined {
    return this.#pauses.findLast(pause => comparePositions(pause.position, position) < 0)
  }

  /** Whether `take` has something to return. */
  get loaded(): boolean {
    return this.#cursor !== undefined || this.#stop !== undefined
  }

  /** The time of the last item taken. */
  get last(): number | undefined {
    return this.#last
  }

  /** Whether the loaded chunk leads to `until`. */
  leadsTo(until: { at: number } | { position: Position }): boolean {
    const chunk = this.#cursor?.chunk
    if (!chunk) return false
    if ('position' in until)
      return comparePositions(this.#position, until.position) <= 0 && comparePositions(until.position, chunk.end) <= 0
    return (this.#last ?? Number.POSITIVE_INFINITY) <= until.at && until.at < (chunk.runs.at(-2) ?? 0)
  }

  /** Loads what `take` needs; at the end of the log, checks whether there is more by now. Rejects as reading does. */
  async load(): Promise<void> {
    if (this.#stop?.kind === 'end') this.#stop = undefined
    if (this.loaded) return
    const position = this.#position
    const cached = this.#cache.find(one => contains(one, position))
    const ahead = this.#ahead
    this.#ahead = undefined
    const read =
      cached ?? (await (ahead && comparePositions(ahead.from, position) === 0 ? ahead.chunk : this.#read(position)))
    // There was a jump in the meantime.
    if (comparePositions(this.#position, position) !== 0 || this.loaded) return
    if (read.kind === 'gap' && comparePositions(read.to, position) <= 0)
      throw new CodedError('bad_message', 'a gap ends where it begins')
    if (read.kind !== 'output') {
      this.#stop = read
      return
    }
    if (comparePositions(read.end, position) <= 0) throw new CodedError('bad_message', 'a playback chunk is empty')
    this.#remember(read)
    this.#cursor = cursorAt(read, position)
  }

  /** The next item: a resize, or as much output as belongs together. Undefined: call `load` first. */
  take(until: ReadLimit): LogItem | undefined {
    if (this.#stop) return this.#stop
    const cursor = this.#cursor
    if (!cursor) return undefined
    const { chunk } = cursor
    const resize = chunk.resizes[cursor.resizes]
    const here = chunk.position.offset + cursor.bytes
    if (resize && resize.offset <= here) {
      const end = { offset: here, n: resize.n }
      const at = Math.max(this.#last ?? 0, resize.at)
      if (isBeyond(until, at, end) || this.#notePause(at, here, until)) return { kind: 'reached', at }
      this.#stepped = until === 'pause'
      cursor.resizes++
      this.#position = end
      this.#last = at
      this.#finish(cursor)
      return { kind: 'resize', cols: resize.cols, rows: resize.rows, at, end }
    }
    return this.#takeBytes(cursor, until, resize?.offset)
  }

  /** Continues after a gap, at `position`. */
  skipGap(position: Position): void {
    const pauses = this.#pauses
    const at = this.#last
    this.jump(position, at)
    // Stepping back leads over the gap.
    this.#pauses = pauses
  }

  #takeBytes(cursor: Cursor, until: ReadLimit, before = Number.POSITIVE_INFINITY): LogItem {
    const { chunk } = cursor
    const from = cursor.bytes
    const resize = Math.min(chunk.bytes.length, before - chunk.position.offset)
    const target = until !== 'pause' && 'position' in until ? until.position.offset - chunk.position.offset : resize
    const limit = Math.min(resize, target)
    const { runs } = chunk
    while (cursor.bytes < limit) {
      // Output without timing belongs to the item before it.
      const at = Math.max(this.#last ?? 0, runs[cursor.run] ?? 0)
      if (until !== 'pause' && 'at' in until && at > until.at) break
      if (this.#notePause(at, chunk.position.offset + cursor.bytes, until)) break
      this.#stepped = until === 'pause'
      const left = (runs[cursor.run + 1] ?? Number.POSITIVE_INFINITY) - cursor.runBytes
      const size = Math.min(left, limit - cursor.bytes)
      cursor.bytes += size
      cursor.runBytes += size
      if (cursor.runBytes >= (runs[cursor.run + 1] ?? Number.POSITIVE_INFINITY)) {
        cursor.run += 2
        cursor.runBytes = 0
      }
      this.#last = at
    }
    if (cursor.bytes === from) return { kind: 'reached', at: Math.max(this.#last ?? 0, runs[cursor.run] ?? 0) }
    const end = { offset: chunk.position.offset + cursor.bytes, n: this.#position.n }
    this.#position = end
    this.#finish(cursor)
    return { kind: 'output', bytes: chunk.bytes.subarray(from, cursor.bytes), at: this.#last ?? 0, end }
  }

  /** Begins a step: it ends at the pause after the next item. */
  beginStep(): void {
    this.#stepped = false
  }

  /** Remembers the pause before the item at `at`, if there is one. Returns whether a step ends there. */
  #notePause(at: number, offset: number, until: ReadLimit): boolean {
    const { last, burstStart } = { last: this.#last, burstStart: this.#burstStart }
    if (last !== undefined && burstStart !== undefined && at - last < PAUSE_MS && at - burstStart < BURST_MS)
      return false
    if (last !== undefined) {
      const position = { offset, n: this.#position.n }
      const before = this.#pauses.at(-1)
      if (!before || comparePositions(before.position, position) < 0) this.#pauses.push({ position, at: last })
      if (this.#pauses.length > MAX_PAUSES) this.#pauses.splice(0, MAX_PAUSES / 2)
    }
    if (until === 'pause' && this.#stepped) return true
    this.#burstStart = at
    return false
  }

  /** Reads the next chunk ahead of time, and leaves one that has been taken completely. */
  #finish(cursor: Cursor): void {
    const { chunk } = cursor
    const isTaken = cursor.bytes >= chunk.bytes.length && cursor.resizes >= chunk.resizes.length
    if (cursor.bytes >= chunk.bytes.length / 2) this.#readAhead(cursor)
    if (!isTaken) return
    this.#position = chunk.end
    this.#cursor = undefined
    // The player continues with the keyframe, as after a gap. Only what is played on from here needs it.
    if (chunk.resync) this.#stop = { kind: 'gap', from: chunk.end, to: chunk.end, reason: 'unrecorded' }
  }

  #readAhead(cursor: Cursor): void {
    const from = cursor.chunk.end
    if (cursor.readAhead || this.#cache.some(one => contains(one, from))) return
    cursor.readAhead = true
    const ahead = { from, chunk: this.#read(from) }
    this.#ahead = ahead
    const drop = () => {
      if (this.#ahead === ahead) this.#ahead = undefined
    }
    // The end of the log may have moved by the time it is needed, and failed reads are tried again.
    ahead.chunk.then(read => read.kind === 'end' && drop(), drop)
  }

  #remember(chunk: Output): void {
    this.#cache = [chunk, ...this.#cache.filter(one => one !== chunk)]
    let bytes = 0
    this.#cache = this.#cache.filter((one, at) => (bytes += one.bytes.length) <= CACHE_BYTES || at === 0)
  }
}

function isBeyond(until: ReadLimit, at: number, end: Position): boolean {
  if (until === 'pause') return false
  return 'at' in until ? at > until.at : comparePositions(end, until.position) > 0
}

function contains(chunk: Output, position: Position): boolean {
  return comparePositions(chunk.position, position) <= 0 && comparePositions(position, chunk.end) < 0
}

function cursorAt(chunk: Output, position: Position): Cursor {
  const cursor: Cursor = {
    chunk,
    bytes: Math.max(0, position.offset - chunk.position.offset),
    run: 0,
    runBytes: 0,
    resizes: 0,
    readAhead: false,
  }
  let skip = cursor.bytes
  while (cursor.run < chunk.runs.length && skip >= chunk.runs[cursor.run + 1]!) {
    skip -= chunk.runs[cursor.run + 1]!
    cursor.run += 2
  }
  cursor.runBytes = skip
  while (cursor.resizes < chunk.resizes.length && chunk.resizes[cursor.resizes]!.n <= position.n) cursor.resizes++
  return cursor
}
