// Writes the output that draws one buffer, its scrollback included, on a blank screen of the same size. Knows nothing of
// modes, of the other buffer or of where the cursor ends.

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

/** What stands for a cluster that xterm.js itself has garbled while reflowing: one column, and two (the geta mark). */
const GARBLED = ['\ufffd', '\u3013']

/** A character two columns wide that joins nothing: what it is printed for is to be overwritten. */
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

export interface Saved {
  x: number
  y: number
  fg: number
  bg: number
  charset: Charset
}

export function savedOf(core: Core, buffer: CoreBuffer): Saved {
  const { savedX: x, savedY: y, savedCurAttrData: pen, savedCharset: charset } = buffer
  const { fg, bg } = inkOf(core, pen.fg, pen.bg, undefined)
  return { x, y, fg, bg, charset }
}

function linesOf(buffer: CoreBuffer): Line[] {
  const lines: Line[] = []
  for (let y = 0; y < buffer.lines.length; y++) lines.push(buffer.lines.get(y)!)
  return lines
}

export function isInitial(saved: Saved): boolean {
  return saved.x === 0 && saved.y === 0 && saved.fg === 0 && saved.bg === 0 && !saved.charset
}

export class Painter {
  out = ''
  readonly core: Core
  readonly pen: Pen
  /** Where DECSC and DECRC may be used for their own sake: between these, on the other buffer. */
  #aside: [string, string] = ['', '']
  /** The other buffer's saved cursor was used and is not what it was. */
  usedAside = false
  /** xterm.js's join state after what was written last; 0 when a control sequence came since. */
  #join = 0
  /** Columns of this row that hold what they should not, until they are drawn. */
  #dirty = new Set<number>()

  constructor(core: Core, pen: Pen) {
    this.core = core
    this.pen = pen
  }

  /** Draws `buffer` on a blank one that is active with the cursor at home. `saved` is saved while its row is blank. */
  draw(buffer: CoreBuffer, saved: Saved | undefined, aside: [string, string]): void {
    const { core } = this
    const { rows, cols } = core
    this.#aside = aside
    const lines = linesOf(buffer)
    if (saved && saved.y >= lines.length) this.#saveBelow(saved)
    if (lines[0]!.isWrapped) this.#wrapIntoFirst(buffer)
    /** The cursor is behind the last column of the row above and the next character wraps. */
    let behind = false
    for (let y = 0; y < lines.length; y++) {
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
        // An empty last cell, and yet the row goes on below: so it is after a wide character that did not fit.
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

  /** Saves the cursor with what DECSC saves; the cursor is in column 0 of the row, which is blank, and is there again. */
  #save(saved: Saved): void {
    const { cols } = this.core
    this.#aloof(() => this.pen.flags(saved.fg, saved.bg))
    if (saved.x < cols) this.#control(`\x1b[${saved.x + 1}G`)
    else this.out += `\x1b[${cols}G `
    const final = charsetFinal(saved.charset)
    this.#control(final === 'B' ? '\x1b7' : `\x1b(${final}\x1b7\x1b(B`)
    this.#ink(DEFAULT_INK)
    if (saved.x >= cols) this.#control(`\x1b[${cols}G\x1b[X`)
    this.#control('\r')
  }

  /** A saved row below the last line is left by a window that got shorter: save it in a longer buffer, then shorten that. */
  #saveBelow(saved: Saved): void {
    const { rows } = this.core
    this.#control(`\x1b[${rows}H${'\n'.repeat(saved.y - rows + 1)}`)
    this.#save(saved)
    this.#control('\x1b[2J\x1b[3J\x1b[H')
  }

  /** The first line goes on from one that is no longer there: wrap at the bottom, scroll to the top, drop what is above. */
  #wrapIntoFirst(buffer: CoreBuffer): void {
    const { rows, cols } = this.core
    this.#control(`\x1b[${rows};${cols}Hxy${'\n'.repeat(rows - 1)}`)
    const scrolls = buffer === this.core._bufferService.buffers.normal
    this.#control(`${scrolls ? '\x1b[3J' : ''}\x1b[H\x1b[X`)
  }

  /** Whether this row's first character can be printed from behind the row above, and wraps by itself. */
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
      // The second half of a wide character whose first half is overwritten is left empty, in the ink of what overwrites
      // it. Towards the left, so that each one's first half is the next one's second.
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
      this.out += ' ' // a row of nothing else begins with a space
      this.#dirty.clear()
    }
    if (tail < cols) this.#control('\r')
    let at = 0 // the cursor's column; from behind the row above, the first character brings it there
    let lastFg = -1
    let lastBg = -1
    for (let x = 0; x < cols; ) {
      const content = data[x * 3]!
      const fg = data[x * 3 + 1]!
      const bg = data[x * 3 + 2]!
      const code = content & CODEPOINT_MASK
      // The common case: a narrow ASCII character in the ink of the one before.
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
        x++ // drawn before this row, or with the wrap behind it
      } else {
        // Likewise a first half, when its second half is overwritten.
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
    // A link that is known only to the other buffer is forgotten with that.
    if (ink.link) this.#control(this.pen.extended(ink))
    this.#aloof(() => this.pen.exact(ink))
  }

  #aloof(write: () => string): void {
    const text = write()
    if (text.includes('\x1b7')) {
      this.#control(this.#aside[0] + text + this.#aside[1])
      this.usedAside = true
    } else if (text) this.#control(text)
  }

  /** One cluster, which must not join the one before: a NUL keeps them apart. */
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

/** Where the empty cells begin that end the row and have more than a background. */
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

/** Whether ECH leaves this: an empty cell that has nothing but a background. */
export function isErased(ink: Ink): boolean {
  return ink.fg === 0 && (ink.bg & ~COLOR_BITS) === 0
}
