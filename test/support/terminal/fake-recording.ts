// A recording in memory, divided into chunks as by a host, and a screen that remembers what is played.

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

/** How a chunk of a tape is recorded; `lost`: it is a gap; `keyframe: false`: it begins without a keyframe. */
export interface SegmentOptions {
  gap?: GapReason
  keyframe?: boolean
}

export class FakeRecording implements Recording {
  readonly segments: Segment[] = []
  /** The requests in order: `seek 12`, `chunk 34`. */
  requests: string[] = []
  live = false
  /** Requests are answered when this resolves. */
  gate: Promise<void> = Promise.resolve()
  #size = { cols: 80, rows: 24 }

  add(entries: Entry[], { gap: lost, keyframe = true }: SegmentOptions = {}): this {
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
    this.segments.push({ entries, position, end, size, keyframe, ...(lost && { gap: lost }) })
    return this
  }

  /** Extends the last chunk, as a running session does. */
  grow(entries: Entry[]): void {
    const last = this.segments.pop()!
    this.#size = last.size
    this.add([...last.entries, ...entries], { keyframe: last.keyframe })
  }

  get end(): Position {
    return this.segments.at(-1)?.end ?? { offset: 0, n: 0 }
  }

  get from(): number {
    return this.segments.find(one => !one.gap)?.entries[0]?.at ?? 0
  }

  get to(): number {
    return this.segments.findLast(one => !one.gap)?.entries.at(-1)?.at ?? 0
  }

  /** Everything printed by that time except gaps, as on the screen. */
  textAt(at: number): string {
    return this.#texts(this.segments.flatMap(one => one.entries).filter(entry => entry.at <= at))
  }

  #texts(entries: Entry[]): string {
    return entries.map(entry => ('text' in entry ? entry.text : '')).join('')
  }

  async seek(place: SeekTarget): Promise<SeekResult> {
    this.requests.push(`seek ${'at' in place ? `at ${place.at}` : place.offset}`)
    await this.gate
    const states = this.segments.filter(one => one.keyframe && !one.gap)
    const isBefore = (one: Segment) =>
      'at' in place ? (one.entries[0]?.at ?? 0) <= place.at : one.position.offset <= place.offset
    const piece = states.findLast(isBefore) ?? states[0]!
    const before = this.segments.slice(0, this.segments.indexOf(piece))
    return {
      position: piece.position,
      at: before.at(-1)?.entries.at(-1)?.at ?? 0,
      ...piece.size,
      bytes: encoder.encode(this.#texts(before.flatMap(one => one.entries))),
    }
  }

  readChunk = async (position: Position): Promise<PlaybackChunk> => {
    this.requests.push(`chunk ${position.offset}`)
    await this.gate
    const isBefore = (a: Position, b: Position) => (a.offset - b.offset || a.n - b.n) < 0
    const at = this.segments.findIndex(one => isBefore(position, one.end))
    const piece = this.segments[at]
    if (!piece) return { kind: 'end', position: this.end, live: this.live }
    if (piece.gap) {
      const next = this.segments.slice(at + 1).find(one => one.keyframe && !one.gap)?.position ?? piece.end
      return { kind: 'gap', from: piece.position, to: piece.end, next, reason: piece.gap }
    }
    const runs: number[] = []
    const resizes: Extract<PlaybackChunk, { kind: 'output' }>['resizes'] = []
    let { offset, n } = piece.position
    for (const entry of piece.entries) {
      if ('text' in entry) {
        const { length } = encoder.encode(entry.text)
        runs.push(entry.at, length)
        offset += length
      } else resizes.push({ offset, n: ++n, cols: entry.cols, rows: entry.rows, at: entry.at })
    }
    const bytes = encoder.encode(this.#texts(piece.entries))
    return { kind: 'output', position: piece.position, end: piece.end, bytes, runs, resizes }
  }
}

/** Remembers the text that it shows, and records what a user would see: drawn `text`, and sizes. */
export class FakeScreen implements PlayerScreen {
  text = ''
  size = ''
  /** What was drawn; nothing is drawn while paused. */
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
    if (this.pending > 0) throw new Error('resized before what came earlier was parsed')
    this.size = `${cols}x${rows}`
    this.#draw()
  }

  pauseDrawing(still: boolean): void {
    this.#paused = still
    this.#draw()
  }

  #draw(): void {
    const picture = `${this.size} ${this.text}`
    if (!this.#paused && this.drawn.at(-1) !== picture) this.drawn.push(picture)
  }
}
