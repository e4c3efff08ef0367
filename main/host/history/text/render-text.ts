// Renders the text of sealed segments and puts its words into the index, a few milliseconds at a time. Knows nothing of
// who searches.
import type { Position } from '../../../../protocol/position.ts'
import { unzstd, zstd } from '../../recording/compression.ts'
import { comparePositions, decodeResizes } from '../../recording/log-slice.ts'
import type { LogSlice, StoredKeyframe, TimedResize } from '../../recording/types.ts'
import { Screen } from '../../screen/screen.ts'
import { type Core, type CoreBuffer, coreOf } from '../../screen/xterm-internals.ts'
import type { LogRow, PendingText } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow } from '../../store/row-codec.ts'
import { type Store, storeFault } from '../../store/store.ts'
import type { LogReader } from '../playback/reader.ts'
import { type ScreenCarry, TextBlocks, type TextLine, toBlocks, wordsOfBlock } from './text-blocks.ts'

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

/** Blank lines in a row that are kept: one parts paragraphs, two part chapters, more say nothing. */
const MOST_BLANK = 2

/** Blocks that one transaction puts into the index: 4 ms of a segment's 16, so that recording does not wait. */
const INDEXED_AT_ONCE = 16

export class TextJobs {
  readonly #store: Store
  readonly #reader: LogReader
  #job: { piece: number; steps: Generator<undefined, void> } | undefined

  constructor(store: Store, reader: LogReader) {
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
        if (!steps.next().done) continue
        this.#job = undefined
        break
      }
    } catch (error) {
      this.#job = undefined
      if (storeFault(error).lasting) throw error
      // Whatever is wrong with it would be wrong the next time: it has no text.
      this.#store.transaction(() => this.#store.logRows.putText(piece, 0, 0, NO_TEXT))
    }
    return true
  }

  dispose(): void {
    this.#job?.steps.return()
    this.#job = undefined
  }

  #next(): { piece: number; steps: Generator<undefined, void> } | undefined {
    const pending = this.#store.logRows.pendingText()
    return pending && { piece: pending.piece, steps: this.#renderAndIndex(pending) }
  }

  *#renderAndIndex(pending: PendingText): Generator<undefined, void> {
    const { logRows: pieces } = this.#store
    const { piece } = pending
    const row = pieces.byId(piece)
    if (!row) return
    const stretch = readSlice(row, pieces.blob(piece))
    const { lines, carried } = yield* renderText(stretch, stateBefore(this.#store, this.#reader, row), {
      last: pending.last === 1,
      carry: carriedInto(this.#store, row),
    })
    const { text, blocks } = toBlocks(lines, carried)
    const packed = zstd(text)
    for (let first = 0; ; first += INDEXED_AT_ONCE) {
      const words: string[] = []
      for (const block of blocks.slice(first, first + INDEXED_AT_ONCE)) {
        words.push(wordsOfBlock(block))
        yield
      }
      const isLast = first + INDEXED_AT_ONCE >= blocks.length
      const there = this.#store.transaction(() => {
        // It may have been trimmed meanwhile; words of it would never go away again.
        if (!pieces.expectBlocks(piece, blocks.length)) return false
        for (const [at, each] of words.entries()) pieces.putWords(piece, first + at, each)
        if (isLast) pieces.putText(piece, lines.length, text.length, packed)
        return true
      })
      if (isLast || !there) return
      yield
    }
  }
}

const LF = 10

/** zstd of no lines. */
const NO_TEXT = zstd(toBlocks([]).text)

/** What a terminal shows where a piece begins; without a keyframe, only how large it is. */
export function stateBefore(store: Store, reader: LogReader, row: LogRow): StoredKeyframe | Size {
  return stateAt(store, reader, row.session, startOfRow(row))
}

export function stateAt(store: Store, reader: LogReader, session: number, position: Position): StoredKeyframe | Size {
  const keyframe = reader.keyframeAt(session, position)
  if (keyframe) return keyframe
  const { resizes, born } = store.logRows.sizesBefore(session, position)
  return decodeResizes(resizes, 0).at(-1) ?? born
}

/** What the piece before this one left, if its text was rendered. */
function carriedInto(store: Store, { session, offset, n }: LogRow): ScreenCarry | undefined {
  const before = store.logRows.rowAt(session, { offset, n: n - 1 })
  if (!before || comparePositions(endOfRow(before), { offset, n }) !== 0) return undefined
  const stored = store.logRows.text(before.piece)
  return stored && new TextBlocks(unzstd(stored.blob, stored.size)).carry
}

export interface Size {
  cols: number
  rows: number
}

