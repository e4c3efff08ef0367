// The size of a terminal view: font size, grid, and scroll position, by the box it is in (size-policy.ts).
import type { Terminal } from '@xterm/xterm'
import { characterAdvance, FONT_FAMILY } from './font.ts'
import { measureCell } from './renderer.ts'
import {
  type Extent,
  fitFontSize,
  fitGrid,
  type Grid,
  MAX_FONT_SIZE,
  MIN_FONT_SIZE,
  roundUpToRows,
  type SizeMode,
  scrollToReveal,
} from './size-policy.ts'

/** Font sizes that the user chose, in CSS pixels; left out: the automatic one. */
export type FontSizes = { readonly [mode in SizeMode]?: number }

/** The font size in use, in CSS pixels, and whether the user chose it. */
export interface FontSizeInUse {
  size: number
  chosen: boolean
}

export interface LayoutOptions {
  /** `own` when the box decides the session's size, `follow` (the default) when another client does. */
  mode?: SizeMode
  /** CSS pixels (default 14); in `follow` mode the maximum. */
  fontSize?: number
  /** The user's font sizes by mode. In `follow` mode they are used even if the columns do not fit. */
  fontSizes?: FontSizes
  fontSizesChanged?: (sizes: FontSizes) => void
  fontSizeDrawn?: (drawn: FontSizeInUse) => void
  /** In `follow` mode the font is made small enough for the rows too. */
  fitRows?: boolean
  /** A CSS font list; left out: the font that comes with the page. */
  fontFamily?: string
  /** The mode or the session's size changed. */
  sizeChanged?: (mode: SizeMode, size: Grid) => void
}

/** What a terminal view consists of. */
export interface ViewParts {
  /** The view's box. It scrolls when the terminal is larger. */
  box: HTMLElement
  /** Holds the terminal within the box. */
  sheet: HTMLElement
  term: Terminal
}

const DEFAULT_FONT_SIZE = 14

/** Dragging a window's edge is one resize, not fifty; a tenth of a second is not noticed. */
const RESIZE_MS = 100

/**
 * Renderers round cells to whole pixels, so the width of a cell at one font size predicts the width at another one to
 * within this fraction.
 */
const ROUNDING_ERROR = 0.25

/** The last quarter pixels are found by trying sizes; it takes two or three. */
const MAX_FITS = 8

/**
 * The font size to create a terminal with. Changing it after text is drawn takes a tenth of a second on a phone, so the
 * first guess should be right.
 */
export function initialFontSize(box: HTMLElement, options: LayoutOptions, { cols }: Grid): number {
  const { mode = 'follow', fontSize = DEFAULT_FONT_SIZE, fontSizes = {}, fontFamily = FONT_FAMILY } = options
  const full = fontSizes.own ?? fontSize
  const { width } = innerExtent(box)
  if (mode === 'own' || width <= 0) return full
  return fontSizes.follow ?? fitFontSize(width, cols, characterAdvance(fontFamily), full)
}

