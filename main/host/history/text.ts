// Renders the text of sealed segments, for search and snippets, a few milliseconds at a time. Knows nothing of indexes,
// or of who searches.
import type { Position } from '../../../protocol/position.ts'
import { Screen } from '../screen/screen.ts'
import { type CoreBuffer, coreOf } from '../screen/xterm.ts'
import type { PendingText, PieceRow } from '../store/pieces.ts'
import type { Store } from '../store/store.ts'
import { unzstd, zstd } from './compression.ts'
import type { Reader } from './reader.ts'
import { decodeResizes } from './stretch.ts'
import type { StoredKeyframe, Stretch, TimedResize } from './types.ts'
import { readStretch, startOf } from './writer.ts'

/** A line of text and the offset of what completed or last changed it. */
export interface TextLine {
  o: number
  t: string
}

/** Parsed at once: a line, or this much of one. Less than what could scroll a row past the screen's memory. */
const PIECE_BYTES = 1024

/** Rows that a screen remembers, so that what scrolls out is found there: more than a piece can scroll. */
const SCROLLBACK = 2 * PIECE_BYTES

/** A logical line is cut after this many rows: who prints megabytes without a newline is found all the same. */
const LINE_ROWS = 200

/** The alternate screen is sampled when nothing came for this long: a person could read it then. */
const QUIET_MS = 250

/** Rows of the alternate screen that are remembered, so that they are not told again: many screens of a pager. */
const SEEN_ROWS = 4_096

export class TextJobs {
  readonly #store: Store
  readonly #reader: Reader
  #job: { piece: number; steps: Generator<undefined, TextLine[]> } | undefined

  constructor(store: Store, reader: Reader) {
    this.#store = store
    this.#reader = reader
  }

  /** Works for about `ms`. False: there is nothing left to do. */
  work(ms: number): boolean {
    this.#job ??= this.#next()
    if (!this.#job) return false
    const { piece, steps } = this.#job
    const until = performance.now() + ms
    try {
      while (performance.now() < until) {
        const step = steps.next()
        if (!step.done) continue
        this.#job = undefined
        this.#put(piece, step.value)
        break
      }
    } catch {
      // Whatever is wrong with it would be wrong the next time: it has no text.
      this.#job = undefined
      this.#put(piece, [])
    }
    return true
  }

  dispose(): void {
    this.#job?.steps.return([])
    this.#job = undefined
  }

  #next(): { piece: number; steps: Generator<undefined, TextLine[]> } | undefined {
    const pending = this.#store.pieces.pendingText()
    return pending && { piece: pending.piece, steps: this.#render(pending) }
  }

  *#render(pending: PendingText): Generator<undefined, TextLine[]> {
    const row = this.#store.pieces.byId(pending.piece)
    if (!row) return []
    const stretch = readStretch(row, this.#store.pieces.blob(row.piece))
    return yield* renderText(stretch, this.#beginning(row), pending.last === 1)
  }

  #beginning(row: PieceRow): StoredKeyframe | Size {
    const keyframe = this.#reader.keyframeAt(row.session, startOf(row))
    if (keyframe) return keyframe
    const { resizes, born } = this.#store.pieces.sizesBefore(row.session, startOf(row))
    return decodeResizes(resizes, 0).at(-1) ?? born
  }

  /** The piece may have been trimmed meanwhile; then there is nothing to update. */
  #put(piece: number, lines: TextLine[]): void {
    const text = Buffer.from(encodeText(lines))
    this.#store.transaction(() => this.#store.pieces.putText(piece, lines.length, text.length, zstd(text)))
  }
}

/** A line each: `[how much further than the line before, text]`. Distances pack in half the room that offsets take. */
export function encodeText(lines: readonly TextLine[]): string {
  let before = 0
  let all = ''
  for (const { o, t } of lines) {
    all += `${JSON.stringify([o - before, t])}\n`
    before = o
  }
  return all
}

export function decodeText(text: string): TextLine[] {
  let before = 0
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [distance, t] = JSON.parse(line) as [number, string]
      before += distance
      return { o: before, t }
    })
}

interface Size {
  cols: number
  rows: number
}

/**
 * The text of a stretch that begins at `beginning` (without a keyframe: on an empty screen). `last`: nothing follows, so
 * what is still on the screen belongs to it. Yields after every few lines.
 */
