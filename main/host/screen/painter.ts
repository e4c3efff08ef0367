// Writes the output that draws one buffer, including its scrollback, on a blank screen of the same size. Modes, the other
// buffer and the final cursor position are snapshot.ts's.
import {
  BG_EXTENDED,
  CODEPOINT_MASK,
  COLOR_BITS,
  COMBINED,
  CONTENT_MASK,
  DEFAULT_INK,
  type Ink,
  inkOf,
  inkOfCell,
  isPlain,
  joinStateOf,
  sameInk,
  textOf,
  WIDTH_SHIFT,
  widthOf,
} from './cells.ts'
import type { Pen } from './pen.ts'
import { charsetFinal } from './xterm.ts'
import type { Charset, Core, CoreBuffer, Line } from './xterm-internals.ts'

/** Replaces a cluster that xterm.js itself garbled while reflowing: for one column, and for two (the geta mark). */
const GARBLED = ['\ufffd', '\u3013']

/** A character two columns wide that joins nothing. It is printed only to be overwritten. */
const WIDE = '\u3000'

export interface Cell {
  /** '' for an empty cell. */
  text: string
  width: 1 | 2
  ink: Ink
}

/** A cell as it can be drawn: half a wide character, or a second half alone, counts as empty. */
export function cellAt(core: Core, line: Line, x: number): Cell {
  const ink = inkOfCell(core, line, x)
  const width = widthOf(line, x)
  let text = textOf(line, x)
  if (text === '' || (width !== 1 && !(width === 2 && isSecondHalf(core, line, x + 1))))
    return { text: '', width: 1, ink }
  if (joinStateOf(core, text, width) === 0) text = GARBLED[width - 1]!
  return { text, width, ink }
}

export function isSecondHalf(core: Core, line: Line, x: number): boolean {
  return x < core.cols && (line._data[x * 3]! & (CONTENT_MASK | (3 << WIDTH_SHIFT))) === 0
}

/** What DECSC saves. */
export interface SavedCursor {
  x: number
  y: number
  fg: number
  bg: number
  charset: Charset
}

export function savedOf(core: Core, buffer: CoreBuffer): SavedCursor {
  const { savedX: x, savedY: y, savedCurAttrData: pen, savedCharset: charset } = buffer
  const { fg, bg } = inkOf(core, pen.fg, pen.bg, undefined)
  return { x, y, fg, bg, charset }
}

function linesOf(buffer: CoreBuffer): Line[] {
  const lines: Line[] = []
  for (let y = 0; y < buffer.lines.length; y++) lines.push(buffer.lines.get(y)!)
  return lines
}

export function isInitial(saved: SavedCursor): boolean {
  return saved.x === 0 && saved.y === 0 && saved.fg === 0 && saved.bg === 0 && !saved.charset
}

export class Painter {
  out = ''
  readonly core: Core
  readonly pen: Pen
  /** Sequences around DECSC and DECRC where those are used as a means only: they switch to the other buffer and back. */
  #aside: [string, string] = ['', '']
  /** The other buffer's saved cursor was overwritten. */
  usedAside = false
  /** xterm.js's join state after the last character; 0 after a control sequence. */
  #join = 0
  /** Columns of this row whose content is wrong until they are drawn. */
  #dirty = new Set<number>()

  readonly #maxCharacters: number

  constructor(core: Core, pen: Pen, maxCharacters = Number.POSITIVE_INFINITY) {
    this.core = core
    this.pen = pen
    this.#maxCharacters = maxCharacters
  }

  /** It has become too long; the rest is not drawn. */
  get isOver(): boolean {
    return this.out.length > this.#maxCharacters
  }

