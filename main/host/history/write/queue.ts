// Writes that wait for the store, in order; bounded while it cannot write. Knows nothing of SQL or threads.
import type { Position } from '../../../../protocol/position.ts'
import { endOfSlice, lastTimeOf } from '../../recording/log-slice.ts'
import type { AppendedSlice, ToHistory } from './worker-protocol.ts'

type Told = Extract<ToHistory, { do: 'insert' | 'update' | 'append' | 'seal' | 'keyframe' }>

/** Output that was dropped: the log goes on behind it. */
export interface Gap {
  do: 'gap'
  session_id: string
  from: Position
  to: Position
  at: number
  size: { cols: number; rows: number } | undefined
}

export type Write = Told | Gap

/** What waits while the disk is full or locked: a minute of a busy build, and memory that any machine has. */
export const QUEUE_BYTES = 16 * 1024 * 1024

/** What an entry without bytes counts for, so that these are bounded too. */
const ENTRY_BYTES = 256

interface Item {
  /** Writes are numbered as they come, from 1. */
  number: number
  write: Write
}

export class WriteQueue {
  #items: Item[] = []
  #bytes = 0
  #last = 0

  get length(): number {
    return this.#items.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The number of the last write that came. */
  get last(): number {
    return this.#last
  }

  /** The first is what is left of output that was given up. */
  get gapFirst(): boolean {
    return this.#items[0]?.write.do === 'gap'
  }

  /** Whether the write with this number and all before it are done with. */
  isDone(number: number): boolean {
    return number < (this.#items[0]?.number ?? Number.POSITIVE_INFINITY)
  }

  push(write: Write): void {
    this.#last++
    this.#items.push({ number: this.#last, write })
    this.#bytes += cost(write)
  }

  /** The first writes, as many as are `bytes` together, but at least one. They stay until `done`. */
  first(bytes: number): Write[] {
    const writes: Write[] = []
    let sum = 0
    for (const { write } of this.#items) {
      sum += cost(write)
      if (sum > bytes && writes.length > 0) break
      writes.push(write)
    }
    return writes
  }

  /** The first `count` are written. */
  done(count: number): void {
    for (const { write } of this.#items.splice(0, count)) this.#bytes -= cost(write)
  }

  /** The first cannot be written whatever is tried. Of output remains that there was some, unless that is what failed. */
  giveUpFirst(): void {
    const { number, write } = this.#items[0]!
    this.done(1)
    if (write.do !== 'append') return
    const gaps = write.sessions.map(part => ({ number, write: gapOf(part) }))
    this.#items.unshift(...gaps)
    for (const gap of gaps) this.#bytes += cost(gap.write)
  }

  /**
   * Drops the oldest output, keyframes and seals until what waits fits, and returns the last batch that was dropped.
   * Of output remains one gap for each session; sessions themselves are never dropped.
   */
  drop(): number | undefined {
    let batch: number | undefined
    let index = 0
    const kept: Item[] = []
    const gaps = new Map<string, Gap>()
    const updates = new Map<string, Item>()
    const addGap = (number: number, gap: Gap) => {
      const before = gaps.get(gap.session_id)
      if (before) {
        before.to = gap.to
        before.at = Math.max(before.at, gap.at)
        before.size = gap.size ?? before.size
        return
      }
      gaps.set(gap.session_id, gap)
      kept.push({ number, write: gap })
      this.#bytes += cost(gap)
    }
    for (; index < this.#items.length && this.#bytes > QUEUE_BYTES; index++) {
      const item = this.#items[index]!
      const { number, write } = item
      this.#bytes -= cost(write)
      if (write.do === 'append') {
        batch = write.batch
        for (const part of write.sessions) addGap(number, gapOf(part))
      } else if (write.do === 'gap') addGap(number, write)
      else if (write.do === 'insert' || write.do === 'update') {
        const before = write.do === 'update' ? updates.get(write.session.session_id) : undefined
        // Of several updates only the last counts.
        if (before) before.write = write
        else {
          kept.push(item)
          this.#bytes += cost(write)
          if (write.do === 'update') updates.set(write.session.session_id, item)
        }
      }
    }
    if (index > 0) this.#items = [...kept, ...this.#items.slice(index)]
    return batch
  }
}

function gapOf(part: AppendedSlice): Gap {
  const size = part.resizes.at(-1)
  return {
    do: 'gap',
    session_id: part.session_id,
    from: part.from,
    to: endOfSlice(part),
    at: lastTimeOf(part),
    size: size && { cols: size.cols, rows: size.rows },
  }
}

function cost(write: Write): number {
  switch (write.do) {
    case 'append':
      return ENTRY_BYTES + write.bytes
    case 'keyframe':
      return ENTRY_BYTES + write.keyframe.blob.length
    default:
      return ENTRY_BYTES
  }
}