export function* renderText(
  stretch: Stretch,
  beginning: StoredKeyframe | Size,
  last: boolean,
): Generator<undefined, TextLine[]> {
  const renderer = new Renderer(stretch.from, beginning)
  try {
    for (const { bytes, resize, quiet } of feed(stretch)) {
      if (quiet) renderer.sample()
      if (resize) renderer.resize(resize)
      if (bytes) renderer.write(bytes)
      yield
    }
    renderer.finish(last)
    return renderer.lines
  } finally {
    renderer.dispose()
  }
}

interface Feed {
  bytes?: Uint8Array
  resize?: TimedResize
  /** Nothing came for a while before this. */
  quiet: boolean
}

/** A stretch line by line, with its resizes in their places. */
function* feed({ from, bytes, runs, resizes }: Stretch): Generator<Feed> {
  let at = 0
  let run = 0
  let runEnd = runs[1] ?? bytes.length
  let quiet = false
  let nextResize = 0
  while (at < bytes.length || nextResize < resizes.length) {
    const resize = resizes[nextResize]
    if (resize && resize.offset - from.offset <= at) {
      nextResize++
      yield { resize, quiet: false }
      continue
    }
    let end = Math.min(at + PIECE_BYTES, bytes.length, runEnd)
    if (resize) end = Math.min(end, resize.offset - from.offset)
    const newline = bytes.subarray(at, end).indexOf(10)
    if (newline >= 0) end = at + newline + 1
    yield { bytes: bytes.subarray(at, end), quiet }
    at = end
    quiet = false
    while (at >= runEnd && run + 2 < runs.length) {
      quiet ||= runs[run + 2]! - runs[run]! >= QUIET_MS
      run += 2
      runEnd += runs[run + 1]!
    }
    if (at >= runEnd) runEnd = bytes.length
  }
}

type Marker = ReturnType<Screen['terminal']['registerMarker']>

class Renderer {
  readonly lines: TextLine[] = []
  readonly #screen: Screen
  /** Texts of rows that were told from where they stood, and would be told again at the next look. */
  readonly #seen = new Set<string>()
  /** Stands at the first row of the normal screen that is not told yet, and moves with it. */
  #untold: Marker | undefined
  /** What was written last to the rows from `#untold` on: its offset, by distance. */
  readonly #touched = new Map<number, number>()
  #offset: number

