// How a terminal and the box that shows it agree on a size (DESIGN, decision 9). Knows no DOM, xterm or session.
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
 * `own`: the box decides, the session's PTY is given what fits. `follow`: the session's size is somebody else's; the
 * view makes its letters small enough for the columns, and pans over what still does not fit.
 */
export type SizeMode = 'own' | 'follow'

/** Smaller letters cannot be read; past this the view pans sideways. */
export const MIN_FONT_SIZE = 7

/** Larger ones leave no room for a line. */
export const MAX_FONT_SIZE = 32

/** So little of a row is not seen. */
const SLIVER = 0.02

/** Below this programs draw nonsense, so a box that is smaller still gets a terminal of this size. */
const MIN_GRID: Grid = { cols: 10, rows: 3 }

/** The largest grid of `cell`s in `box`. */
export function fitGrid(box: Extent, cell: Extent): Grid {
  const count = (room: number, one: number, least: number, most: number) =>
    Math.min(most, Math.max(least, one > 0 ? Math.floor(room / one) : least))
  return {
    cols: count(box.width, cell.width, MIN_GRID.cols, MAX_COLS),
    rows: count(box.height, cell.height, MIN_GRID.rows, MAX_ROWS),
  }
}

/** The largest font, in quarter pixels, at which `cols` columns fit `width`; `advance`: a letter's width at font size 1. */
export function fitFontSize(width: number, cols: number, advance: number, most: number): number {
  const exact = width / (cols * advance)
  return Math.max(MIN_FONT_SIZE, Math.min(most, Math.floor(exact * 4) / 4))
}

/** The scroll position nearest to `now` at which `from`..`to` is inside a view of `room`, with `margin` where it can be. */
export function scrollToReveal(now: number, room: number, from: number, to: number, margin: number): number {
  if (to + margin > now + room) return Math.max(0, Math.min(to + margin - room, from))
  if (from - margin < now) return Math.max(0, from - margin)
  return now
}

/** The least height of whole rows that is not less than `height`. */
export function roundUpToRows(height: number, row: number): number {
  return row > 0 ? Math.ceil(height / row - SLIVER) * row : height
}
