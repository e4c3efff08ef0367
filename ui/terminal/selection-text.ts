// The text of lines and selections as it was printed.
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

/** A cell at the end of a row that is empty because a wide character did not fit. */
export function isFiller(buffer: IBuffer, cols: number, { x, y }: Cell): boolean {
  const next = buffer.getLine(y + 1)
  return x === cols - 1 && !!next?.isWrapped && charsAt(buffer, { x, y }) === '' && next.getCell(0)?.getWidth() === 2
}

export function charsAt(buffer: IBuffer, { x, y }: Cell): string {
  return buffer.getLine(y)?.getCell(x)?.getChars() ?? ''
}

export function widthAt(buffer: IBuffer, { x, y }: Cell): number {
  return buffer.getLine(y)?.getCell(x)?.getWidth() ?? 1
}
