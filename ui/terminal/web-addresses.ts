// Web addresses in a terminal, whole: also those that wrap, and those that a program has broken itself at the right edge, as agents
// do with the address of a login.
import type { IBuffer, IBufferLine } from '@xterm/xterm'
import type { Cell, CellRange } from './selection-text.ts'

export interface WebAddress extends CellRange {
  text: string
}

/** Without what no browser takes in an address (WHATWG URL, URL code points), and box drawing. */
const ADDRESS = /https?:\/\/[^\s"<>`{}|\\^\u2500-\u259f]+/giu
const ADDRESS_TO_END = /https?:\/\/[^\s"<>`{}|\\^\u2500-\u259f]*$/iu
/** A whole row that may be a part of an address. */
const PART = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/
/** Such a row is the next sentence. Without the mark it may be the rest of an address, which is more likely at the right edge. */
const SENTENCE = /^[A-Za-z]+[.,:;!?]+$/
const SCHEME = /^https?:\/\//i
const BORDER = /^[\s│┃║▌▏▕|]*|[\s│┃║▌▏▕|]*$/gu

/** Columns that a program may leave free at the right: padding, a blank and a border. */
const RIGHT_COLUMNS = 4
/** Columns by which a program may indent the rest of what it has broken. */
const INDENT_COLUMNS = 4
/** Above and below. A phone's narrowest terminal shows 2,048 characters on about as many. */
const MAX_ROWS = 64

/** The addresses that are at least partly on row `y`. */
export function addressesOn(buffer: IBuffer, cols: number, y: number): WebAddress[] {
  const rows = new Rows(buffer, cols)
  let first = y
  while (first > 0 && y - first < MAX_ROWS && rows.joins(first - 1)) first--
  let last = y
  while (last - y < MAX_ROWS && rows.joins(last)) last++
  let text = ''
  const cells: Cell[] = []
  for (let row = first; row <= last; row++) {
    const isBroken = (above: number) => above >= first && above < last && !rows.wraps(above)
    const { start, end } = rows.content(row)
    for (const { chars, x } of rows.characters(row)) {
      if (isBroken(row - 1) && x < start) continue
      if (isBroken(row) && x >= end) continue
      for (let unit = 0; unit < chars.length; unit++) cells.push({ x, y: row })
      text += chars
    }
  }
  const found: WebAddress[] = []
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutPunctuation(match[0])
    const start = cells[match.index]!
    const before = cells[match.index + address.length - 1]!
    const end = { x: before.x + 1, y: before.y }
    if (!SCHEME.test(address) || start.y > y || end.y < y) continue
    found.push({ text: address, start, end })
  }
  return found
}

export function addressAt(buffer: IBuffer, cols: number, { x, y }: Cell): WebAddress | undefined {
  return addressesOn(buffer, cols, y).find(
    ({ start, end }) => (start.y < y || start.x <= x) && (end.y > y || end.x > x),
  )
}

/** What ends a sentence or a bracket around an address is not part of it. */
function withoutPunctuation(address: string): string {
  for (;;) {
    const last = address.at(-1)!
    const opening = last === ')' ? '(' : last === ']' ? '[' : undefined
    const isUnbalanced = opening && address.split(last).length > address.split(opening).length
    if (!isUnbalanced && !/[.,:;!?'…]/u.test(last)) return address
    address = address.slice(0, -1)
  }
}

interface Content {
  text: string
  /** Columns of the first character and behind the last one, without blanks and borders. */
  start: number
  end: number
}

class Rows {
  readonly #buffer: IBuffer
  readonly #cols: number
  readonly #contents = new Map<number, Content>()

  constructor(buffer: IBuffer, cols: number) {
    this.#buffer = buffer
    this.#cols = cols
  }

  /** Whether row `y` goes on in the next one by itself. */
  wraps(y: number): boolean {
    return this.#line(y + 1)?.isWrapped === true
  }

  joins(y: number): boolean {
    return this.wraps(y) || this.#isBroken(y, MAX_ROWS)
  }

  /** Whether the program has broken an address behind row `y`. */
  #isBroken(y: number, left: number): boolean {
    const above = this.content(y)
    const below = this.content(y + 1)
    if (left === 0 || above.end < this.#cols - RIGHT_COLUMNS) return false
    if (below.start < above.start || below.start > above.start + INDENT_COLUMNS) return false
    if (!PART.test(below.text) || SENTENCE.test(below.text) || SCHEME.test(below.text)) return false
    return (
      ADDRESS_TO_END.test(above.text) ||
      (PART.test(above.text) && y > 0 && (this.wraps(y - 1) || this.#isBroken(y - 1, left - 1)))
    )
  }

  content(y: number): Content {
    const known = this.#contents.get(y)
    if (known) return known
    let text = ''
    const columns: number[] = []
    for (const { chars, x } of this.characters(y)) {
      for (let unit = 0; unit < chars.length; unit++) columns.push(x)
      text += chars
    }
    const begin = text.length - text.replace(/^[\s│┃║▌▏▕|]*/u, '').length
    const stripped = text.replace(BORDER, '')
    const start = columns[begin] ?? this.#cols
    const content = { text: stripped, start, end: stripped ? columns[begin + stripped.length - 1]! + 1 : start }
    this.#contents.set(y, content)
    return content
  }

  *characters(y: number): Generator<{ chars: string; x: number }> {
    const line = this.#line(y)
    if (!line) return
    let cell = line.getCell(0)
    for (let x = 0; x < this.#cols && cell; x++) {
      cell = line.getCell(x, cell)
      if (cell && cell.getWidth() > 0) yield { chars: cell.getChars() || ' ', x }
    }
  }

  #line(y: number): IBufferLine | undefined {
    return this.#buffer.getLine(y)
  }
}
