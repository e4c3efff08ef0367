// Follows a terminal screen and collects its logical lines: each once, when it leaves the screen.
import type { Position } from '../../../../protocol/position.ts'
import { visibleText } from '../../../../protocol/visible-text.ts'
import { unzstd } from '../../recording/compression.ts'
import type { Size, StoredKeyframe, TimedResize } from '../../recording/types.ts'
import { lineText } from '../../screen/cells.ts'
import { Screen } from '../../screen/screen.ts'
import { type Core, type CoreBuffer, coreOf } from '../../screen/xterm-internals.ts'
import { BoundedSet } from './bounded-map.ts'
import { MAX_BLANK, type ScreenCarry, type TextLine } from './text-blocks.ts'

/** Bytes parsed in one go: a line, or this much of one. Less than what could scroll a row out of the scrollback. */
export const MAX_WRITE_BYTES = 1024

/** Scrollback of the screen, in which rows that scrolled out are found: more than one write can scroll. */
const SCROLLBACK = 2 * MAX_WRITE_BYTES

/** A logical line is cut after this many rows: megabytes without a newline can still be searched. */
const MAX_LINE_ROWS = 200

/** Rows of the alternate screen that are remembered, so that they are not collected again: many screens of a pager. */
const MAX_SEEN_ROWS = 4_096

/**
 * Text is at most this many times as long as the output it was rendered from, and a screenful more: a few bytes can fill a screen
 * anew, or indent a line to its end, again and again. Listings and logs have at most as much text as output.
 */
const CHARACTERS_PER_BYTE = 8
const MIN_CHARACTERS = 1024 * 1024

const LF = 10

/** A logical line as it is on the screen: rows of a buffer, for exports that need more than its text. */
export interface ScreenLine extends TextLine {
  core: Core
  buffer: CoreBuffer
  begin: number
  end: number
}

type Marker = ReturnType<CoreBuffer['addMarker']>

interface Rows {
  buffer: CoreBuffer
  begin: number
  end: number
  text: string
  /** Blank lines above it. */
  blank: number
}

export class LineCollector {
  /** Lines of the normal screen, in their order there, and of the alternate one. */
  #lines: TextLine[] = []
  #sampled: TextLine[] = []
  /** Offsets of lines never go down: a line above another comes first, whichever was written last. */
  #floor: number
  readonly #screen: Screen
  /** Texts of rows that were collected while they stayed on the screen, and would be collected again. */
  #seen = new BoundedSet<string>(MAX_SEEN_ROWS)
  /** Moves with the first row of the normal screen that is not collected yet. */
  #pendingMarker: Marker | undefined
  /** Offset of the last write to the rows from the first pending one on, by distance from it. */
  readonly #writtenAt = new Map<number, number>()
  #offset: number
  readonly #begin: number
  #characters = 0
  /** The log up to here has been parsed: during a write, what came before it. */
  #parsed: number
  readonly #onLine: ((line: ScreenLine) => void) | undefined