export class ViewLayout {
  readonly #parts: ViewParts
  readonly #options: LayoutOptions
  readonly #requestSize: (grid: Grid) => boolean
  readonly #laidOut: () => void
  /** Keeps the cursor in view; false after the user has panned away. */
  followsCursor = true
  /** The size that the session was given or will be given; undefined: not known. */
  requested: Grid | undefined
  #mode: SizeMode
  #fontSize: number
  #fontSizes: FontSizes
  #covered = 0
  #cell: Extent = { width: 0, height: 0 }
  /** The terminal is larger than its box. */
  #pans = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `requestSize` asks for the session's size and returns whether it could. `laidOut` is called after each layout. */
  constructor(parts: ViewParts, options: LayoutOptions, requestSize: (grid: Grid) => boolean, laidOut: () => void) {
    this.#parts = parts
    this.#options = options
    this.#requestSize = requestSize
    this.#laidOut = laidOut
    this.#mode = options.mode ?? 'follow'
    this.#fontSize = options.fontSize ?? DEFAULT_FONT_SIZE
    this.#fontSizes = options.fontSizes ?? {}
    parts.term.onResize(() => options.sizeChanged?.(this.#mode, this.size))
  }

  get mode(): SizeMode {
    return this.#mode
  }

  /** The session's size. */
  get size(): Grid {
    const { cols, rows } = this.#parts.term
    return { cols, rows }
  }

  /** One cell as drawn, in CSS pixels. */
  get cell(): Extent {
    return this.#cell
  }

  get fontSize(): FontSizeInUse {
    return { size: this.#parts.term.options.fontSize ?? this.#full, chosen: this.#fontSizes[this.#mode] !== undefined }
  }

  /** Whether panning sideways would move anything. */
  get pansSideways(): boolean {
    const { box } = this.#parts
    return this.#pans && box.scrollWidth > box.clientWidth
  }

  setMode(mode: SizeMode): void {
    if (mode === this.#mode) return
    this.#mode = mode
    this.requested = undefined
    this.followsCursor = true
    this.layout()
    this.#options.sizeChanged?.(mode, this.size)
  }

  setCovered(pixels: number): void {
    if (pixels === this.#covered) return
    this.#covered = pixels
    this.followsCursor = true
    this.layout()
  }

  /** The user's font size for the current mode; undefined: the automatic one. */
  setFontSize(size: number | undefined): void {
    const { [this.#mode]: _, ...others } = this.#fontSizes
    const chosen = size && Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, size))
    this.#fontSizes = chosen ? { ...others, [this.#mode]: chosen } : others
    this.layout()
    this.#options.fontSizesChanged?.(this.#fontSizes)
  }

  setFont(family: string | undefined, size: number): void {
    this.#fontSize = size
    this.#parts.term.options.fontFamily = family ?? FONT_FAMILY
    this.layout()
  }

  /** xterm.js caches what it measured and drew of each character, and drops it only for a font of another name. */
  fontLoaded(): void {
    const { options } = this.#parts.term
    const name = options.fontFamily ?? FONT_FAMILY
    options.fontFamily = name.endsWith(' ') ? name.trimEnd() : `${name} `
    this.layout()
  }

  /** What fits the box at the full font size. */
  measure(): Grid {
    const shown = this.#parts.term.options.fontSize
    this.#draw(this.#full)
    const grid = fitGrid(this.room(), this.#cell)
    this.#draw(shown ?? this.#full)
    return grid
  }

  /** Whether `measure` gives this size. */
  fits(size: Grid): boolean {
    // Measuring changes the font twice, so it is skipped for sizes that are far off.
    const scale = this.#full / (this.#parts.term.options.fontSize ?? this.#full)
    const about = fitGrid(this.room(), { width: this.#cell.width * scale, height: this.#cell.height * scale })
    if (Math.abs(about.cols - size.cols) > about.cols * ROUNDING_ERROR) return false
    const { cols, rows } = this.measure()
    return cols === size.cols && rows === size.rows
  }

  /** The box without its padding, including what covers it for now. */
  room(): Extent {
    const { width, height } = innerExtent(this.#parts.box)
    return { width, height: height + this.#covered }
  }

  layout(): void {
    const { sheet, term } = this.#parts
    const room = this.room()
    if (room.width <= 0 || room.height <= 0) return
    if (this.#mode === 'own') {
      this.#draw(this.#full)
      this.#request(fitGrid(room, this.#cell))
    } else if (this.#fontSizes.follow) this.#draw(this.#fontSizes.follow)
    else this.#shrinkToFit(room.width, this.#options.fitRows ? room.height : Number.POSITIVE_INFINITY)
    const over = this.#cell.height * term.rows - (room.height - this.#covered)
    this.#pans = this.#cell.width * term.cols > room.width + 1 || over > 1
    // So that the end can be scrolled into view without a partial row at the top.
    sheet.style.paddingBottom = `${over > 1 ? this.#nextRow(over) - over : 0}px`
    this.#revealCursor(this.followsCursor ? 0 : undefined)
    this.#laidOut()
    this.#options.fontSizeDrawn?.(this.fontSize)
  }

  afterRender(): void {
    if (this.#pans && this.followsCursor) this.#revealCursor()
  }

  cancelRequest(): void {
    clearTimeout(this.#timer)
  }

  /** The font size of a session that is shaped for this box; in `follow` mode the maximum. */
  get #full(): number {
    return this.#fontSizes.own ?? this.#fontSize
  }

  #shrinkToFit(width: number, height: number): void {
    const { term } = this.#parts
    this.#draw(fitFontSize(width, term.cols, characterAdvance(term.options.fontFamily ?? FONT_FAMILY), this.#full))
    // Renderers round cells to device pixels, so the last quarter pixels are found by trying.
    for (let tries = 0; tries < MAX_FITS; tries++) {
      const font = term.options.fontSize ?? 0
      const { cols, rows } = term
      const isTooHigh = this.#cell.height * rows > height + 0.5
      if (this.#cell.width * cols <= width + 0.5 && !isTooHigh) return
      const smaller = isTooHigh
        ? fitFontSize(height, rows, this.#cell.height / font, font - 0.25)
        : fitFontSize(width, cols, this.#cell.width / font, font - 0.25)
      if (smaller >= font) return
      this.#draw(smaller)
    }
  }

  #draw(size: number): void {
    const { term } = this.#parts
    if (term.options.fontSize !== size) term.options.fontSize = size
    this.#cell = measureCell(term)
  }

  #request(grid: Grid): void {
    clearTimeout(this.#timer)
    if (this.requested?.cols === grid.cols && this.requested.rows === grid.rows) return
    this.#timer = setTimeout(() => {
      if (this.#mode === 'own' && this.#requestSize(grid)) this.requested = grid
    }, RESIZE_MS)
  }

  /** The next scroll position from `from` on at which a row begins. */
  #nextRow(from: number): number {
    const { offsetTop } = this.#parts.sheet
    return offsetTop + roundUpToRows(from - offsetTop, this.#cell.height)
  }

  /**
   * Pans so that the cursor is in view: above a soft keyboard, or in a terminal that is larger than its box. Starts from
   * the scroll position `now` and moves as little as it takes.
   */
  #revealCursor(now = this.#parts.box.scrollTop): void {
    const { box, sheet, term } = this.#parts
    if (!this.#pans) {
      if (box.scrollTop !== 0) box.scrollTop = 0
      if (box.scrollLeft !== 0) box.scrollLeft = 0
      return
    }
    const cell = this.#cell
    const { active } = term.buffer
    const row = active.baseY + active.cursorY - active.viewportY
    if (row >= term.rows) return
    const y = sheet.offsetTop + row * cell.height
    const least = scrollToReveal(now, box.clientHeight, y, y + cell.height, cell.height)
    // The first visible row is shown whole.
    const top = least > now ? Math.min(y, this.#nextRow(least)) : least
    const x = active.cursorX * cell.width
    const left = scrollToReveal(box.scrollLeft, box.clientWidth, x, x + cell.width, cell.width * 2)
    if (Math.abs(top - box.scrollTop) >= 1) box.scrollTop = top
    if (Math.abs(left - box.scrollLeft) >= 1) box.scrollLeft = left
  }
}

function innerExtent(box: HTMLElement): Extent {
  const style = getComputedStyle(box)
  const across = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight)
  const down = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
  return { width: box.clientWidth - across, height: box.clientHeight - down }
}