/** A logical line as it stands on the screen: rows of a buffer, for who wants more of it than its text. */
export interface ScreenLine extends TextLine {
  core: Core
  buffer: CoreBuffer
  begin: number
  end: number
}

export interface RenderOptions {
  /** Nothing follows (yet), so what is still on the screen belongs to it. */
  last?: boolean
  /** What the piece before it has left. */
  carry?: ScreenCarry | undefined
  /** Comes before it and is not told; `beginning` is where this begins. For a stretch that has no keyframe. */
  before?: LogSlice | undefined
  /** Sees each line while it is there, in the order in which they leave the screen. */
  onLine?: ((line: ScreenLine) => void) | undefined
}

export interface RenderedText {
  /** Their offsets never go back. */
  lines: TextLine[]
  carried: ScreenCarry
}

/**
 * The text of a stretch that begins at `beginning` (without a keyframe: on an empty screen). Yields after every few lines.
 */
export function* renderText(
  stretch: LogSlice,
  beginning: StoredKeyframe | Size,
  { last = false, carry: carried, before, onLine: drawn }: RenderOptions = {},
): Generator<undefined, RenderedText> {
  const drawing = new TextRendering((before ?? stretch).from, beginning, carried, drawn)
  try {
    if (before) yield* drawing.skip(before)
    yield* drawing.write(stretch)
    return { lines: last ? drawing.standing() : drawing.finish(), carried: drawing.carried }
  } finally {
    drawing.dispose()
  }
}

/** A text that grows: one stretch after the other, and its lines at any time. */
export class TextRendering {
  readonly #renderer: Renderer
  /** When the last of it came. */
  #at: number | undefined

  constructor(
    from: Position,
    beginning: StoredKeyframe | Size,
    carried?: ScreenCarry,
    drawn?: (line: ScreenLine) => void,
  ) {
    this.#renderer = new Renderer(from, beginning, carried, drawn)
  }

