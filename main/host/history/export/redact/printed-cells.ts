// A terminal whose cells know from where in the output they came: secrets are found as they appear on the screen, however they
// got there, and redacted where they were printed.
//
// Colors do not matter here, so the words of a cell that hold its colors hold the position of its character instead. Insertions,
// deletions, scrolling and a resize carry it along. What is on the screen is passed on before it changes.
import { CODEPOINT_MASK, COMBINED, CONTENT_MASK, WIDTH_SHIFT } from '../../../screen/cells.ts'
import { createTerminal, type Terminal } from '../../../screen/xterm.ts'
import { type Core, type CoreBuffer, coreOf, type Line } from '../../../screen/xterm-internals.ts'

/** No position: a blank that was not printed. */
export const NOWHERE = -1

/** What a word of colors can hold without becoming a color mode or an attribute. */
const WORD_BITS = 24
const WORD = 1 << WORD_BITS

/** Rows that scrolled out are kept for a line that is longer than the screen: a few windows of one column each. */
const SCROLLBACK = 4_096

/** Of a line without end, this much is looked at together: no secret is longer. */
const WINDOW_CHARACTERS = 8 * 1024

/** In a narrow window as many rows. */
const WINDOW_ROWS = 1_024

const SPACE = 0x20
const DEL = 0x7f

/** Characters that divide what a reader sees as one word: invisible ones, also of text exports, and those that are no character. */
const UNSEEN = /[\p{Cf}\p{Variation_Selector}\u115f\u1160\u3164\uffa0\ufffd]|\u034f|\u17b4|\u17b5/gu

/** Control characters and escape sequences that move, erase or hide what is on the screen, as methods of xterm.js. */
const CHANGES = ['lineFeed', 'index', 'nextLine', 'reverseIndex', 'fullReset', 'screenAlignmentPattern'] as const

/** CSI sequences that do: erasing, inserting, deleting, scrolling; with `?` also the change of screens. */
const CSI_CHANGES = [...'@JKLMPSTX'].map(final => ({ final }))
const PRIVATE_CHANGES = [...'JKhl'].map(final => ({ prefix: '?', final }))
const COLUMN_CHANGES = [
  { intermediates: ' ', final: '@' },
  { intermediates: ' ', final: 'A' },
  { intermediates: "'", final: '}' },
  { intermediates: "'", final: '~' },
]

type Handler = Core['_inputHandler'] & Record<(typeof CHANGES)[number], (...params: unknown[]) => unknown>

export class PrintedCells {
  readonly #terminal: Terminal
  readonly #core: Core
  /** Receives lines as they are on the screen: for each UTF-16 unit, the position of its character. */
  readonly #onLine: (text: string, positions: readonly number[]) => void
  #codes: Uint32Array = new Uint32Array()
  #positions: Float64Array = new Float64Array()
  /** Rows that were printed to since they were passed on. */
  readonly #fresh = new Set<Line>()
  #printed = 0
  /** Where the next character goes if the cursor is not moved; whether it was. */
  #next = { buffer: undefined as CoreBuffer | undefined, x: 0, y: 0 }
  #isMoved = false