  /** Draws `buffer` on a blank active buffer with the cursor at home. `saved` is saved while its row is blank. */
  draw(buffer: CoreBuffer, saved: SavedCursor | undefined, aside: [string, string]): void {
    const { core } = this
    const { rows, cols } = core
    this.#aside = aside
    const lines = linesOf(buffer)
    if (saved && saved.y >= lines.length) this.#saveBelow(saved)
    if (lines[0]!.isWrapped) this.#wrapIntoFirst(buffer)
    /** The cursor is behind the last column of the row above, and the next character wraps. */
    let behind = false
    for (let y = 0; y < lines.length && !this.isOver; y++) {
      const line = lines[y]!
      const wrapsOn = lines[y + 1]?.isWrapped ?? false
      const savesHere = saved !== undefined && saved.y === y
      if (y > 0 && !line.isWrapped) {
        if (y >= rows && this.pen.ink.bg & COLOR_BITS) this.#ink(DEFAULT_INK) // the new row takes the background
        this.#control('\r\n')
      } else if (behind && (savesHere || !this.#canWrapInto(line, wrapsOn))) {
        this.#ink(DEFAULT_INK)
        this.#print(' ', 2)
        this.#control('\r')
        this.#dirty.add(0)
        behind = false
      }
      if (savesHere) {
        if (this.#dirty.delete(0)) this.#erase(1)
        this.#save(saved)
      }
      behind = this.#drawLine(line, wrapsOn)
      if (wrapsOn && !behind) {
        // The last cell is empty, but the row continues below: a wide character did not fit.
        const ink = inkOfCell(core, line, cols - 1)
        this.#control(`\x1b[${cols}G`)
        this.#ink(ink)
        this.out += WIDE
        this.#ink(DEFAULT_INK)
        this.#control('\r')
        this.#erase(cols)
        this.#dirty.clear()
      }
    }
  }

  /** Saves `saved` by DECSC. The cursor is in column 0 of the row, which is blank, before and after. */
  #save(saved: SavedCursor): void {
    const { cols } = this.core
    this.#onOtherBuffer(() => this.pen.flags(saved.fg, saved.bg))
    if (saved.x < cols) this.#control(`\x1b[${saved.x + 1}G`)
    else this.out += `\x1b[${cols}G `
    const final = charsetFinal(saved.charset)
    this.#control(final === 'B' ? '\x1b7' : `\x1b(${final}\x1b7\x1b(B`)
    this.#ink(DEFAULT_INK)
    if (saved.x >= cols) this.#control(`\x1b[${cols}G\x1b[X`)
    this.#control('\r')
  }

  /** The saved row is below the last line, because the window got shorter: saves it in a longer buffer, then shortens that. */
  #saveBelow(saved: SavedCursor): void {
    const { rows } = this.core
    this.#control(`\x1b[${rows}H${'\n'.repeat(saved.y - rows + 1)}`)
    this.#save(saved)
    this.#control('\x1b[2J\x1b[3J\x1b[H')
  }

