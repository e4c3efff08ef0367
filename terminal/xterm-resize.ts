// Gives the normal screen of an xterm.js a new size as other terminals do: rows come back from the scrollback, and what
// stands below the cursor stays with it. Knows nothing of the alternate screen, which has no scrollback, and of who resizes.
//
// xterm.js 6.0 by itself
//   growing    pulls rows back only if the cursor is in the last one, and else adds blank rows below: a program that keeps
//              hints below its prompt went to the upper third of a phone that was turned twice;
//   shrinking  drops the rows below the cursor first, whatever they hold;
//   reflowing  counts every row that wraps anew as one above the cursor, drops rows below it to make room, and so moves
//              the cursor and the saved one to other text than they were at.

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
/** In a cell's second and third number: inverse, underlined, struck through; overlined, or with a background. */
const SEEN_FG = 0x04000000 | 0x10000000 | 0x80000000
const SEEN_BG = 0x40000000 | 0x03000000

function isBlank({ length, _data }: Line): boolean {
  for (let i = 0; i < length * 3; i += 3) {
    const code = _data[i]! & CODE
    if ((code !== 0 && code !== 0x20) || _data[i + 1]! & SEEN_FG || _data[i + 2]! & SEEN_BG) return false
  }
  return true
}

/** The blank rows at the end of the screen, below the cursor; at most `most`. */
function blankRowsBelow(buffer: ResizedBuffer, most: number): number {
  const { lines } = buffer
  const cursor = buffer.ybase + buffer.y
  let count = 0
  while (count < most && lines.length - 1 - count > cursor && isBlank(lines.get(lines.length - 1 - count)!)) count++
  return count
}

/** Moves the screen by so many rows down over what is printed (up, if negative); the scrolled-up view stays where it is. */
function moveScreen(buffer: ResizedBuffer, by: number): void {
  const follows = buffer.ydisp === buffer.ybase
  buffer.ybase += by
  buffer.y -= by
  buffer.ydisp = follows ? buffer.ybase : Math.min(buffer.ydisp, buffer.ybase)
}

/**
 * `careful` calls what it is given, which resizes and may throw. What makes room comes first: rows that are added, or lines
 * that take fewer of them.
 */
export function resizeNormal(
  buffer: ResizedBuffer,
  cols: number,
  rows: number,
  careful: (resize: () => void) => void,
): void {
  if (rows > buffer._rows) resizeRows(buffer, rows)
  if (cols !== buffer._cols) resizeColumns(buffer, cols, careful)
  if (rows < buffer._rows) resizeRows(buffer, rows)
}

/**
 * The screen is moved first, so that xterm.js has nothing left to do but to add blank rows where the scrollback has no
 * more, and to drop rows below the cursor: blank ones, or those for which there is no room beside it.
 */
function resizeRows(buffer: ResizedBuffer, rows: number): void {
  const grown = rows - buffer._rows
  if (grown > 0) moveScreen(buffer, -Math.min(grown, buffer.ybase))
  else moveScreen(buffer, Math.min(-grown - blankRowsBelow(buffer, -grown), buffer.y))
  buffer.resize(buffer._cols, rows)
}

/** A row by what it holds: the first line that wraps into it, and how many rows below that it is. */
interface Place {
  line: Line | undefined
  below: number
}

function placeOf({ lines }: ResizedBuffer, row: number): Place {
  let first = Math.min(row, lines.length - 1)
  while (first > 0 && lines.get(first)!.isWrapped) first--
  return { line: lines.get(first), below: row - first }
}

/** Where that row is by now; the first of all, if it has left the scrollback. */
function rowOf({ lines }: ResizedBuffer, { line, below }: Place): number {
  let first = lines.length - 1
  while (first > 0 && lines.get(first) !== line) first--
  let row = first
  while (row - first < below && lines.get(row + 1)?.isWrapped && row + 1 < lines.length) row++
  return row
}

/** Lines are broken anew; then what stood at the cursor, at the saved one and at the top of the view is found again. */
function resizeColumns(buffer: ResizedBuffer, cols: number, careful: (resize: () => void) => void): void {
  const { lines, _rows: rows } = buffer
  const cursor = buffer.ybase + buffer.y
  const place = placeOf(buffer, cursor)
  const saved = placeOf(buffer, buffer.savedY)
  const savedBelow = buffer.savedY < lines.length ? undefined : buffer.savedY - cursor
  const view = buffer.ydisp === buffer.ybase ? undefined : placeOf(buffer, buffer.ydisp)
  // Without a scrollback the screen fills from its top: there is room in its blank rows.
  if (cols < buffer._cols && buffer.ybase === 0)
    for (let blank = blankRowsBelow(buffer, rows); blank > 0; blank--) lines.pop()
  // The same row, said so that xterm.js takes no line away below it.
  buffer.ybase = cursor + 1
  buffer.y = -1
  careful(() => buffer.resize(cols, rows))
  const row = rowOf(buffer, place)
  while (lines.length < rows) lines.push(buffer.getBlankLine(undefined))
  while (lines.length - rows > row) lines.pop() // the cursor has to be on the screen
  buffer.ybase = lines.length - rows
  buffer.y = row - buffer.ybase
  buffer.ydisp = view ? Math.min(rowOf(buffer, view), buffer.ybase) : buffer.ybase
  const savedRow = savedBelow === undefined ? rowOf(buffer, saved) : row + savedBelow
  buffer.savedY = Math.min(savedRow, buffer.ybase + rows - 1)
}
