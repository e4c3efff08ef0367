// Changes a terminal's font size by pinching. While the fingers move the picture is only scaled; the font size is set once,
// when they lift.
import { type Extent, fitGrid, type Grid, MAX_FONT_SIZE, MIN_FONT_SIZE } from './size-policy.ts'
import type { Point } from './touch.ts'

export interface PinchOptions {
  box: HTMLElement
  sheet: HTMLElement
  font: () => number
  /** One cell and the room for cells, as drawn now. */
  cell: () => Extent
  room: () => Extent
  /** Whether the session is given the grid that fits; then that grid is shown too. */
  fits: () => boolean
  /** Sets the font; afterwards the cell is the new one. */
  done: (font: number) => void
}

export class Pinch {
  readonly #options: PinchOptions
  readonly #label = document.createElement('div')
  #begun: { font: number; sheet: DOMRect; home: Point; from: Point } | undefined
  #now: { font: number; at: Point } | undefined

  constructor(options: PinchOptions) {
    this.#options = options
    this.#label.className = 'pinched'
    this.#label.setAttribute('aria-hidden', 'true')
  }

  start(at: Point): void {
    const { box, sheet, font } = this.#options
    const style = getComputedStyle(box)
    const { left, top } = box.getBoundingClientRect()
    const home = { x: left + Number.parseFloat(style.paddingLeft), y: top + Number.parseFloat(style.paddingTop) }
    this.#begun = { font: font(), sheet: sheet.getBoundingClientRect(), home, from: at }
    this.#now = undefined
  }

  move(scale: number, at: Point): void {
    const { box, sheet, room } = this.#options
    if (!this.#begun) return
    const { font, sheet: drawn, home, from } = this.#begun
    const next = Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, Math.round(font * scale * 4) / 4))
    const stretch = next / font
    const { width, height } = room()
    // The point between the fingers stays there, but no edge moves into the box; a terminal that will be fitted begins at
    // the box's corner.
    const fitted = this.#options.fits()
    const x = fitted ? home.x : limitStart(at.x - (from.x - drawn.left) * stretch, home.x, width, drawn.width * stretch)
    const y = fitted
      ? home.y
      : limitStart(at.y - (from.y - drawn.top) * stretch, home.y, height, drawn.height * stretch)
    sheet.style.transformOrigin = '0 0'
    sheet.style.transform = `translate(${x - drawn.left}px, ${y - drawn.top}px) scale(${stretch})`
    this.#now = { font: next, at }
    this.#label.textContent = this.#describe(next, stretch)
    this.#label.style.transform = `translate(${box.scrollLeft}px, ${box.scrollTop}px)`
    if (!this.#label.isConnected) box.append(this.#label)
  }

  end(): void {
    const begun = this.#begun
    const now = this.#now
    this.#begun = undefined
    this.#now = undefined
    this.#label.remove()
    const { box, sheet, cell, done } = this.#options
    if (!begun || !now) return
    const picture = sheet.getBoundingClientRect()
    sheet.style.transform = ''
    if (now.font === begun.font) return
    const before = cell()
    done(now.font)
    const after = cell()
    // Cells are rounded to pixels, so their exact ratio is known only now.
    const wide = after.width / before.width
    const high = after.height / before.height
    const held = { x: begun.from.x - begun.sheet.left, y: begun.from.y - begun.sheet.top }
    const fromLeft = held.x * (now.font / begun.font) + picture.left - begun.home.x
    const fromTop = held.y * (now.font / begun.font) + picture.top - begun.home.y
    box.scrollLeft = held.x * wide - fromLeft
    box.scrollTop = held.y * high - fromTop
  }

  #describe(font: number, stretch: number): string {
    const { cell, room, fits } = this.#options
    const size = `${Math.round(font)} px`
    if (!fits()) return size
    const { width, height } = cell()
    const grid: Grid = fitGrid(room(), { width: width * stretch, height: height * stretch })
    return `${size} · ${grid.cols} × ${grid.rows}`
  }
}

/** Limits the start `at` of something `length` long, seen through a window of `room` at `home`, so that no edge shows. */
function limitStart(at: number, home: number, room: number, length: number): number {
  return Math.min(home, Math.max(at, home + Math.min(0, room - length)))
}