  /** The first line continues a line that was dropped: wraps at the bottom, scrolls to the top, and drops what is above. */
  #wrapIntoFirst(buffer: CoreBuffer): void {
    const { rows, cols } = this.core
    this.#control(`\x1b[${rows};${cols}Hxy${'\n'.repeat(rows - 1)}`)
    const scrolls = buffer === this.core._bufferService.buffers.normal
    this.#control(`${scrolls ? '\x1b[3J' : ''}\x1b[H\x1b[X`)
  }

  /** Whether this row's first character can be printed from behind the row above, so that it wraps by itself. */
  #canWrapInto(line: Line, wrapsOn: boolean): boolean {
    const cell = cellAt(this.core, line, 0)
    if (cell.text === '' || cell.ink.bg & COLOR_BITS || !isPlain(cell.ink)) return false
    return wrapsOn || inkedTail(this.core, line) === this.core.cols
  }

  /** Draws one row from column 0 (or from behind the row above). Returns whether the cursor ends behind the last column. */
  #drawLine(line: Line, wrapsOn: boolean): boolean {
    const { core, pen } = this
    const { cols } = core
    const data = line._data
    const tail = wrapsOn ? cols : inkedTail(core, line)
    for (let x = cols - 1; x >= tail && x > 0; x--) {
      // Overwriting the first half of a wide character leaves its second half empty, in the ink of the overwriting character.
      // From right to left, so that each first half is the next one's second.
      this.#control(`\x1b[${x}G`)
      this.out += WIDE
      this.#control(`\x1b[${x}G`)
      this.#ink(inkOfCell(core, line, x))
      this.out += ' '
      this.#dirty.delete(x)
      this.#dirty.add(x - 1)
    }
    if (tail === 0) {
      this.#control('\r')
      this.#ink(inkOfCell(core, line, 0))
      this.out += ' ' // a row of only such cells begins with a space
      this.#dirty.clear()
    }
    if (tail < cols) this.#control('\r')
    let at = 0 // the cursor's column; if it is behind the row above, the first character wraps to here
    let lastFg = -1
    let lastBg = -1
    for (let x = 0; x < cols; ) {
      const content = data[x * 3]!
      const fg = data[x * 3 + 1]!
      const bg = data[x * 3 + 2]!
      const code = content & CODEPOINT_MASK
      // The common case: a narrow ASCII character in the same ink as the last.
      if (content >>> WIDTH_SHIFT === 1 && !(content & COMBINED) && code >= 0x20 && code < 0x7f) {
        if (x !== at) this.#forward(x - at)
        if (fg !== lastFg || bg !== lastBg || bg & BG_EXTENDED) {
          this.#ink(inkOfCell(core, line, x))
          lastFg = fg
          lastBg = bg
        }
        this.#print(String.fromCharCode(code), 2)
        if (this.#dirty.size > 0) this.#dirty.delete(x)
        at = ++x
        continue
      }
      if ((content & CONTENT_MASK) === 0 && fg === 0 && bg === 0 && !this.#dirty.has(x)) {
        x++
        continue
      }
      const cell = cellAt(core, line, x)
      lastFg = -1
      if (cell.text !== '') {
        if (x !== at) this.#forward(x - at)
        this.#ink(cell.ink)
        this.#print(cell.text, joinStateOf(core, cell.text, cell.width))
        this.#dirty.delete(x)
        if (cell.width === 2) this.#dirty.delete(x + 1)
        at = x += cell.width
      } else if (isErased(cell.ink)) {
        let end = x + 1
        while (end < cols && data[end * 3 + 1] === fg && data[end * 3 + 2] === bg && !(data[end * 3]! & CONTENT_MASK)) {
          if (widthOf(line, end) !== 1) break
          end++
        }
        if (x !== at) this.#forward(x - at)
        at = x
        if (cell.ink.bg !== (pen.ink.bg & COLOR_BITS)) this.#ink({ ...DEFAULT_INK, bg: cell.ink.bg })
        this.#erase(end - x)
        for (; x < end; x++) if (this.#dirty.size > 0) this.#dirty.delete(x)
      } else if (x >= tail || x === cols - 1) {
        x++ // drawn before this row, or with the wrap after it
      } else {
        // Likewise, overwriting a second half leaves the first half empty.
        if (x !== at) this.#forward(x - at)
        this.#print(WIDE, 0)
        this.#control(`\x1b[${x + 2}G`)
        this.#ink(cell.ink)
        this.out += ' '
        this.#join = 0
        this.#control(`\x1b[${x + 2}G`)
        at = ++x
        this.#dirty.delete(x - 1)
        this.#dirty.add(x)
      }
    }
    return at === cols
  }

  #forward(columns: number): void {
    this.#control(columns === 1 ? '\x1b[C' : `\x1b[${columns}C`)
  }

  #erase(columns: number): void {
    this.#control(columns === 1 ? '\x1b[X' : `\x1b[${columns}X`)
  }

  #ink(ink: Ink): void {
    if (sameInk(this.pen.ink, ink)) return
    if (isPlain(ink)) return this.#control(this.pen.plain(ink))
    // A link that only the other buffer uses is forgotten with that buffer.
    if (ink.link) this.#control(this.pen.extended(ink))
    this.#onOtherBuffer(() => this.pen.exact(ink))
  }

  /** If `write` uses DECSC, runs it on the other buffer. */
  #onOtherBuffer(write: () => string): void {
    const text = write()
    if (text.includes('\x1b7')) {
      this.#control(this.#aside[0] + text + this.#aside[1])
      this.usedAside = true
    } else if (text) this.#control(text)
  }

  /** Prints one cluster. If it would join the one before, a NUL separates them. */
  #print(text: string, join: number): void {
    if (
      this.#join !== 0 &&
      (this.#join !== 2 || join !== 2) &&
      this.core.unicodeService.charProperties(text.codePointAt(0)!, this.#join) & 1
    )
      this.out += '\0'
    this.out += text
    this.#join = join
  }

  #control(text: string): void {
    this.out += text
    this.#join = 0
  }
}

/** The column where the empty cells begin that end the row and have more than a background. */
export function inkedTail(core: Core, line: Line): number {
  let x = core.cols
  while (x > 0) {
    const { text, ink } = cellAt(core, line, x - 1)
    if (text !== '' || isErased(ink)) break
    if (x > 1 && isSecondHalf(core, line, x - 1) && cellAt(core, line, x - 2).width === 2) break
    x--
  }
  return x
}

/** Whether ECH produces this ink: an empty cell with nothing but a background. */
export function isErased(ink: Ink): boolean {
  return ink.fg === 0 && (ink.bg & ~COLOR_BITS) === 0
}
