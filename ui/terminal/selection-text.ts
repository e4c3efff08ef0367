// The text of a selection as it was printed, and which cells make a word, a line, or whole characters.
import type { IBuffer } from '@xterm/xterm'

/** A cell; `y` counts from the first line in the terminal's buffer. */
export interface Cell {
  x: number
  y: number
}

/** From `start` to `end`, exclusive; the `x` of `end` may be the number of columns. */
export interface CellRange {
  start: Cell
  end: Cell
}

/** Ends a word, path or address: blanks, quotes, brackets, box drawing. */
const SEPARATOR = /[\s"'`()[\]{}<>|;,\u2500-\u259f]/u
/** Ends a sentence, and is not part of the word before it. */
const TRAILING = /[.:!?]/

/** Wrapped rows are joined to one line; blanks at the end of a line are removed, as they were not printed. */
export function selectionText(buffer: IBuffer, cols: number, { start, end }: CellRange): string {
  let text = ''
  for (let y = start.y; y <= end.y; y++) {
    const line = buffer.getLine(y)
    if (!line) break
    if (y > start.y && !line.isWrapped) text += '\n'
    const wraps = buffer.getLine(y + 1)?.isWrapped === true
    let to = y === end.y ? end.x : cols
    if (to === cols && isFiller(buffer, cols, { x: cols - 1, y })) to--
    const part = line.translateToString(false, y === start.y ? start.x : 0, to)
    text += wraps && y < end.y ? part : part.trimEnd()
  }
  return text
}

/** The cells of a line, including all rows that it wraps to. */
export function lineAt(buffer: IBuffer, cols: number, y: number): CellRange {
  let first = y
  while (first > 0 && buffer.getLine(first)?.isWrapped) first--
  let last = y
  while (buffer.getLine(last + 1)?.isWrapped) last++
  return { start: { x: 0, y: first }, end: { x: cols, y: last } }
}

/**
 * The word at a cell, also if it wraps; at a blank the nearest word of the row; in a blank row the cell itself. Both cells
 * of a wide character are included.
 */
export function wordAt(buffer: IBuffer, cols: number, at: Cell): CellRange {
  const cell = { x: nearestText(buffer, cols, at), y: at.y }
  const { start: first, end: last } = lineAt(buffer, cols, at.y)
  if (isSeparator(buffer, cols, cell))
    return wholeCharacters(buffer, cols, { start: cell, end: { x: cell.x + 1, y: cell.y } })
  const step = ({ x, y }: Cell, by: number): Cell | undefined => {
    const next = x + by < 0 ? { x: cols - 1, y: y - 1 } : x + by >= cols ? { x: 0, y: y + 1 } : { x: x + by, y }
    return next.y < first.y || next.y > last.y || isSeparator(buffer, cols, next) ? undefined : next
  }
  const edge = (by: number) => {
    let here = cell
    for (let next = step(here, by); next; next = step(here, by)) here = next
    return here
  }
  const start = edge(-1)
  let end = edge(1)
  while (isAfter(end, start) && TRAILING.test(charsAt(buffer, end)) && isAfter(end, cell)) end = step(end, -1) ?? start
  return wholeCharacters(buffer, cols, { start, end: { x: end.x + 1, y: end.y } })
}

/** Extends both ends to whole characters. */
export function wholeCharacters(buffer: IBuffer, cols: number, { start, end }: CellRange): CellRange {
  const from = widthAt(buffer, start) === 0 ? Math.max(0, start.x - 1) : start.x
  const to = end.x > 0 && widthAt(buffer, { x: end.x - 1, y: end.y }) === 2 ? Math.min(cols, end.x + 1) : end.x
  return { start: { x: from, y: start.y }, end: { x: to, y: end.y } }
}

export function isAfter(a: Cell, b: Cell): boolean {
  return a.y > b.y || (a.y === b.y && a.x > b.x)
}

/** The smallest range that contains both. */
export function union(a: CellRange, b: CellRange): CellRange {
  return { start: isAfter(a.start, b.start) ? b.start : a.start, end: isAfter(a.end, b.end) ? a.end : b.end }
}

/**
 * The first complete line from row `y` on that is not blank, and how many lines follow it: where reading goes on. A line
 * whose first rows have scrolled out of the buffer is skipped.
 */
export function lineAnchor(buffer: IBuffer, cols: number, y: number): { line: string; below: number } | undefined {
  const last = lastLine(buffer)
  for (; y <= last; y++) {
    if (buffer.getLine(y)?.isWrapped) continue
    const line = selectionText(buffer, cols, lineAt(buffer, cols, y))
    if (!line.trim()) continue
    let below = 0
    for (let row = last; row > y; row--) if (!buffer.getLine(row)?.isWrapped) below++
    return { line, below }
  }
  return undefined
}

/** The last row that is not blank. */
export function lastLine(buffer: IBuffer): number {
  for (let y = buffer.length - 1; y > 0; y--) if (buffer.getLine(y)?.translateToString(true).trim()) return y
  return 0
}

function nearestText(buffer: IBuffer, cols: number, { x, y }: Cell): number {
  const isBlank = (x: number) =>
    x < 0 || x >= cols || (widthAt(buffer, { x, y }) > 0 && !charsAt(buffer, { x, y }).trim())
  for (let away = 0; away < cols; away++) {
    if (!isBlank(x - away)) return x - away
    if (!isBlank(x + away)) return x + away
  }
  return x
}

/** A cell at the end of a row that is empty because a wide character did not fit. */
function isFiller(buffer: IBuffer, cols: number, { x, y }: Cell): boolean {
  const next = buffer.getLine(y + 1)
  return x === cols - 1 && !!next?.isWrapped && charsAt(buffer, { x, y }) === '' && next.getCell(0)?.getWidth() === 2
}

/** The second cell of a wide character is never a separator. */
function isSeparator(buffer: IBuffer, cols: number, cell: Cell): boolean {
  const chars = charsAt(buffer, cell)
  if (chars === '') return widthAt(buffer, cell) !== 0 && !isFiller(buffer, cols, cell)
  return SEPARATOR.test(chars)
}

function charsAt(buffer: IBuffer, { x, y }: Cell): string {
  return buffer.getLine(y)?.getCell(x)?.getChars() ?? ''
}

function widthAt(buffer: IBuffer, { x, y }: Cell): number {
  return buffer.getLine(y)?.getCell(x)?.getWidth() ?? 1
}