  constructor(from: Position, beginning: StoredKeyframe | Size) {
    const { cols, rows } = beginning
    this.#offset = from.offset
    this.#screen = new Screen({ cols, rows, scrollback: SCROLLBACK, position: from })
    if ('blob' in beginning) this.#screen.write(unzstd(beginning.blob, beginning.size))
    // The piece before this one has told these.
    if (this.#screen.altScreen) for (const text of this.#rows(this.#alternate, 0)) this.#isNew(text)
    this.#mark(this.#lineBegin(this.#normal.ybase))
    const { parser } = this.#screen.terminal
    // What is about to vanish is told first; then the sequence does what it does.
    parser.registerCsiHandler({ final: 'J' }, params => {
      this.#beforeErase(Number(params[0] ?? 0))
      return false
    })
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#beforeErase(2)
      return false
    })
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, params => {
      if (params.some(mode => mode === 47 || mode === 1047 || mode === 1049)) this.sample()
      return false
    })
  }

  write(bytes: Uint8Array): void {
    this.#offset += bytes.length
    if (!this.#isMarked()) this.#mark(this.#normal.ybase)
    const before = this.#cursorRow - this.#line
    this.#screen.write(bytes)
    if (this.#screen.altScreen) return
    // Its row was deleted, or the terminal was reset.
    if (!this.#isMarked()) return this.#mark(this.#normal.ybase)
    const after = this.#cursorRow - this.#line
    for (let row = Math.max(0, Math.min(before, after)); row <= Math.max(before, after); row++)
      this.#touched.set(row, this.#offset)
    if (this.#normal.ybase - this.#line >= PIECE_BYTES / 2) this.#tellScrolled()
  }

  resize({ cols, rows }: TimedResize): void {
    this.#tellScrolled()
    this.#screen.resize(cols, rows)
    this.#touched.clear() // rows were joined and broken anew
  }

  /** Tells what is new on the alternate screen. */
  sample(): void {
    if (!this.#screen.altScreen) return
    for (const text of this.#rows(this.#alternate, 0)) if (this.#isNew(text)) this.#tell(text, this.#offset)
  }

  finish(last: boolean): void {
    this.sample()
    this.#tellScrolled()
    if (last) this.#tellUpTo(this.#normal.ybase + this.#screen.rows, true)
  }

  dispose(): void {
    this.#screen.dispose()
  }

  // RIS makes new ones, so they are not kept.
  get #normal(): CoreBuffer {
    return coreOf(this.#screen.terminal)._bufferService.buffers.normal
  }

  get #alternate(): CoreBuffer {
    return coreOf(this.#screen.terminal)._bufferService.buffers.alt
  }

  get #cursorRow(): number {
    const { ybase, y } = this.#normal
    return ybase + y
  }

  get #line(): number {
    return this.#untold?.line ?? this.#normal.ybase
  }

  #isMarked(): boolean {
    return this.#untold !== undefined && this.#untold.line >= 0
  }

  /** Row `y` is the first that is not told. On the alternate screen there are no markers: then it is done later. */
  #mark(y: number): void {
    const moved = y - this.#line
    this.#untold?.dispose()
    this.#untold = undefined
    const kept = [...this.#touched].filter(([row]) => row >= moved)
    this.#touched.clear()
    for (const [row, offset] of kept) this.#touched.set(row - moved, offset)
    if (this.#screen.altScreen) return
    this.#untold = this.#screen.terminal.registerMarker(y - this.#normal.ybase - this.#normal.y)
  }

  /** The row where the logical line that row `y` is part of begins. */
  #lineBegin(y: number): number {
    let begin = y
    while (begin > 0 && y - begin < LINE_ROWS && this.#normal.lines.get(begin)?.isWrapped) begin--
    return begin
  }

  #tellScrolled(): void {
    if (this.#screen.altScreen) return
    this.#tellUpTo(this.#normal.ybase, false)
  }

  /** Tells the logical lines of the normal screen that end before row `limit`; `all`: also one that goes on there. */
  #tellUpTo(limit: number, all: boolean): void {
    if (!this.#isMarked()) this.#mark(this.#normal.ybase)
    const first = this.#line
    let begin = first
    while (begin < limit) {
      let end = begin + 1
      while (end < limit && end - begin < LINE_ROWS && this.#isWrapped(end)) end++
      if (!all && end === limit && end - begin < LINE_ROWS && this.#isWrapped(end)) break
      this.#tell(this.#text(this.#normal, begin, end), this.#touchedAt(begin - first, end - first))
      begin = end
    }
    if (begin > first) this.#mark(begin)
  }

  #isWrapped(y: number): boolean {
    return this.#normal.lines.get(y)?.isWrapped ?? false
  }

  #touchedAt(from: number, to: number): number {
    let offset: number | undefined
    for (let row = from; row < to; row++) offset = Math.max(offset ?? 0, this.#touched.get(row) ?? 0)
    return offset || this.#offset
  }

  /** ED and RIS take rows away where they stand; a prompt that is drawn anew does so every time. */
  #beforeErase(mode: number): void {
    if (this.#screen.altScreen) return
    this.#tellScrolled()
    if (mode !== 0 && mode !== 2) return
    const { ybase, y, x } = this.#normal
    const below = mode === 2 ? 0 : x === 0 ? y : y + 1
    const begin = Math.max(ybase + below, this.#line)
    for (const text of this.#rows(this.#normal, begin)) if (this.#isNew(text)) this.#tell(text, this.#offset)
  }

  /** Logical lines from row `begin` to the end of the screen. */
  #rows(buffer: CoreBuffer, begin: number): string[] {
    const texts: string[] = []
    const limit = buffer.ybase + this.#screen.rows
    for (let y = begin; y < limit; ) {
      let end = y + 1
      while (end < limit && buffer.lines.get(end)?.isWrapped) end++
      const text = this.#text(buffer, y, end)
      if (text !== '') texts.push(text)
      y = end
    }
    return texts
  }

  #text(buffer: CoreBuffer, begin: number, end: number): string {
    let text = ''
    for (let y = begin; y < end; y++) text += buffer.lines.get(y)?.translateToString(y === end - 1) ?? ''
    return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '').trimEnd()
  }

  #isNew(text: string): boolean {
    if (this.#seen.has(text)) return false
    this.#seen.add(text)
    if (this.#seen.size > SEEN_ROWS) this.#seen.delete(this.#seen.values().next().value!)
    return true
  }

  #tell(text: string, offset: number): void {
    if (text !== '') this.lines.push({ o: offset, t: text })
  }
}
