// Writes that wait for the store, in order; bounded while it cannot write.
import type { Position } from '../../../../protocol/position.ts'
import { endOfSlice, lastTimeOf } from '../../recording/log-slice.ts'
import type { Size } from '../../recording/types.ts'
import type { AppendedSlice, HistoryWrite } from './worker-protocol.ts'

/** Output that was dropped: the log continues after it. */
export interface GapWrite {
  do: 'gap'
  session_id: string
  from: Position
  to: Position
  at: number
  size: Size | undefined
}

export type Write = HistoryWrite | GapWrite

/** What may wait while the disk is full or locked: a minute of a busy build, and memory that any machine has. */
export const QUEUE_BYTES = 16 * 1024 * 1024

/** What an entry without bytes counts as, so that these are bounded too. */
const ENTRY_BYTES = 256

interface Item {
  /** Writes are numbered as they arrive, from 1. */
  number: number
  write: Write
}

export class WriteQueue {
  #items: Item[] = []
  #bytes = 0
  #lastNumber = 0
  #lostBytes = 0

  get length(): number {
    return this.#items.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Output that was dropped or given up so far. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  /** The number of the write that arrived last. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  get isGapFirst(): boolean {
    return this.#items[0]?.write.do === 'gap'
  }

  /** Whether the write with this number and all before it have left the queue. */
  isDone(number: number): boolean {
    return number < (this.#items[0]?.number ?? Number.POSITIVE_INFINITY)
  }

  push(write: Write): void {
    this.#lastNumber++
    this.#items.push({ number: this.#lastNumber, write })
    this.#bytes += costOf(write)
  }

  /** The first writes, up to `bytes` in all, but at least one. They stay until `done`. */
  first(bytes: number): Write[] {
    const writes: Write[] = []
    let sum = 0
    for (const { write } of this.#items) {
      sum += costOf(write)
      if (sum > bytes && writes.length > 0) break
      writes.push(write)
    }
    return writes
  }

  /** The first `count` are written. */
  done(count: number): void {
    for (const { write } of this.#items.splice(0, count)) this.#bytes -= costOf(write)
  }

  /** Drops the first, which can never be written. Output leaves a gap, unless that gap is what failed. */
  giveUpFirst(): void {
    const { number, write } = this.#items[0]!
    this.done(1)
    if (write.do !== 'append') return
    this.#lostBytes += write.bytes
    const gaps = write.sessions.map(slice => ({ number, write: gapOf(slice) }))
    this.#items.unshift(...gaps)
    for (const gap of gaps) this.#bytes += costOf(gap.write)
  }

  /**
   * Drops the oldest output, keyframes and seals until the rest fits, and returns the last batch that was dropped.
   * Dropped output leaves one gap for each session; sessions themselves are never dropped.
   */
  drop(): number | undefined {
    let batch: number | undefined
    let index = 0
    const kept: Item[] = []
    const gaps = new Map<string, GapWrite>()
    const updates = new Map<string, Item>()
    const addGap = (number: number, gap: GapWrite) => {
      const before = gaps.get(gap.session_id)
      if (before) {
        before.to = gap.to
        before.at = Math.max(before.at, gap.at)
        before.size = gap.size ?? before.size
        return
      }
      gaps.set(gap.session_id, gap)
      kept.push({ number, write: gap })
      this.#bytes += costOf(gap)
    }
    for (; index < this.#items.length && this.#bytes > QUEUE_BYTES; index++) {
      const item = this.#items[index]!
      const { number, write } = item
      this.#bytes -= costOf(write)
      if (write.do === 'append') {
        batch = write.batch
        this.#lostBytes += write.bytes
        for (const slice of write.sessions) addGap(number, gapOf(slice))
      } else if (write.do === 'gap') addGap(number, write)
      else if (write.do === 'insert' || write.do === 'update') {
        const before = write.do === 'update' ? updates.get(write.session.session_id) : undefined
        // Of several updates only the last counts.
        if (before) before.write = write
        else {
          kept.push(item)
          this.#bytes += costOf(write)
          if (write.do === 'update') updates.set(write.session.session_id, item)
        }
      }
    }
    if (index > 0) this.#items = [...kept, ...this.#items.slice(index)]
    return batch
  }
}

function gapOf(slice: AppendedSlice): GapWrite {
  const size = slice.resizes.at(-1)
  return {
    do: 'gap',
    session_id: slice.session_id,
    from: slice.from,
    to: endOfSlice(slice),
    at: lastTimeOf(slice),
    size: size && { cols: size.cols, rows: size.rows },
  }
}

function costOf(write: Write): number {
  switch (write.do) {
    case 'append':
      return ENTRY_BYTES + write.bytes
    case 'keyframe':
      return ENTRY_BYTES + write.keyframe.blob.length
    default:
      return ENTRY_BYTES
  }
}
