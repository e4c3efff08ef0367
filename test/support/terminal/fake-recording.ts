// A recording in memory, divided into segments as by a host, and a screen that records what the player draws.

import type { GapReason } from '../../../main/host/recording/types.ts'
import type { PlaybackChunk, SeekResult } from '../../../protocol/client/history-client.ts'
import type { SeekTarget } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { PlayerScreen, Recording } from '../../../ui/player/player.ts'

export type Entry = { at: number; text: string } | { at: number; cols: number; rows: number }

const decoder = new TextDecoder()
const encoder = new TextEncoder()

interface Segment {
  entries: Entry[]
  position: Position
  end: Position
  size: { cols: number; rows: number }
  gap?: GapReason
  keyframe: boolean
}

/** `gap`: the segment cannot be read, for this reason. `keyframe: false`: it begins without a keyframe. */
export interface SegmentOptions {
  gap?: GapReason
  keyframe?: boolean
}

export class FakeRecording implements Recording {
  readonly segments: Segment[] = []
  /** The requests in order: `seek 12`, `seek at 500`, `chunk 34`. */
  requests: string[] = []
  live = false
  /** Requests are answered when this resolves. */
  gate: Promise<void> = Promise.resolve()
  #size = { cols: 80, rows: 24 }

  add(entries: Entry[], { gap, keyframe = true }: SegmentOptions = {}): this {
    const position = this.end
    const end = { ...position }
    const size = this.#size
    for (const entry of entries) {
      if ('text' in entry) end.offset += encoder.encode(entry.text).length
      else {
        end.n++
        this.#size = { cols: entry.cols, rows: entry.rows }
      }
    }
    this.segments.push({ entries, position, end, size, keyframe, ...(gap && { gap }) })
    return this
  }

  /** Extends the last segment, as a running session does. */
  grow(entries: Entry[]): void {
    const last = this.segments.pop()!
    this.#size = last.size
    this.add([...last.entries, ...entries], { keyframe: last.keyframe })
  }

  get end(): Position {
    return this.segments.at(-1)?.end ?? { offset: 0, n: 0 }
  }

  get from(): number {
    return this.segments.find(segment => !segment.gap)?.entries[0]?.at ?? 0
  }

  get to(): number {
    return this.segments.findLast(segment => !segment.gap)?.entries.at(-1)?.at ?? 0
  }

  /** The text printed until this time. */
  textAt(at: number): string {
    return this.#texts(this.segments.flatMap(segment => segment.entries).filter(entry => entry.at <= at))
  }

  #texts(entries: Entry[]): string {
    return entries.map(entry => ('text' in entry ? entry.text : '')).join('')
  }

  async seek(target: SeekTarget): Promise<SeekResult> {
    this.requests.push(`seek ${'at' in target ? `at ${target.at}` : target.offset}`)
    await this.gate
    const readable = this.segments.filter(segment => segment.keyframe && !segment.gap)
    const isBefore = (segment: Segment) =>
      'at' in target ? (segment.entries[0]?.at ?? 0) <= target.at : segment.position.offset <= target.offset
    const found = readable.findLast(isBefore) ?? readable[0]!
    const before = this.segments.slice(0, this.segments.indexOf(found))
    return {
      position: found.position,
      at: before.at(-1)?.entries.at(-1)?.at ?? 0,
      ...found.size,
      bytes: encoder.encode(this.#texts(before.flatMap(segment => segment.entries))),
    }
  }

  readChunk = async (position: Position): Promise<PlaybackChunk> => {
    this.requests.push(`chunk ${position.offset}`)
    await this.gate
    const isBefore = (a: Position, b: Position) => (a.offset - b.offset || a.n - b.n) < 0
    const found = this.segments.find(segment => isBefore(position, segment.end))
    if (!found) return { kind: 'end', position: this.end, live: this.live }
    if (found.gap) return { kind: 'gap', from: found.position, to: found.end, reason: found.gap }
    const runs: number[] = []
    const resizes: Extract<PlaybackChunk, { kind: 'output' }>['resizes'] = []
    let { offset, n } = found.position
    for (const entry of found.entries) {
      if ('text' in entry) {
        const { length } = encoder.encode(entry.text)
        runs.push(entry.at, length)
        offset += length
      } else resizes.push({ offset, n: ++n, cols: entry.cols, rows: entry.rows, at: entry.at })
    }
    const bytes = encoder.encode(this.#texts(found.entries))
    return { kind: 'output', position: found.position, end: found.end, bytes, runs, resizes }
  }
}

/** Holds the text and size of the screen, and records each state that is drawn. */
export class FakeScreen implements PlayerScreen {
  text = ''
  size = ''
  /** The drawn states, as size and text; nothing is drawn while paused. */
  drawn: string[] = []
  #paused = false
  /** Writes are parsed when this resolves. */
  gate: Promise<void> = Promise.resolve()
  #parsed: Promise<unknown> = Promise.resolve()
  pending = 0

  reset(cols: number, rows: number): void {
    this.text = ''
    this.resize(cols, rows)
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.pending++
    this.#parsed = this.#parsed.then(() => this.gate)
    await this.#parsed
    this.pending--
    this.text += decoder.decode(bytes)
    this.#draw()
  }

  resize(cols: number, rows: number): void {
    if (this.pending > 0) throw new Error('resized before earlier output was parsed')
    this.size = `${cols}x${rows}`
    this.#draw()
  }

  pauseDrawing(paused: boolean): void {
    this.#paused = paused
    this.#draw()
  }

  #draw(): void {
    const state = `${this.size} ${this.text}`
    if (!this.#paused && this.drawn.at(-1) !== state) this.drawn.push(state)
  }
}