  /** Yields after every few lines; one that is not gone through to its end leaves something to throw away. */
  *write(stretch: LogSlice): Generator<undefined> {
    for (const { bytes, resize, quiet } of feed(stretch, this.#at)) {
      if (quiet) this.#renderer.sample()
      if (resize) this.#renderer.resize(resize)
      if (bytes) this.#renderer.write(bytes)
      yield
    }
    this.#at = stretch.runs.at(-2) ?? this.#at
  }

  /** As `write`, but nothing of it is told. */
  *skip(stretch: LogSlice): Generator<undefined> {
    yield* this.write(stretch)
    this.#renderer.finish()
    this.#at = undefined
  }

  /** What left the screen; more follows, but not here. */
  finish(): TextLine[] {
    return this.#renderer.finish()
  }

  /** Also what stands there and may still change. It can be written on. */
  standing(): TextLine[] {
    return this.#renderer.standing()
  }

  get carried(): ScreenCarry {
    return this.#renderer.carried()
  }

  dispose(): void {
    this.#renderer.dispose()
  }
}

interface Feed {
  bytes?: Uint8Array
  resize?: TimedResize
  /** Nothing came for a while before this. */
  quiet: boolean
}

/** A stretch line by line, with its resizes in their places. `before`: when came what is before it. */
function* feed({ from, bytes, runs, resizes }: LogSlice, before: number | undefined): Generator<Feed> {
  let at = 0
  let run = 0
  let runEnd = runs[1] ?? bytes.length
  let quiet = before !== undefined && runs.length > 0 && runs[0]! - before >= QUIET_MS
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
    const newline = bytes.subarray(at, end).indexOf(LF)
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

interface Rows {
  buffer: CoreBuffer
  begin: number
  end: number
  text: string
  /** Blank lines above it. */
  blank: number
}

class Renderer {
  /** Of the normal screen, in the order in which they stood there, and of the alternate one. */
  #lines: TextLine[] = []
  #sampled: TextLine[] = []
  /** A line that stood above another one is before it, whatever was written last. */
  #floor: number
  readonly #screen: Screen
  /** Texts of rows that were told from where they stood, and would be told again at the next look. */
  #seen = new Set<string>()
  /** Stands at the first row of the normal screen that is not told yet, and moves with it. */
  #untold: Marker | undefined
  /** What was written last to the rows from `#untold` on: its offset, by distance. */
  readonly #touched = new Map<number, number>()
  #offset: number
  /** As much of the log is on the screen for sure: while a piece is parsed, what came before it. */
  #shown: number
  readonly #drawn: ((line: ScreenLine) => void) | undefined

  constructor(
    from: Position,
    beginning: StoredKeyframe | Size,
    carried: ScreenCarry | undefined,
    drawn: ((line: ScreenLine) => void) | undefined,
  ) {
    const { cols, rows } = beginning
    this.#drawn = drawn
    this.#offset = this.#shown = from.offset
    this.#floor = carried?.floor ?? 0
    this.#screen = new Screen({ cols, rows, scrollback: SCROLLBACK, position: from })
    if ('blob' in beginning) this.#screen.write(unzstd(beginning.blob, beginning.size))
    // The piece before this one has told these.
    if (this.#screen.altScreen) for (const { text } of this.#rows(this.#alternate, 0)) this.#isNew(text)
    const told = 'blob' in beginning ? (carried?.told ?? 0) : 0
    this.#mark(this.#lineBegin(this.#normal.ybase) + told)
    if ('blob' in beginning) {
      // What stands there was written before, and the piece before this one may know when.
      for (let y = this.#line; y < this.#normal.ybase + rows; y++) this.#touched.set(y - this.#line, from.offset)
      for (const [row, offset] of carried?.rows ?? []) this.#touched.set(row, offset)
    }
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
    const before = this.#cursorRow
    const line = this.#line
    this.#screen.write(bytes)
    this.#shown = this.#offset
    if (this.#screen.altScreen) return
    // Its row was deleted, or the terminal was reset.
    if (!this.#isMarked()) return this.#mark(this.#normal.ybase)
    // Rows that scroll past the screen's memory take all others up by one.
    const from = before - line + this.#line
    const after = this.#cursorRow
    // Behind a newline the cursor is a row below what was written.
    const first = bytes.length > 1 && bytes.at(-1) === LF ? Math.min(from, after - 1) : Math.min(from, after)
    // Rows that were told came back with a larger window, and now something else stands there.
    if (Math.max(0, first) < this.#line) this.#mark(this.#lineBegin(Math.max(0, first)))
    for (let row = Math.max(first, this.#line); row <= Math.max(from, after); row++)
      this.#touched.set(row - this.#line, this.#offset)
    if (this.#normal.ybase - this.#line >= PIECE_BYTES / 2) this.#tellScrolled()
  }

  resize({ cols, rows }: TimedResize): void {
    this.#tellScrolled()
    const before = this.#standing()
    this.#screen.resize(cols, rows)
    // Rows were joined and broken anew, but the lines are the same.
    this.#touched.clear()
    for (const [at, { begin, end }] of this.#standing().entries())
      for (let row = begin; row < end; row++) this.#touched.set(row, before[at]?.offset ?? this.#offset)
  }

  /** The logical lines from the first that was not told to the cursor: rows by distance, and what was written last. */
  #standing(): { begin: number; end: number; offset: number }[] {
    const found: { begin: number; end: number; offset: number }[] = []
    const first = this.#line
    for (let y = first; y <= this.#cursorRow; ) {
      let end = y + 1
      while (end - y < LINE_ROWS && this.#isWrapped(end)) end++
      found.push({ begin: y - first, end: end - first, offset: this.#touchedAt(y - first, end - first) })
      y = end
    }
    return found
  }

  /** Tells what is new on the alternate screen. */
  sample(): void {
    if (!this.#screen.altScreen) return
    this.#tellNew(this.#alternate, 0)
  }

  /** Tells what has left the screen, and what was told since the last time. */
  finish(): TextLine[] {
    this.sample()
    this.#tellScrolled()
    const told = merged(this.#lines, this.#sampled)
    // What still stands on the normal screen, below a full-screen program, is told by a later piece: so behind these.
    this.#floor = Math.max(this.#floor, this.#sampled.at(-1)?.offset ?? 0)
    this.#lines = []
    this.#sampled = []
    return told
  }

  /** What was told, and what stands there and may still change: that will be told again. */
  standing(): TextLine[] {
    this.#tellScrolled()
    const [lines, sampled, floor, seen] = [this.#lines, this.#sampled, this.#floor, this.#seen]
    this.#lines = []
    this.#sampled = []
    if (this.#screen.altScreen) this.#seen = new Set(seen)
    this.sample()
    this.#tellUpTo(this.#normal.ybase + this.#screen.rows, true)
    for (const line of [...this.#lines, ...this.#sampled]) line.open = true
    const all = merged([...lines, ...this.#lines], [...sampled, ...this.#sampled])
    this.#lines = lines
    this.#sampled = sampled
    this.#floor = floor
    this.#seen = seen
    return all
  }

  carried(): ScreenCarry {
    const told = this.#line - this.#lineBegin(this.#normal.ybase)
    return { floor: this.#floor, rows: [...this.#touched].filter(([row]) => row >= 0), ...(told > 0 && { told }) }
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

  /**
   * Tells the logical lines of the normal screen that end before row `limit`; `all`: also one that goes on there, and they
   * are not told for good.
   */
  #tellUpTo(limit: number, all: boolean): void {
    if (!this.#isMarked()) this.#mark(this.#normal.ybase)
    const first = this.#line
    let begin = first
    let blank = this.#blankAbove(this.#normal, first)
    while (begin < limit) {
      let end = begin + 1
      while (end < limit && end - begin < LINE_ROWS && this.#isWrapped(end)) end++
      if (!all && end === limit && end - begin < LINE_ROWS && this.#isWrapped(end)) break
      const text = this.#text(this.#normal, begin, end)
      this.#tell({ buffer: this.#normal, begin, end, text, blank }, this.#touchedAt(begin - first, end - first))
      blank = text === '' ? Math.min(MOST_BLANK, blank + 1) : 0
      begin = end
    }
    if (begin > first && !all) this.#mark(begin)
  }

  #isWrapped(y: number): boolean {
    return this.#normal.lines.get(y)?.isWrapped ?? false
  }

  #touchedAt(from: number, to: number): number {
    let offset: number | undefined
    for (let row = from; row < to; row++) offset = Math.max(offset ?? 0, this.#touched.get(row) ?? 0)
    return offset || this.#shown
  }

  /** ED and RIS take rows away where they stand; a prompt that is drawn anew does so every time. */
  #beforeErase(mode: number): void {
    if (this.#screen.altScreen) return
    this.#tellScrolled()
    if (mode !== 0 && mode !== 2) return
    const { ybase, y, x } = this.#normal
    const below = mode === 2 ? 0 : x === 0 ? y : y + 1
    const begin = Math.max(ybase + below, this.#line)
    this.#tellNew(this.#normal, begin)
    // What comes there next has not been written yet.
    for (const row of [...this.#touched.keys()]) if (row >= begin - this.#line) this.#touched.delete(row)
  }

  #tellNew(buffer: CoreBuffer, begin: number): void {
    const isNormal = buffer === this.#normal
    /** Blank lines part it from a line that is told too, or they say nothing. */
    let follows = isNormal
    for (const rows of this.#rows(buffer, begin)) {
      // What is taken away is found where it still stood.
      const from = rows.begin - this.#line
      const offset = isNormal ? this.#touchedAt(from, from + rows.end - rows.begin) : this.#shown
      const isNew = this.#isNew(rows.text)
      if (isNew) this.#tell(follows ? rows : { ...rows, blank: 0 }, offset)
      follows = isNew
    }
  }

  /** Logical lines from row `begin` to the end of the screen. */
  #rows(buffer: CoreBuffer, begin: number): Rows[] {
    const found: Rows[] = []
    const limit = buffer.ybase + this.#screen.rows
    let blank = this.#blankAbove(buffer, begin)
    for (let y = begin; y < limit; ) {
      let end = y + 1
      while (end < limit && buffer.lines.get(end)?.isWrapped) end++
      const text = this.#text(buffer, y, end)
      if (text !== '') found.push({ buffer, begin: y, end, text, blank })
      blank = text === '' ? Math.min(MOST_BLANK, blank + 1) : 0
      y = end
    }
    return found
  }

  /** Also of what was told before, or stood there when this began: nobody has to remember that. */
  #blankAbove(buffer: CoreBuffer, y: number): number {
    let blank = 0
    for (let row = y - 1; row >= 0 && blank < MOST_BLANK; row--, blank++)
      if (buffer.lines.get(row)?.isWrapped || this.#text(buffer, row, row + 1) !== '') break
    return blank
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

  #tell({ buffer, begin, end, text, blank }: Rows, offset: number): void {
    if (text === '') return
    const isNormal = buffer === this.#normal
    if (isNormal) this.#floor = Math.max(this.#floor, offset)
    const line: TextLine = { offset: isNormal ? this.#floor : offset, text: text, ...(blank > 0 && { blank }) }
    if (isNormal) this.#lines.push(line)
    else this.#sampled.push(line)
    this.#drawn?.({ ...line, core: coreOf(this.#screen.terminal), buffer, begin, end })
  }
}

/** Both by their offsets. What stood on the normal screen was there before a full-screen program drew over it. */
function merged(lines: readonly TextLine[], sampled: readonly TextLine[]): TextLine[] {
  if (sampled.length === 0) return [...lines]
  const all: TextLine[] = []
  let at = 0
  for (const line of lines) {
    while (at < sampled.length && sampled[at]!.offset < line.offset) all.push(sampled[at++]!)
    all.push(line)
  }
  return [...all, ...sampled.slice(at)]
}
