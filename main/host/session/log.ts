// The recent end of a session's log, in memory: output batches and resizes in order. Knows nothing of who reads it.
import { BIRTH, type Position } from '../../../protocol/position.ts'
import { zstd } from '../recording/compression.ts'

export type LogEntry = OutputEntry | ResizeEntry

export interface OutputEntry {
  kind: 'output'
  /** Where its first byte is. */
  offset: number
  bytes: Uint8Array
  /** One zstd frame of `bytes`, made when first asked for; null: it does not get smaller. */
  compressed?: Uint8Array | null
}

export interface ResizeEntry {
  kind: 'resize'
  offset: number
  /** The number of this resize, counted from 1. */
  n: number
  cols: number
  rows: number
}

/** What a reader that is not far behind finds without the store: four windows of a client. */
export const TAIL_BYTES = 4 * 1024 * 1024

/** Entries cost memory of their own: an hour of typing is this many, and more are dropped from the front. */
const TAIL_ENTRIES = 16_384

/** Below this a zstd frame is hardly smaller and not worth its CPU: most echoes and prompts. */
const COMPRESS_FROM_BYTES = 512

export class SessionLog {
  #entries: LogEntry[] = []
  /** The index of #entries[0], counted from birth; cursors are such indexes. */
  #first = 0
  #start: Position
  #end: Position
  #bytes = 0

  /** `birth`: where it begins; for a session that ended, where it ended. */
  constructor(birth: Position = BIRTH) {
    this.#start = birth
    this.#end = birth
  }

  /** The earliest position that can be read. */
  get start(): Position {
    return this.#start
  }

  get end(): Position {
    return this.#end
  }

  /** The index that the next entry will have. */
  get endIndex(): number {
    return this.#first + this.#entries.length
  }

  append(bytes: Uint8Array): OutputEntry {
    const entry: OutputEntry = { kind: 'output', offset: this.#end.offset, bytes }
    this.#entries.push(entry)
    this.#bytes += bytes.length
    this.#end = { offset: this.#end.offset + bytes.length, n: this.#end.n }
    return entry
  }

  appendResize(cols: number, rows: number): ResizeEntry {
    const entry: ResizeEntry = { kind: 'resize', offset: this.#end.offset, n: this.#end.n + 1, cols, rows }
    this.#entries.push(entry)
    this.#end = { offset: this.#end.offset, n: entry.n }
    return entry
  }

  /** The entry with this index; undefined when it is not there (yet, or any more). */
  at(index: number): LogEntry | undefined {
    return this.#entries[index - this.#first]
  }

  has(index: number): boolean {
    return index >= this.#first && index <= this.endIndex
  }

  /** The index of the first entry that is not wholly before `position`; undefined when that was dropped. */
  find(position: Position): number | undefined {
    if (position.offset < this.#start.offset || position.n < this.#start.n) return undefined
    if (position.offset > this.#end.offset || position.n > this.#end.n) return undefined
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(this.#entries[middle]!, position)) low = middle + 1
      else high = middle
    }
    return this.#first + low
  }

  /** Drops from the front what is over the bounds, but nothing from `keep` on. */
  trim(keep: Position): void {
    let count = 0
    while (count < this.#entries.length) {
      if (this.#bytes <= TAIL_BYTES && this.#entries.length - count <= TAIL_ENTRIES) break
      const entry = this.#entries[count]!
      if (!isBefore(entry, keep)) break
      if (entry.kind === 'output') {
        this.#bytes -= entry.bytes.length
        this.#start = { offset: entry.offset + entry.bytes.length, n: this.#start.n }
      } else this.#start = { offset: this.#start.offset, n: entry.n }
      count++
    }
    if (count === 0) return
    this.#entries.splice(0, count)
    this.#first += count
  }
}

function isBefore(entry: LogEntry, position: Position): boolean {
  return entry.kind === 'output' ? entry.offset + entry.bytes.length <= position.offset : entry.n <= position.n
}

/** The batch as one zstd frame, or undefined when that does not pay. */
export function compressed(entry: OutputEntry): Uint8Array | undefined {
  if (entry.compressed === undefined) {
    entry.compressed = null
    if (entry.bytes.length >= COMPRESS_FROM_BYTES) {
      const small = zstd(entry.bytes)
      if (small.length < entry.bytes.length * 0.9) entry.compressed = small
    }
  }
  return entry.compressed ?? undefined
}
