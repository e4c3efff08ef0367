// Scrolls a terminal by touch: first the visible part of it, then its scrollback; on the alternate screen it sends wheel
// events. touch.ts recognizes the gestures.
import type { Terminal } from '@xterm/xterm'
import type { Point } from './touch.ts'

/** A fling loses two thirds of its speed in this time, as on phones everywhere. */
const FLING_MS = 325
/** Pixels per millisecond; a slower fling ends. */
const MIN_SPEED = 0.03
/** Pixels per millisecond. No finger is faster, but a late event may suggest so. */
const MAX_SPEED = 8
/** Programs that track the mouse scroll about three lines per notch of a wheel. */
const LINES_PER_NOTCH = 3
/** How long a partial line takes to move into place after a fling. */
const SETTLE_MS = 120

export interface TouchScrollOptions {
  /** The element that scrolls when the terminal is larger than it. */
  pan: HTMLElement
  term: Terminal
  cellHeight: () => number
  /** The user moved the view. */
  moved: () => void
  /** Pixels that can be pulled in above the first line. */
  pullRoom: () => number
  /** How many of them are pulled in now. */
  pulled: (pixels: number) => void
}

export class TouchScroll {
  readonly #options: TouchScrollOptions
  #frame = 0
  /** Pixels: how far the lines are moved up within the first visible line; negative: pulled down. */
  #shift = 0
  /** Pixels that do not make a wheel's notch yet. */
  #remainder = 0
  #sendingWheel = false

  constructor(options: TouchScrollOptions) {
    this.#options = options
  }

  /** Positive: the content moves up and to the left, as with a wheel. Returns whether anything moved. */
  scrollBy(dx: number, dy: number, at: Point): boolean {
    const { pan, moved } = this.#options
    moved()
    const left = pan.scrollLeft
    pan.scrollLeft += dx
    const up = this.#scrollVertically(dy, at)
    return up || pan.scrollLeft !== left
  }

  /** Like `scrollBy`, but sends no wheel events to programs. */
  scrollWithoutWheel(dx: number, dy: number): void {
    this.#options.pan.scrollLeft += dx
    this.#scrollVertically(dy)
  }

  /** Without `at` no wheel events are sent. */
  #scrollVertically(pixels: number, at?: Point): boolean {
    const { pan, term } = this.#options
    const { viewportY, baseY } = term.buffer.active
    const before = pan.scrollTop
    // The scrollback comes before the part of the terminal below the edge.
    if (!(pixels > 0 && !this.#programScrolls && viewportY < baseY)) {
      pan.scrollTop += pixels
      pixels -= pan.scrollTop - before
    }
    if (Math.abs(pixels) < 0.01) return pan.scrollTop !== before
    const moves = !this.#programScrolls ? this.#scrollHistory(pixels) : at !== undefined && this.#sendWheel(pixels, at)
    return moves || pan.scrollTop !== before
  }

