// Which cells make a word or whole characters.
import type { IBuffer } from '@xterm/xterm'
import { type Cell, type CellRange, charsAt, isFiller, lineAt, widthAt } from './selection-text.ts'

/** Ends a word, path or address: blanks, quotes, brackets, box drawing. */
const SEPARATOR = /[\s"'`()[\]{}<>|;,\u2500-\u259f]/u

/** Ends a sentence, and is not part of the word before it. */
const TRAILING = /[.:!?]/

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

function nearestText(buffer: IBuffer, cols: number, { x, y }: Cell): number {
  const isBlank = (x: number) =>
    x < 0 || x >= cols || (widthAt(buffer, { x, y }) > 0 && !charsAt(buffer, { x, y }).trim())
  for (let away = 0; away < cols; away++) {
    if (!isBlank(x - away)) return x - away
    if (!isBlank(x + away)) return x + away
  }
  return x
}

/** The second cell of a wide character is never a separator. */
function isSeparator(buffer: IBuffer, cols: number, cell: Cell): boolean {
  const chars = charsAt(buffer, cell)
  if (chars === '') return widthAt(buffer, cell) !== 0 && !isFiller(buffer, cols, cell)
  return SEPARATOR.test(chars)
}
