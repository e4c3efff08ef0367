// A finger moves a terminal: first the part of it that is seen, then its history, on the alternate screen the wheel.
// Knows nothing of sessions, sizes or keyboards, and not which fingers do what (touch.ts).
import type { Terminal } from '@xterm/xterm'
import type { Point } from './touch.ts'

/** A glide loses two thirds of its speed in this time, as on phones everywhere. */
const GLIDE_MS = 325
/** Pixels a millisecond; slower is standing still. */
const STILL = 0.03
/** No finger is faster; an event that came late may say so. */
const FASTEST = 8
/** Programs that track the mouse go about three lines at each turn of a wheel. */
const LINES_A_NOTCH = 3
/** What is left of a line after a glide moves into place. */
const SETTLE_MS = 120

export interface TouchScrollOptions {
  /** The element that scrolls when the terminal is larger than it. */
  pan: HTMLElement
  term: Terminal
  cellHeight: () => number
  /** The person has moved the view by hand. */
  moved: () => void
  /** Pixels that can be pulled in above the first line. */
  above: () => number
  /** So many of them are seen. */
  pulled: (pixels: number) => void
}

export class TouchScroll {
  readonly #options: TouchScrollOptions
  #frame = 0
  /** Pixels: how far the history is moved up beyond the line that xterm begins with; less than 0: it is pulled down. */
  #shift = 0
  /** Pixels that are not a wheel's notch yet. */
  #rest = 0
  #turning = false

  constructor(options: TouchScrollOptions) {
    this.#options = options
  }

  /** Positive: the content goes up and to the left, as with a wheel. False: nothing moves any more. */
  scrollBy(dx: number, dy: number, at: Point): boolean {
    const { pan, moved } = this.#options
    moved()
    const left = pan.scrollLeft
    pan.scrollLeft += dx
    const up = this.#vertically(dy, at)
    return up || pan.scrollLeft !== left
  }

  /** As `by`, but programs are left in peace. */
  scrollWithoutWheel(dx: number, dy: number): void {
    this.#options.pan.scrollLeft += dx
    this.#vertically(dy)
  }

  /** Without `at` no wheel is turned. */
  #vertically(pixels: number, at?: Point): boolean {
    const { pan, term } = this.#options
    const { viewportY, baseY } = term.buffer.active
    const before = pan.scrollTop
    // What lies in the history comes before what lies under the edge.
    if (!(pixels > 0 && !this.#wheels && viewportY < baseY)) {
      pan.scrollTop += pixels
      pixels -= pan.scrollTop - before
    }
    if (Math.abs(pixels) < 0.01) return pan.scrollTop !== before
    const moves = !this.#wheels ? this.#throughHistory(pixels) : at !== undefined && this.#turnWheel(pixels, at)
    return moves || pan.scrollTop !== before
  }

  #throughHistory(pixels: number): boolean {
    const { term, cellHeight, above } = this.#options
    const { viewportY, baseY } = term.buffer.active
    const cell = cellHeight()
    if (cell <= 0) return false
    const now = viewportY * cell + this.#shift
    const next = Math.min(baseY * cell, Math.max(-above(), now + pixels))
    const line = Math.max(0, Math.floor(next / cell))
    if (line !== viewportY) term.scrollLines(line - viewportY)
    this.#move(next - line * cell)
    return next !== now
  }

  /** xterm turns a wheel into what the program asked for: mouse reports, or arrow keys. */
  #turnWheel(pixels: number, { x, y }: Point): boolean {
    const { term, cellHeight } = this.#options
    const notch = cellHeight() * (term.modes.mouseTrackingMode === 'none' ? 1 : LINES_A_NOTCH)
    this.#rest += pixels
    const notches = Math.trunc(this.#rest / notch)
    this.#rest -= notches * notch
    const wheel = { deltaY: Math.sign(notches), deltaMode: WheelEvent.DOM_DELTA_LINE, clientX: x, clientY: y }
    this.#turning = true
    for (let i = 0; i < Math.abs(notches); i++)
      this.#screen?.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }))
    this.#turning = false
    return true
  }

  /** What xterm sends just now comes of a finger that scrolls, not of somebody who types. */
  get turning(): boolean {
    return this.#turning
  }

  /** The finger has left at this speed, in pixels a millisecond. */
  glide(vx: number, vy: number, at: Point): void {
    this.#rest = 0
    let x = clamp(vx)
    // A wheel that goes on by itself types into programs.
    let y = this.#wheels ? 0 : clamp(vy)
    cancelAnimationFrame(this.#frame)
    if (Math.hypot(x, y) <= STILL) return this.settle()
    let then = performance.now()
    const step = (now: number) => {
      const ms = Math.max(0, now - then)
      then = now
      const moves = this.scrollBy(x * ms, y * ms, at)
      const left = Math.exp(-ms / GLIDE_MS)
      x *= left
      y *= left
      if (Math.hypot(x, y) > STILL && (moves || ms === 0)) this.#frame = requestAnimationFrame(step)
      else this.settle()
    }
    this.#frame = requestAnimationFrame(step)
  }

  /** Ends a glide; true when there was one. The line that is half seen stays so while a finger is there. */
  stop(): boolean {
    const glided = this.#frame !== 0
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#rest = 0
    return glided
  }

  /** Ends everything at once: somebody types, and wants to see where. */
  halt(): void {
    this.stop()
    this.#move(0)
  }

  /** The line that is half seen moves into place. */
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
    if (movesSoftly())
      screen?.animate([{ transform: `translateY(${-from}px)` }, { transform: 'none' }], {
        duration: SETTLE_MS,
        easing: 'ease-out',
      })
  }

  /** What was pulled in stays if more than half of it is seen. */
  #settleAbove(): void {
    const above = this.#options.above()
    const from = this.#shift
    const to = -from > above / 2 ? -above : 0
    if (!movesSoftly()) return this.#move(to)
    const begin = performance.now()
    const step = (now: number) => {
      const rest = 1 - Math.min(1, Math.max(0, now - begin) / SETTLE_MS)
      this.#move(to + (from - to) * rest * rest)
      this.#frame = rest > 0 ? requestAnimationFrame(step) : 0
    }
    this.#frame = requestAnimationFrame(step)
  }

  /** Something was drawn: what is pulled down has to be at its beginning still. */
  drawn(): void {
    const { term, above } = this.#options
    if (this.#shift < 0 && (this.#wheels || term.buffer.active.viewportY > 0 || above() === 0)) this.halt()
  }

  #move(shift: number): void {
    if (shift === this.#shift) return
    if (shift < 0 || this.#shift < 0) this.#options.pulled(Math.max(0, -shift))
    this.#shift = shift
    const screen = this.#screen
    if (screen) screen.style.transform = shift === 0 ? '' : `translateY(${-shift}px)`
  }

  /** Whether the program scrolls, rather than we. */
  get #wheels(): boolean {
    const { buffer, modes } = this.#options.term
    return buffer.active.type === 'alternate' || modes.mouseTrackingMode !== 'none'
  }

  get #screen(): HTMLElement | null | undefined {
    return this.#options.term.element?.querySelector<HTMLElement>('.xterm-screen')
  }
}

function movesSoftly(): boolean {
  return !window.matchMedia('(prefers-reduced-motion: reduce)').matches
}

function clamp(speed: number): number {
  return Math.min(FASTEST, Math.max(-FASTEST, speed))
}