  #scrollHistory(pixels: number): boolean {
    const { term, cellHeight, pullRoom } = this.#options
    const { viewportY, baseY } = term.buffer.active
    const cell = cellHeight()
    if (cell <= 0) return false
    const now = viewportY * cell + this.#shift
    const next = Math.min(baseY * cell, Math.max(-pullRoom(), now + pixels))
    const line = Math.max(0, Math.floor(next / cell))
    if (line !== viewportY) term.scrollLines(line - viewportY)
    this.#move(next - line * cell)
    return next !== now
  }

  /** xterm.js turns wheel events into what the program asked for: mouse reports or arrow keys. */
  #sendWheel(pixels: number, { x, y }: Point): boolean {
    const { term, cellHeight } = this.#options
    const notch = cellHeight() * (term.modes.mouseTrackingMode === 'none' ? 1 : LINES_PER_NOTCH)
    this.#remainder += pixels
    const notches = Math.trunc(this.#remainder / notch)
    this.#remainder -= notches * notch
    const wheel = { deltaY: Math.sign(notches), deltaMode: WheelEvent.DOM_DELTA_LINE, clientX: x, clientY: y }
    this.#sendingWheel = true
    for (let i = 0; i < Math.abs(notches); i++)
      this.#screen?.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }))
    this.#sendingWheel = false
    return true
  }

  /** Whether what xterm.js sends now comes from scrolling rather than typing. */
  get sendingWheel(): boolean {
    return this.#sendingWheel
  }

  /** The finger lifted at this speed, in pixels per millisecond. */
  fling(vx: number, vy: number, at: Point): void {
    this.#remainder = 0
    let x = limitSpeed(vx)
    // A wheel that keeps turning by itself would type into programs.
    let y = this.#programScrolls ? 0 : limitSpeed(vy)
    cancelAnimationFrame(this.#frame)
    if (Math.hypot(x, y) <= MIN_SPEED) return this.settle()
    let then = performance.now()
    const step = (now: number) => {
      const ms = Math.max(0, now - then)
      then = now
      const moves = this.scrollBy(x * ms, y * ms, at)
      const decay = Math.exp(-ms / FLING_MS)
      x *= decay
      y *= decay
      if (Math.hypot(x, y) > MIN_SPEED && (moves || ms === 0)) this.#frame = requestAnimationFrame(step)
      else this.settle()
    }
    this.#frame = requestAnimationFrame(step)
  }

  /** Ends a fling. Returns whether there was one. A partial line stays in place while a finger is down. */
  stop(): boolean {
    const flung = this.#frame !== 0
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#remainder = 0
    return flung
  }

  /** Ends everything at once: the user types, and has to see where. */
  halt(): void {
    this.stop()
    this.#move(0)
  }

  /** Moves a partial line into place. */
  settle(): void {
    this.#frame = 0
    if (this.#shift === 0) return
    if (this.#shift < 0) return this.#settleAbove()
    const { term, cellHeight } = this.#options
    const screen = this.#screen
    const down = this.#shift > cellHeight() / 2
    if (down) term.scrollLines(1)
    const from = down ? this.#shift - cellHeight() : this.#shift
    this.#move(0)
    if (allowsMotion())
      screen?.animate([{ transform: `translateY(${-from}px)` }, { transform: 'none' }], {
        duration: SETTLE_MS,
        easing: 'ease-out',
      })
  }

  /** What was pulled in stays if more than half of it is visible. */
  #settleAbove(): void {
    const room = this.#options.pullRoom()
    const from = this.#shift
    const to = -from > room / 2 ? -room : 0
    if (!allowsMotion()) return this.#move(to)
    const started = performance.now()
    const step = (now: number) => {
      const left = 1 - Math.min(1, Math.max(0, now - started) / SETTLE_MS)
      this.#move(to + (from - to) * left * left)
      this.#frame = left > 0 ? requestAnimationFrame(step) : 0
    }
    this.#frame = requestAnimationFrame(step)
  }

  /** After new output a terminal may be pulled down only if it is still at its first line. */
  afterRender(): void {
    const { term, pullRoom } = this.#options
    if (this.#shift < 0 && (this.#programScrolls || term.buffer.active.viewportY > 0 || pullRoom() === 0)) this.halt()
  }

  #move(shift: number): void {
    if (shift === this.#shift) return
    if (shift < 0 || this.#shift < 0) this.#options.pulled(Math.max(0, -shift))
    this.#shift = shift
    const screen = this.#screen
    if (screen) screen.style.transform = shift === 0 ? '' : `translateY(${-shift}px)`
  }

  /** Whether the program scrolls rather than this view. */
  get #programScrolls(): boolean {
    const { buffer, modes } = this.#options.term
    return buffer.active.type === 'alternate' || modes.mouseTrackingMode !== 'none'
  }

  get #screen(): HTMLElement | null | undefined {
    return this.#options.term.element?.querySelector<HTMLElement>('.xterm-screen')
  }
}

function allowsMotion(): boolean {
  return !window.matchMedia('(prefers-reduced-motion: reduce)').matches
}

function limitSpeed(speed: number): number {
  return Math.min(MAX_SPEED, Math.max(-MAX_SPEED, speed))
}
