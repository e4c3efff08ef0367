// The tail of a session's log, in memory: output batches and resizes in order.
import { LOG_START, type Position } from '../../../protocol/position.ts'
import { zstd } from '../recording/compression.ts'

export type LogEntry = OutputEntry | ResizeEntry

export interface OutputEntry {
  kind: 'output'
  /** The offset of its first byte. */
  offset: number
  bytes: Uint8Array
  /** `bytes` as one zstd frame, made when first used; null: compression does not pay. */
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

/** Four windows of a client: one that is not further behind needs nothing from the store. */
export const TAIL_BYTES = 4 * 1024 * 1024

/**
 * Entries cost memory of their own, some 400 bytes each. A quarter of an hour of typing is this many; more are dropped from the
 * front, and read from the store by the few clients that come back later.
 */
const TAIL_ENTRIES = 4_096

/** Below this a zstd frame is hardly smaller and not worth its CPU time: most echoes and prompts. */
const MIN_COMPRESS_BYTES = 512

/**
 * Dropped entries leave their places in the array, which are removed together when they are this many and half of it. Removing
 * them at each append would move all that follow: 90 to 130 µs with a full tail.
 */
const MIN_REMOVED = 256

export class SessionLog {
  /** The first #dropped places are empty. */
  #entries: (LogEntry | undefined)[] = []
  #dropped = 0
  /** The index of #entries[0], counted from the session's first entry; cursors are such indexes. */
  #first = 0
  #start: Position
  #end: Position
  #bytes = 0

  /** `start`: the position of the first entry; of a recorded session its end, because the log in memory is empty. */
  constructor(start: Position = LOG_START) {
    this.#start = start
    this.#end = start
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

  /** The entry with this index; undefined: it was dropped, or does not exist yet. */
  at(index: number): LogEntry | undefined {
    return this.#entries[index - this.#first]
  }

  has(index: number): boolean {
    return index >= this.#first + this.#dropped && index <= this.endIndex
  }

  /** The index of the first entry that does not end before `position`; undefined: it was dropped. */
  find(position: Position): number | undefined {
    if (position.offset < this.#start.offset || position.n < this.#start.n) return undefined
    if (position.offset > this.#end.offset || position.n > this.#end.n) return undefined
    let low = this.#dropped
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(this.#entries[middle]!, position)) low = middle + 1
      else high = middle
    }
    return this.#first + low
  }

  /** All entries that do not end before `position`, which must not have been dropped. */
  entriesFrom(position: Position): LogEntry[] {
    const from = this.find(position)
    return from === undefined ? [] : (this.#entries.slice(from - this.#first) as LogEntry[])
  }

  /** Drops entries from the front until the bounds are met, but none from `keep` on. */
  trim(keep: Position): void {
    const entries = this.#entries
    while (this.#dropped < entries.length) {
      if (this.#bytes <= TAIL_BYTES && entries.length - this.#dropped <= TAIL_ENTRIES) break
      const entry = entries[this.#dropped]!
      if (!isBefore(entry, keep)) break
      if (entry.kind === 'output') {
        this.#bytes -= entry.bytes.length
        this.#start = { offset: entry.offset + entry.bytes.length, n: this.#start.n }
      } else this.#start = { offset: this.#start.offset, n: entry.n }
      entries[this.#dropped++] = undefined
    }
    if (this.#dropped < MIN_REMOVED || this.#dropped * 2 < entries.length) return
    entries.splice(0, this.#dropped)
    this.#first += this.#dropped
    this.#dropped = 0
  }
}

function isBefore(entry: LogEntry, position: Position): boolean {
  return entry.kind === 'output' ? entry.offset + entry.bytes.length <= position.offset : entry.n <= position.n
}

/** The batch as one zstd frame; undefined: compression does not pay. */
export function compressed(entry: OutputEntry): Uint8Array | undefined {
  if (entry.compressed === undefined) {
    entry.compressed = null
    if (entry.bytes.length >= MIN_COMPRESS_BYTES) {
      const small = zstd(entry.bytes)
      if (small.length < entry.bytes.length * 0.9) entry.compressed = small
    }
  }
  return entry.compressed ?? undefined
}
