// What is selected in a terminal: its text as it was printed, and which cells are a word. Knows no DOM and no fingers.
import type { IBuffer } from '@xterm/xterm'

/** A cell; `y` counts from the first line that the terminal still has. */
export interface Cell {
  x: number
  y: number
}

/** From `start` up to but without `end`, whose `x` may be the number of columns. */
export interface CellRange {
  start: Cell
  end: Cell
}

/** What no word, path or address goes on behind: blanks, quotes, brackets, and the lines that programs draw. */
const BETWEEN = /[\s"'`()[\]{}<>|;,\u2500-\u259f]/u
/** What ends a sentence rather than a word. */
const TRAILING = /[.:!?]/

/** Lines that were only wrapped are one; blanks behind them were never printed. */
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

/** The cells of a line, over all rows that it wraps to. */
export function lineAt(buffer: IBuffer, cols: number, y: number): CellRange {
  let first = y
  while (first > 0 && buffer.getLine(first)?.isWrapped) first--
  let last = y
  while (buffer.getLine(last + 1)?.isWrapped) last++
  return { start: { x: 0, y: first }, end: { x: cols, y: last } }
}

/**
 * The word at a cell, also where it wraps; at a blank the nearest word of the row, at a row of blanks the cell itself.
 * Whole characters: one that is two cells wide is taken with both.
 */
export function wordAt(buffer: IBuffer, cols: number, at: Cell): CellRange {
  const cell = { x: nearestInk(buffer, cols, at), y: at.y }
  const { start: first, end: last } = lineAt(buffer, cols, at.y)
  if (isBetween(buffer, cols, cell))
    return wholeCharacters(buffer, cols, { start: cell, end: { x: cell.x + 1, y: cell.y } })
  const step = ({ x, y }: Cell, by: number): Cell | undefined => {
    const next = x + by < 0 ? { x: cols - 1, y: y - 1 } : x + by >= cols ? { x: 0, y: y + 1 } : { x: x + by, y }
    return next.y < first.y || next.y > last.y || isBetween(buffer, cols, next) ? undefined : next
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

/** Both ends moved out to whole characters. */
export function wholeCharacters(buffer: IBuffer, cols: number, { start, end }: CellRange): CellRange {
  const from = widthAt(buffer, start) === 0 ? Math.max(0, start.x - 1) : start.x
  const to = end.x > 0 && widthAt(buffer, { x: end.x - 1, y: end.y }) === 2 ? Math.min(cols, end.x + 1) : end.x
  return { start: { x: from, y: start.y }, end: { x: to, y: end.y } }
}

export function isAfter(a: Cell, b: Cell): boolean {
  return a.y > b.y || (a.y === b.y && a.x > b.x)
}

/** The smallest range that has both in it. */
export function union(a: CellRange, b: CellRange): CellRange {
  return { start: isAfter(a.start, b.start) ? b.start : a.start, end: isAfter(a.end, b.end) ? a.end : b.end }
}

/** The first line from row `y` on that is there from its beginning and not blank, and how many lines follow it: where a reader goes on. */
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

/** The last line on which there is something. */
export function lastLine(buffer: IBuffer): number {
  for (let y = buffer.length - 1; y > 0; y--) if (buffer.getLine(y)?.translateToString(true).trim()) return y
  return 0
}

function nearestInk(buffer: IBuffer, cols: number, { x, y }: Cell): number {
  const isBlank = (x: number) =>
    x < 0 || x >= cols || (widthAt(buffer, { x, y }) > 0 && !charsAt(buffer, { x, y }).trim())
  for (let away = 0; away < cols; away++) {
    if (!isBlank(x - away)) return x - away
    if (!isBlank(x + away)) return x + away
  }
  return x
}

/** A wide character that had no room at the end of a line left a cell empty there. */
function isFiller(buffer: IBuffer, cols: number, { x, y }: Cell): boolean {
  const next = buffer.getLine(y + 1)
  return x === cols - 1 && !!next?.isWrapped && charsAt(buffer, { x, y }) === '' && next.getCell(0)?.getWidth() === 2
}

/** The second cell of a wide character is as its first. */
function isBetween(buffer: IBuffer, cols: number, cell: Cell): boolean {
  const chars = charsAt(buffer, cell)
  if (chars === '') return widthAt(buffer, cell) !== 0 && !isFiller(buffer, cols, cell)
  return BETWEEN.test(chars)
}

function charsAt(buffer: IBuffer, { x, y }: Cell): string {
  return buffer.getLine(y)?.getCell(x)?.getChars() ?? ''
}

function widthAt(buffer: IBuffer, { x, y }: Cell): number {
  return buffer.getLine(y)?.getCell(x)?.getWidth() ?? 1
}