  constructor(
    { cols, rows }: { cols: number; rows: number },
    onLine: (text: string, positions: readonly number[]) => void,
  ) {
    this.#terminal = createTerminal({ cols, rows, scrollback: SCROLLBACK })
    this.#core = coreOf(this.#terminal)
    this.#onLine = onLine
    const handler = this.#core._inputHandler as Handler
    const print = handler.print.bind(handler)
    handler.print = (data, start, end) => {
      // REP prints the last character again.
      if (data !== this.#codes) return print(data, start, end)
      this.#print(print, start, end)
    }
    for (const name of CHANGES) {
      const change = handler[name]
      if (typeof change !== 'function') throw new Error(`this version of @xterm/headless lacks inputHandler.${name}`)
      const bound = change.bind(handler)
      handler[name] = (...params) => {
        this.passOn()
        return bound(...params)
      }
    }
    for (const sequence of [...CSI_CHANGES, ...PRIVATE_CHANGES, ...COLUMN_CHANGES])
      this.#terminal.parser.registerCsiHandler(sequence, () => {
        this.passOn()
        return false
      })
  }

  /** Characters and their positions, below 2^48. */
  write(codes: Uint32Array, positions: Float64Array): void {
    this.#codes = codes
    this.#positions = positions
    const { _parser } = this.#core._inputHandler as unknown as {
      _parser: { parse(codes: Uint32Array, length: number): unknown }
    }
    _parser.parse(codes, codes.length)
  }

  resize(cols: number, rows: number): void {
    this.passOn()
    this.#terminal.resize(cols, rows)
  }

  /** Passes on the lines that changed. */
  passOn(): void {
    this.#isMoved = false
    this.#printed = 0
    if (this.#fresh.size === 0) return
    const buffer = this.#core._inputHandler._activeBuffer
    const rows: number[] = []
    // Rows that were printed last are at the end.
    for (
      let y = Math.min(buffer.lines.length, buffer.ybase + this.#core.rows) - 1;
      y >= 0 && this.#fresh.size > 0;
      y--
    ) {
      const line = buffer.lines.get(y)
      if (line && this.#fresh.delete(line)) rows.push(y)
    }
    this.#fresh.clear()
    let covered = -1
    for (const y of rows.reverse()) {
      if (y < covered) continue
      const wrapped = this.#extent(buffer, y, isWrapped)
      this.#pass(buffer, wrapped)
      // A program may wrap lines itself. Then the rows are also looked at together.
      const full = this.#extent(buffer, y, continues)
      if (full.begin < wrapped.begin || full.end > wrapped.end) this.#pass(buffer, full)
      covered = wrapped.end
    }
  }

  dispose(): void {
    this.#terminal.dispose()
  }

  #print(print: (data: Uint32Array, start: number, end: number) => void, start: number, end: number): void {
    const core = this.#core
    const handler = core._inputHandler
    const codes = this.#codes
    const { buffer: expected, x: expectedX, y: expectedY } = this.#next
    let buffer = handler._activeBuffer
    if (buffer !== expected || buffer.x !== expectedX || buffer.ybase + buffer.y !== expectedY) this.#isMoved = true
    const isSimple = () =>
      handler._parser.precedingJoinState >> 3 === 0 &&
      !core.coreService.modes.insertMode &&
      !core._charsetService.charset
    for (let at = start; at < end; ) {
      buffer = handler._activeBuffer
      const { x } = buffer
      let next = at
      if (isSimple()) {
        const limit = Math.min(end, at + core.cols - x)
        while (next < limit && codes[next]! >= SPACE && codes[next]! < DEL) next++
      }
      const isRun = next > at
      if (!isRun) next = at + 1
      this.#beforePrint(buffer, next - at)
      this.#setPosition(at)
      print(codes, at, next)
      buffer = handler._activeBuffer
      const line = buffer.lines.get(buffer.ybase + buffer.y)!
      this.#fresh.add(line)
      if (isRun) {
        for (let i = 1; i < next - at; i++) {
          const position = this.#positions[at + i]!
          line._data[(x + i) * 3 + 1] = position % WORD
          line._data[(x + i) * 3 + 2] = Math.floor(position / WORD)
        }
      }
      this.#printed += next - at
      if (this.#printed >= Math.min(WINDOW_CHARACTERS, core.cols * WINDOW_ROWS)) this.passOn()
      at = next
    }
    this.#next = { buffer, x: buffer.x, y: buffer.ybase + buffer.y }
  }

  #setPosition(at: number): void {
    const pen = this.#core._inputHandler._curAttrData
    const position = this.#positions[at]!
    pen.fg = position % WORD
    pen.bg = Math.floor(position / WORD)
  }

  /** What the cursor returned to is passed on before it is overwritten. */
  #beforePrint(buffer: CoreBuffer, count: number): void {
    if (!this.#isMoved) return
    const y = buffer.ybase + buffer.y
    if (this.#isInTheWay(buffer.lines.get(y), buffer.x, buffer.x + count + 1)) return this.passOn()
    if (buffer.x + count >= this.#core.cols && this.#isInTheWay(buffer.lines.get(y + 1), 0, 2)) this.passOn()
  }

  #isInTheWay(line: Line | undefined, from: number, to: number): boolean {
    if (!line || !this.#fresh.has(line)) return false
    for (let x = from; x < Math.min(to, line.length); x++) {
      const content = line._data[x * 3]! & CONTENT_MASK
      if (content !== 0 && content !== SPACE) return true
    }
    return false
  }

  /** The rows around row `y` that belong together. */
  #extent(
    { lines }: CoreBuffer,
    y: number,
    isJoined: (upper: Line | undefined, lower: Line | undefined, cols: number) => boolean,
  ): { begin: number; end: number } {
    const { cols } = this.#core
    const most = Math.min(Math.ceil(WINDOW_CHARACTERS / cols), WINDOW_ROWS)
    let [begin, end] = [y, y + 1]
    while (begin > 0 && y - begin < most && isJoined(lines.get(begin - 1), lines.get(begin), cols)) begin--
    while (end < lines.length && end - y < 2 * most && isJoined(lines.get(end - 1), lines.get(end), cols)) end++
    return { begin, end }
  }

  #pass({ lines }: CoreBuffer, { begin, end }: { begin: number; end: number }): void {
    const { cols } = this.#core
    let text = ''
    const positions: number[] = []
    for (let y = begin; y < end; y++) {
      const line = lines.get(y)
      if (!line) continue
      const data = line._data
      let last = Math.min(cols, line.length)
      if (y === end - 1) while (last > 0 && (data[(last - 1) * 3]! & CONTENT_MASK) === 0) last--
      // A wide character that has no room at the right margin leaves a blank there.
      else if (isBlank(line, last - 1) && isWide(lines.get(y + 1))) last--
      for (let x = 0; x < last; x++) {
        const content = data[x * 3]!
        if (content === 0) continue // the second half of a wide character
        const isPrinted = (content & CONTENT_MASK) !== 0
        const position = isPrinted ? (data[x * 3 + 1]! % WORD) + (data[x * 3 + 2]! % WORD) * WORD : NOWHERE
        const shown = !isPrinted
          ? ' '
          : content & COMBINED
            ? (line._combined[x] ?? ' ')
            : String.fromCodePoint(content & CODEPOINT_MASK)
        const searched = shown < '\x7f' && shown.length === 1 ? shown : shown.replace(UNSEEN, '')
        text += searched
        for (let i = 0; i < searched.length; i++) positions.push(position)
      }
    }
    if (text !== '') this.#onLine(text, positions)
  }
}

function isWrapped(_upper: Line | undefined, lower: Line | undefined): boolean {
  return lower?.isWrapped === true
}

function continues(upper: Line | undefined, lower: Line | undefined, cols: number): boolean {
  if (!upper || !lower) return false
  if (lower.isWrapped) return true
  // What goes on may have a blank on one side of the margin, which the program printed.
  const [before, after] = [isText(upper, cols - 1), isText(lower, 0)]
  return (before && !isBlank(lower, 0)) || (after && !isBlank(upper, cols - 1))
}

/** Of a password, too: anything that a keyboard has. */
function isText(line: Line, x: number): boolean {
  const content = line._data[x * 3]! & CONTENT_MASK
  return content > SPACE && content < DEL
}

function isBlank(line: Line, x: number): boolean {
  return (line._data[x * 3]! & CONTENT_MASK) === 0
}

function isWide(line: Line | undefined): boolean {
  return line?.isWrapped === true && line._data[0]! >> WIDTH_SHIFT === 2
}
