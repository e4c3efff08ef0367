// How a terminal and the box that shows it agree on a size (docs/decisions.md). Pure arithmetic.
import { MAX_COLS, MAX_ROWS } from '../../protocol/limits.ts'

/** CSS pixels. */
export interface Extent {
  width: number
  height: number
}

export interface Grid {
  cols: number
  rows: number
}

/**
 * `own`: the box decides, and the session's PTY is resized to what fits. `follow`: another client decides; the view makes
 * the font small enough for the columns, and pans if that is not enough.
 */
export type SizeMode = 'own' | 'follow'

/** CSS pixels. Smaller text cannot be read; the view pans sideways instead. */
export const MIN_FONT_SIZE = 7

/** CSS pixels. Larger text leaves no room for a line. */
export const MAX_FONT_SIZE = 32

/** A fraction of a row too small to see. */
const SLIVER = 0.02

/** Programs cannot draw in less, so a smaller box still gets a terminal of this size. */
const MIN_GRID: Grid = { cols: 10, rows: 3 }

/** The largest grid of `cell`s in `box`. */
export function fitGrid(box: Extent, cell: Extent): Grid {
  const count = (room: number, one: number, min: number, max: number) =>
    Math.min(max, Math.max(min, one > 0 ? Math.floor(room / one) : min))
  return {
    cols: count(box.width, cell.width, MIN_GRID.cols, MAX_COLS),
    rows: count(box.height, cell.height, MIN_GRID.rows, MAX_ROWS),
  }
}

/**
 * The largest font size up to `max`, in quarter pixels, at which `cols` columns fit `width`. `advance`: the width of a
 * character at font size 1.
 */
export function fitFontSize(width: number, cols: number, advance: number, max: number): number {
  const exact = width / (cols * advance)
  return Math.max(MIN_FONT_SIZE, Math.min(max, Math.floor(exact * 4) / 4))
}

/** The scroll position nearest to `now` at which `from`..`to` is inside a view of `room`, with `margin` if possible. */
export function scrollToReveal(now: number, room: number, from: number, to: number, margin: number): number {
  if (to + margin > now + room) return Math.max(0, Math.min(to + margin - room, from))
  if (from - margin < now) return Math.max(0, from - margin)
  return now
}

/** The smallest height of whole rows that is at least `height`. */
export function roundUpToRows(height: number, row: number): number {
  return row > 0 ? Math.ceil(height / row - SLIVER) * row : height
}
