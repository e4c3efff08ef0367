// Selecting in a terminal with a finger: a word, then more by dragging or by two handles. The selection is xterm's own, so it
// stays with its lines while output goes on. Knows no buttons: who shows some is told where.
import type { IMarker, Terminal } from '@xterm/xterm'
import {
  type Cell,
  type CellRange,
  isAfter,
  lastLine,
  lineAnchor,
  lineAt,
  selectionText,
  union,
  wholeCharacters,
  wordAt,
} from './selection-text.ts'
import type { Point } from './touch.ts'

/** Where a selection is seen, in pixels from the top of the terminal's box; both lie within the box. */
export interface Selected {
  top: number
  bottom: number
  /** How much more "select all" would take. */
  more: 'screen' | 'everything' | undefined
  /** The finger is still at it. */
  changing: boolean
}

export interface TouchSelectOptions {
  box: HTMLElement
  term: Terminal
  /** Scrolls by pixels, for a finger at an edge. */
  scroll: (dx: number, dy: number) => void
  changed: (selected: Selected | undefined) => void
}

/** So near to an edge the text comes to the finger, the faster the nearer. */
const EDGE = 36
/** Pixels a millisecond, right at the edge. */
const FASTEST = 0.6
/** As in touch.ts. */
const SLOP = 8
/** A finger covers what it points at; that lies so much higher than the middle of a handle. */
const HANDLE_BELOW = 22

type End = 'start' | 'end'

export class TouchSelect {
  readonly #options: TouchSelectOptions
  readonly #layer = document.createElement('div')
  readonly #handles: Record<End, HTMLElement>
  readonly #undo: (() => void)[] = []
  #on = false
  /** What stays selected while a finger drags; its row goes with the marker when lines are dropped. */
  #anchor: { range: CellRange; row: number; marker: IMarker | undefined } | undefined
  #finger: Point | undefined
  #rests: Point | undefined
  #frame = 0
  #then = 0

