// Resizes the normal screen of an xterm.js as other terminals do: rows come back from the scrollback, and what is below the
// cursor stays below it.
//
// xterm.js 6.0 by itself
//   growing    pulls rows back only if the cursor is in the last one, otherwise adds blank rows below: a program with hints
//              below its prompt ends up in the upper third of a phone that was rotated twice;
//   shrinking  drops the rows below the cursor first, whatever they contain;
//   reflowing  counts every newly wrapped row as one above the cursor, drops rows below it to make room, and so moves the
//              cursor and the saved cursor to other text.

interface Line {
  isWrapped: boolean
  length: number
  _data: Uint32Array
}

export interface ResizedBuffer {
  y: number
  ybase: number
  ydisp: number
  /** Counted from the first row of the scrollback, like ybase. */
  savedY: number
  lines: {
    length: number
    readonly maxLength: number
    get(index: number): Line | undefined
    push(line: Line): void
    pop(): Line | undefined
  }
  _cols: number
  _rows: number
  getBlankLine(attributes: undefined): Line
  resize(cols: number, rows: number): void
}

const CODE = 0x3fffff
/** Attributes that make a blank cell visible. In its second number: inverse, underline, strikethrough; */
const VISIBLE_FG = 0x04000000 | 0x10000000 | 0x80000000
/** in its third: overline, background color. */
const VISIBLE_BG = 0x40000000 | 0x03000000

function isBlank({ length, _data }: Line): boolean {
  for (let i = 0; i < length * 3; i += 3) {
    const code = _data[i]! & CODE
    if ((code !== 0 && code !== 0x20) || _data[i + 1]! & VISIBLE_FG || _data[i + 2]! & VISIBLE_BG) return false
  }
  return true
}

/** The number of blank rows at the end of the screen, below the cursor; at most `max`. */
function blankRowsBelow(buffer: ResizedBuffer, max: number): number {
  const { lines } = buffer
  const cursor = buffer.ybase + buffer.y
  let count = 0
  while (count < max && lines.length - 1 - count > cursor && isBlank(lines.get(lines.length - 1 - count)!)) count++
  return count
}

/** Moves the screen `by` rows down over the text (up, if negative); a scrolled-up viewport stays where it is. */
function moveScreen(buffer: ResizedBuffer, by: number): void {
  const follows = buffer.ydisp === buffer.ybase
  buffer.ybase += by
  buffer.y -= by
  buffer.ydisp = follows ? buffer.ybase : Math.min(buffer.ydisp, buffer.ybase)
}

/**
 * `withFallback` calls its argument, which resizes and may throw. What makes room comes first: more rows, or wider lines that
 * need fewer rows.
 */
export function resizeNormal(
  buffer: ResizedBuffer,
  cols: number,
  rows: number,
  withFallback: (resize: () => void) => void,
): void {
  if (rows > buffer._rows) resizeRows(buffer, rows)
  if (cols !== buffer._cols) resizeColumns(buffer, cols, withFallback)
  if (rows < buffer._rows) resizeRows(buffer, rows)
}

/**
 * Moves the screen first, so that all xterm.js has left to do is to add blank rows where the scrollback has no more, and to
 * drop rows below the cursor: blank ones, or those that do not fit.
 */
function resizeRows(buffer: ResizedBuffer, rows: number): void {
  const grown = rows - buffer._rows
  if (grown > 0) moveScreen(buffer, -Math.min(grown, buffer.ybase))
  else moveScreen(buffer, Math.min(-grown - blankRowsBelow(buffer, -grown), buffer.y))
  buffer.resize(buffer._cols, rows)
}

/** A row, identified by its content: the first row of its wrapped line, and how many rows below that it is. */
interface Anchor {
  line: Line | undefined
  below: number
}

function anchorOf({ lines }: ResizedBuffer, row: number): Anchor {
  let first = Math.min(row, lines.length - 1)
  while (first > 0 && lines.get(first)!.isWrapped) first--
  return { line: lines.get(first), below: row - first }
}

/** Where that row is now; the first row of all, if it has left the scrollback. */
function rowOf({ lines }: ResizedBuffer, { line, below }: Anchor): number {
  let first = lines.length - 1
  while (first > 0 && lines.get(first) !== line) first--
  let row = first
  while (row - first < below && lines.get(row + 1)?.isWrapped && row + 1 < lines.length) row++
  return row
}

/** Reflows; then finds the rows of the cursor, the saved cursor and the top of the viewport again. */
function resizeColumns(buffer: ResizedBuffer, cols: number, withFallback: (resize: () => void) => void): void {
  const { lines, _rows: rows } = buffer
  const cursor = buffer.ybase + buffer.y
  const anchor = anchorOf(buffer, cursor)
  const saved = anchorOf(buffer, buffer.savedY)
  const savedBelow = buffer.savedY < lines.length ? undefined : buffer.savedY - cursor
  const view = buffer.ydisp === buffer.ybase ? undefined : anchorOf(buffer, buffer.ydisp)
  // Without a scrollback the screen fills from its top: its blank rows are free.
  if (cols < buffer._cols && buffer.ybase === 0)
    for (let blank = blankRowsBelow(buffer, rows); blank > 0; blank--) lines.pop()
  // The same row, with ybase so high that xterm.js neither raises it nor removes a line below the cursor. xterm.js reflows
  // from the last line to the first: if it raised ybase on the way, it would take another line for the cursor's and truncate
  // it instead of wrapping it.
  buffer.ybase = lines.maxLength
  buffer.y = cursor - buffer.ybase
  withFallback(() => buffer.resize(cols, rows))
  const row = rowOf(buffer, anchor)
  while (lines.length < rows) lines.push(buffer.getBlankLine(undefined))
  while (lines.length - rows > row) lines.pop() // the cursor has to be on the screen
  buffer.ybase = lines.length - rows
  buffer.y = row - buffer.ybase
  buffer.ydisp = view ? Math.min(rowOf(buffer, view), buffer.ybase) : buffer.ybase
  const savedRow = savedBelow === undefined ? rowOf(buffer, saved) : row + savedBelow
  buffer.savedY = Math.min(savedRow, buffer.ybase + rows - 1)
}