  constructor(
    from: Position,
    state: StoredKeyframe | Size,
    carry: ScreenCarry | undefined,
    onLine: ((line: ScreenLine) => void) | undefined,
  ) {
    const { cols, rows } = state
    this.#onLine = onLine
    this.#offset = this.#parsed = this.#begin = from.offset
    this.#floor = carry?.floor ?? 0
    this.#screen = new Screen({ cols, rows, scrollback: SCROLLBACK, position: from })
    if ('blob' in state) this.#screen.write(unzstd(state.blob, state.size))
    // These were collected before the screen's state was saved.
    if (this.#screen.altScreen) for (const { text } of this.#rows(this.#alternate, 0)) this.#seen.add(text)
    const collected = 'blob' in state ? (carry?.told ?? 0) : 0
    this.#setPending(this.#lineBegin(this.#normal.ybase) + collected)
    if ('blob' in state) {
      // The rows on the screen were written earlier; the carry may say when.
      for (let y = this.#pending; y < this.#normal.ybase + rows; y++)
        this.#writtenAt.set(y - this.#pending, from.offset)
      for (const [row, offset] of carry?.rows ?? []) this.#writtenAt.set(row, offset)
    }
    const { parser } = this.#screen.terminal
    // What is about to vanish is collected first; then the sequence has its effect.
    for (const prefix of [undefined, '?'])
      parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'J' }, params => {
        if (!this.#screen.altScreen) this.#beforeErase(Number(params[0] ?? 0))
        return false
      })
    // A few bytes of SU scroll out many rows: each time before the next ones.
    parser.registerCsiHandler({ final: 'S' }, () => {
      if (!this.#screen.altScreen) this.#collectScrolled()
      return false
    })
    // RIS leaves the alternate screen, too, and erases both.
    parser.registerEscHandler({ final: 'c' }, () => {
      this.sample()
      this.#beforeErase(2)
      return false
    })
    // DECALN fills the screen.
    parser.registerEscHandler({ intermediates: '#', final: '8' }, () => {
      if (!this.#screen.altScreen) this.#beforeErase(2)
      return false
    })
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, params => {
      if (params.some(mode => mode === 47 || mode === 1047 || mode === 1049)) this.sample()
      return false
    })
  }

  /** At most MAX_WRITE_BYTES, and at most one newline, at the end. */
  write(bytes: Uint8Array): void {
    this.#offset += bytes.length
    if (!this.#isMarked()) this.#setPending(this.#normal.ybase)
    const cursorBefore = this.#cursorRow
    const pendingBefore = this.#pending
    this.#screen.write(bytes)
    this.#parsed = this.#offset
    if (this.#screen.altScreen) return
    // Its row was deleted, or the terminal was reset.
    if (!this.#isMarked()) return this.#setPending(this.#normal.ybase)
    // A row that scrolls out of the scrollback moves all others up by one.
    const from = cursorBefore - pendingBefore + this.#pending
    const after = this.#cursorRow
    // After a newline the cursor is a row below what was written.
    const first = bytes.length > 1 && bytes.at(-1) === LF ? Math.min(from, after - 1) : Math.min(from, after)
    // Collected rows came back with a larger window, and now something else is written there.
    if (Math.max(0, first) < this.#pending) this.#setPending(this.#lineBegin(Math.max(0, first)))
    for (let row = Math.max(first, this.#pending); row <= Math.max(from, after); row++)
      this.#writtenAt.set(row - this.#pending, this.#offset)
    if (this.#normal.ybase - this.#pending >= MAX_WRITE_BYTES / 2) this.#collectScrolled()
  }

  resize({ cols, rows }: TimedResize): void {
    this.#collectScrolled()
    const before = this.#pendingLines()
    this.#screen.resize(cols, rows)
    // Rows were joined and wrapped anew, but the lines are the same.
    this.#writtenAt.clear()
    for (const [at, { begin, end }] of this.#pendingLines().entries())
      for (let row = begin; row < end; row++) this.#writtenAt.set(row, before[at]?.offset ?? this.#offset)
  }

  /** The logical lines from the first pending one to the cursor: rows by distance, and offset of the last write. */
  #pendingLines(): { begin: number; end: number; offset: number }[] {
    const found: { begin: number; end: number; offset: number }[] = []
    const first = this.#pending
    for (let y = first; y <= this.#cursorRow; ) {
      let end = y + 1
      while (end - y < MAX_LINE_ROWS && this.#isWrapped(end)) end++
      found.push({ begin: y - first, end: end - first, offset: this.#offsetOf(y - first, end - first) })
      y = end
    }
    return found
  }

  /** Collects what is new on the alternate screen. */
  sample(): void {
    if (!this.#screen.altScreen) return
    this.#collectNew(this.#alternate, 0)
  }

  /** Collects what has left the screen, and returns everything since the last time. */
  finish(): TextLine[] {
    this.#collectScrolled()
    this.sample()
    const collected = merge(this.#lines, this.#sampled)
    // Lines still on the normal screen, below a full-screen program, are collected later: so they come after these.
    this.#floor = Math.max(this.#floor, this.#sampled.at(-1)?.offset ?? 0)
    this.#lines = []
    this.#sampled = []
    return collected
  }

  /** What is collected, and what is on the screen and may still change: those lines will be collected again. */
  withScreen(): TextLine[] {
    this.#collectScrolled()
    const [lines, sampled, floor, seen] = [this.#lines, this.#sampled, this.#floor, this.#seen]
    this.#lines = []
    this.#sampled = []
    if (this.#screen.altScreen) this.#seen = seen.copy()
    this.sample()
    this.#collectUpTo(this.#normal.ybase + this.#screen.rows, true)
    for (const line of [...this.#lines, ...this.#sampled]) line.open = true
    const all = merge([...lines, ...this.#lines], [...sampled, ...this.#sampled])
    this.#lines = lines
    this.#sampled = sampled
    this.#floor = floor
    this.#seen = seen
    return all
  }

  carry(): ScreenCarry {
    const collected = this.#pending - this.#lineBegin(this.#normal.ybase)
    return {
      floor: this.#floor,
      rows: [...this.#writtenAt].filter(([row]) => row >= 0),
      ...(collected > 0 && { told: collected }),
    }
  }

  dispose(): void {
    this.#screen.dispose()
  }

  // RIS makes new buffers, so they are not kept.
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

  /** The first row that is not collected. */
  get #pending(): number {
    return this.#pendingMarker?.line ?? this.#normal.ybase
  }

  #isMarked(): boolean {
    return this.#pendingMarker !== undefined && this.#pendingMarker.line >= 0
  }

  /** Makes row `y` of the normal screen the first pending one. */
  #setPending(y: number): void {
    const moved = y - this.#pending
    this.#pendingMarker?.dispose()
    this.#pendingMarker = undefined
    const kept = [...this.#writtenAt].filter(([row]) => row >= moved)
    this.#writtenAt.clear()
    for (const [row, offset] of kept) this.#writtenAt.set(row - moved, offset)
    this.#pendingMarker = this.#normal.addMarker(y)
  }

  /** The row where the logical line that row `y` is part of begins. */
  #lineBegin(y: number): number {
    let begin = y
    while (begin > 0 && y - begin < MAX_LINE_ROWS && this.#normal.lines.get(begin)?.isWrapped) begin--
    return begin
  }

  /** Also below the alternate screen: the next segment begins without what scrolled out in this one. */
  #collectScrolled(): void {
    this.#collectUpTo(this.#normal.ybase, false)
  }

  /**
   * Collects the logical lines of the normal screen that end before row `limit`. `isPreview`: also one that continues
   * there, and all of them stay pending.
   */
  #collectUpTo(limit: number, isPreview: boolean): void {
    if (!this.#isMarked()) this.#setPending(this.#normal.ybase)
    const first = this.#pending
    let begin = first
    let blank = this.#blankAbove(this.#normal, first)
    while (begin < limit) {
      let end = begin + 1
      while (end < limit && end - begin < MAX_LINE_ROWS && this.#isWrapped(end)) end++
      if (!isPreview && end === limit && end - begin < MAX_LINE_ROWS && this.#isWrapped(end)) break
      const text = this.#text(this.#normal, begin, end)
      this.#collect({ buffer: this.#normal, begin, end, text, blank }, this.#offsetOf(begin - first, end - first))
      blank = text === '' ? Math.min(MAX_BLANK, blank + 1) : 0
      begin = end
    }
    if (begin > first && !isPreview) this.#setPending(begin)
  }

  #isWrapped(y: number): boolean {
    return this.#normal.lines.get(y)?.isWrapped ?? false
  }

  /** Offset of the last write to any of these rows. */
  #offsetOf(from: number, to: number): number {
    let offset: number | undefined
    for (let row = from; row < to; row++) offset = Math.max(offset ?? 0, this.#writtenAt.get(row) ?? 0)
    return offset || this.#parsed
  }

  /** ED and RIS erase rows of the normal screen in place; a prompt that redraws itself does so every time. */
  #beforeErase(mode: number): void {
    this.#collectScrolled()
    if (mode !== 0 && mode !== 2) return
    const { ybase, y, x } = this.#normal
    const below = mode === 2 ? 0 : x === 0 ? y : y + 1
    const begin = Math.max(ybase + below, this.#pending)
    this.#collectNew(this.#normal, begin)
    // What comes there next has not been written yet.
    for (const row of [...this.#writtenAt.keys()]) if (row >= begin - this.#pending) this.#writtenAt.delete(row)
  }

  #collectNew(buffer: CoreBuffer, begin: number): void {
    const isNormal = buffer === this.#normal
    /** Blank lines separate it from a line that is collected too, or they mean nothing. */
    let isAdjacent = isNormal
    for (const rows of this.#rows(buffer, begin)) {
      // What is erased is found where it still was.
      const from = rows.begin - this.#pending
      const offset = isNormal ? this.#offsetOf(from, from + rows.end - rows.begin) : this.#parsed
      const isNew = this.#seen.add(rows.text)
      if (isNew) this.#collect(isAdjacent ? rows : { ...rows, blank: 0 }, offset)
      isAdjacent = isNew
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
      blank = text === '' ? Math.min(MAX_BLANK, blank + 1) : 0
      y = end
    }
    return found
  }

  /** Also counts rows that were collected before or were there at the beginning, so none of that is remembered. */
  #blankAbove(buffer: CoreBuffer, y: number): number {
    let blank = 0
    for (let row = y - 1; row >= 0 && blank < MAX_BLANK; row--, blank++)
      if (buffer.lines.get(row)?.isWrapped || this.#text(buffer, row, row + 1) !== '') break
    return blank
  }

  #text(buffer: CoreBuffer, begin: number, end: number): string {
    return visibleText(lineText(buffer.lines, begin, end)).trimEnd()
  }

  #collect({ buffer, begin, end, text, blank }: Rows, offset: number): void {
    if (text === '') return
    this.#characters += text.length
    if (this.#characters > MIN_CHARACTERS + CHARACTERS_PER_BYTE * (this.#offset - this.#begin)) return
    const isNormal = buffer === this.#normal
    if (isNormal) this.#floor = Math.max(this.#floor, offset)
    const line: TextLine = { offset: isNormal ? this.#floor : offset, text, ...(blank > 0 && { blank }) }
    if (isNormal) this.#lines.push(line)
    else this.#sampled.push(line)
    this.#onLine?.({ ...line, core: coreOf(this.#screen.terminal), buffer, begin, end })
  }
}

/** By offset. Of equal ones the normal screen's come first: they were there before a full-screen program drew over them. */
function merge(lines: readonly TextLine[], sampled: readonly TextLine[]): TextLine[] {
  if (sampled.length === 0) return [...lines]
  const all: TextLine[] = []
  let at = 0
  for (const line of lines) {
    while (at < sampled.length && sampled[at]!.offset < line.offset) all.push(sampled[at++]!)
    all.push(line)
  }
  return [...all, ...sampled.slice(at)]
}