  constructor(options: TouchSelectOptions) {
    this.#options = options
    const { box, term } = options
    this.#layer.className = 'touch-selection'
    this.#handles = { start: this.#handle('start'), end: this.#handle('end') }
    this.#layer.hidden = true
    box.append(this.#layer)
    const moved = () => this.#on && this.#place()
    box.addEventListener('scroll', moved)
    const listeners = [
      term.onRender(moved),
      term.onSelectionChange(() => {
        // Typing, another screen or a program that takes the mouse end a selection.
        if (this.#on && !term.hasSelection()) this.clear()
      }),
    ]
    this.#undo.push(
      () => box.removeEventListener('scroll', moved),
      ...listeners.map(listener => () => listener.dispose()),
      () => this.#layer.remove(),
    )
  }

  get active(): boolean {
    return this.#on
  }

  /** A finger rests here: the word under it, from which it may drag on. */
  hold(at: Point): boolean {
    const cell = this.#cellAt(at)
    if (!cell) return false
    const { term } = this.#options
    const word = wordAt(term.buffer.active, term.cols, cell)
    this.#on = true
    this.#select(word)
    this.#take(word)
    this.#rests = at
    this.#place()
    // A tick where the phone has one; iOS has none for pages.
    navigator.vibrate?.(12)
    return true
  }

  drag(at: Point): void {
    // A finger that rests is never quite still, and near an edge the text must not start moving under it.
    if (this.#rests && Math.hypot(at.x - this.#rests.x, at.y - this.#rests.y) < SLOP) return
    this.#rests = undefined
    this.#finger = at
    this.#extend()
    this.#then = performance.now()
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(this.#atEdge)
  }

  dragEnd(): void {
    cancelAnimationFrame(this.#frame)
    this.#anchor?.marker?.dispose()
    this.#anchor = undefined
    this.#finger = undefined
    this.#place()
  }

  /** The screen as it is seen; when that is selected, everything that the terminal has. */
  all(): void {
    const { term } = this.#options
    const { active } = term.buffer
    this.#on = true
    if (this.#isScreen()) this.#select({ start: { x: 0, y: 0 }, end: { x: term.cols, y: lastLine(active) } })
    else this.#select(this.#screen())
    this.#place()
  }

  text(): string {
    const { term } = this.#options
    const range = this.#range()
    return range ? selectionText(term.buffer.active, term.cols, range).replace(/^\n+|\n+$/g, '') : ''
  }

  /** The first selected line that is not blank, and how many lines follow it: where a reader goes on. */
  place(): { line: string; below: number } | undefined {
    const { term } = this.#options
    const { active } = term.buffer
    const range = this.#range()
    return range && lineAnchor(active, term.cols, lineAt(active, term.cols, range.start.y).start.y)
  }

  clear(): void {
    if (!this.#on) return
    this.#on = false
    this.dragEnd()
    this.#layer.hidden = true
    this.#options.term.clearSelection()
    this.#options.changed(undefined)
  }

  /** Something of the terminal is of another size now. */
  relayout(): void {
    if (this.#on) this.#place()
  }

  dispose(): void {
    this.clear()
    for (const step of this.#undo.splice(0)) step()
  }

  // --- what is selected ---

  #range(): CellRange | undefined {
    return this.#options.term.getSelectionPosition()
  }

  #select(range: CellRange): void {
    const { term } = this.#options
    const { start, end } = wholeCharacters(term.buffer.active, term.cols, range)
    term.select(start.x, start.y, (end.y - start.y) * term.cols + end.x - start.x)
  }

  #take(range: CellRange): void {
    const { term } = this.#options
    const { active } = term.buffer
    this.#anchor?.marker?.dispose()
    const marker = term.registerMarker(range.start.y - active.baseY - active.cursorY)
    this.#anchor = { range, row: range.start.y, marker }
  }

  #extend(): void {
    const { term } = this.#options
    const cell = this.#finger && this.#cellAt(this.#finger)
    if (!cell || !this.#anchor) return
    const { range, row, marker } = this.#anchor
    const gone = !marker ? 0 : marker.line >= 0 ? row - marker.line : row + 1
    const lift = ({ x, y }: Cell): Cell => (y < gone ? { x: 0, y: 0 } : { x, y: y - gone })
    const under = wholeCharacters(term.buffer.active, term.cols, { start: cell, end: { x: cell.x + 1, y: cell.y } })
    this.#select(union({ start: lift(range.start), end: lift(range.end) }, under))
    this.#place()
  }

  #screen(): CellRange {
    const { term } = this.#options
    const { viewportY } = term.buffer.active
    return { start: { x: 0, y: viewportY }, end: { x: term.cols, y: viewportY + term.rows - 1 } }
  }

  #isScreen(): boolean {
    const { term } = this.#options
    const range = this.#range()
    const screen = this.#screen()
    return (
      range !== undefined &&
      !isAfter(range.start, screen.start) &&
      range.end.y >= screen.end.y &&
      range.end.x === term.cols
    )
  }

  // --- where it is ---

  /** The cell nearest to a place on the screen. */
  #cellAt({ x, y }: Point): Cell | undefined {
    const { term } = this.#options
    const screen = this.#screenBox()
    if (!screen) return undefined
    const column = Math.floor(((x - screen.left) / screen.width) * term.cols)
    const row = Math.floor(((y - screen.top) / screen.height) * term.rows)
    return {
      x: Math.min(term.cols - 1, Math.max(0, column)),
      y: term.buffer.active.viewportY + Math.min(term.rows - 1, Math.max(0, row)),
    }
  }

  #screenBox(): DOMRect | undefined {
    const rect = this.#options.term.element?.querySelector('.xterm-screen')?.getBoundingClientRect()
    return rect && rect.width > 0 && rect.height > 0 ? rect : undefined
  }

  #atEdge = (now: number): void => {
    const { box, scroll } = this.#options
    const finger = this.#finger
    if (!finger || !this.#anchor) return
    const ms = Math.min(100, now - this.#then)
    this.#then = now
    const { top, bottom, left, right } = box.getBoundingClientRect()
    const dy = push(finger.y, top, bottom) * ms
    const dx = push(finger.x, left, right) * ms
    if (dx !== 0 || dy !== 0) {
      scroll(dx, dy)
      this.#extend()
    }
    this.#frame = requestAnimationFrame(this.#atEdge)
  }

  #place(): void {
    const { box, term, changed } = this.#options
    const range = this.#range()
    const screen = this.#screenBox()
    if (!range || !screen) return
    const frame = box.getBoundingClientRect()
    const cell = { width: screen.width / term.cols, height: screen.height / term.rows }
    const first = term.buffer.active.viewportY
    const at = ({ x, y }: Cell, below: number) => ({
      x: screen.left - frame.left + x * cell.width,
      y: screen.top - frame.top + (y - first + below) * cell.height,
    })
    const start = at(range.start, 1)
    const end = at(range.end, 1)
    const within = (y: number) => Math.min(frame.height, Math.max(0, y))
    // The layer stays with the box while the terminal moves under it.
    this.#layer.style.transform = `translate(${box.scrollLeft}px, ${box.scrollTop}px)`
    this.#layer.hidden = false
    for (const [name, place] of [
      ['start', start],
      ['end', end],
    ] as const) {
      const { style } = this.#handles[name]
      style.transform = `translate(${place.x}px, ${place.y}px)`
      const seen = place.y > 0 && place.y <= frame.height + 1 && place.x >= -1 && place.x <= frame.width + 1
      style.visibility = seen ? '' : 'hidden'
    }
    changed({
      top: within(start.y - cell.height),
      bottom: within(end.y),
      more: !this.#isScreen() ? 'screen' : this.#isEverything() ? undefined : 'everything',
      changing: this.#anchor !== undefined,
    })
  }

  #isEverything(): boolean {
    const range = this.#range()
    return range?.start.y === 0 && range.start.x === 0 && range.end.y >= lastLine(this.#options.term.buffer.active)
  }

  /** A drop below one end of the selection, to be dragged. */
  #handle(name: End): HTMLElement {
    const handle = document.createElement('div')
    handle.className = `handle ${name}`
    handle.setAttribute('aria-hidden', 'true')
    const above = ({ clientX, clientY }: Touch): Point => ({ x: clientX, y: clientY - HANDLE_BELOW })
    handle.addEventListener(
      'touchstart',
      event => {
        event.preventDefault()
        event.stopPropagation()
        const range = this.#range()
        if (!range || event.touches.length !== 1) return
        // What stays is the other end's cell.
        const { start, end } = range
        this.#take(
          name === 'start'
            ? { start: { x: Math.max(0, end.x - 1), y: end.y }, end }
            : { start, end: { x: start.x + 1, y: start.y } },
        )
        this.#rests = undefined
        this.#place()
      },
      { passive: false },
    )
    handle.addEventListener(
      'touchmove',
      event => {
        event.preventDefault()
        event.stopPropagation()
        if (event.touches[0]) this.drag(above(event.touches[0]))
      },
      { passive: false },
    )
    for (const type of ['touchend', 'touchcancel'] as const)
      handle.addEventListener(
        type,
        event => {
          event.preventDefault()
          event.stopPropagation()
          this.dragEnd()
        },
        { passive: false },
      )
    this.#layer.append(handle)
    return handle
  }
}

/** How fast the text comes to a finger near `from` (negative: from there) or `to`. */
function push(at: number, from: number, to: number): number {
  if (at < from + EDGE) return -FASTEST * Math.min(1, (from + EDGE - at) / EDGE)
  if (at > to - EDGE) return FASTEST * Math.min(1, (at - to + EDGE) / EDGE)
  return 0
}
