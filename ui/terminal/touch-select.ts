// Selecting in a terminal by touch: a word, then more by dragging or with two handles. The selection is xterm.js's own, so
// it stays with its lines while output continues.
import type { IMarker, Terminal } from '@xterm/xterm'
import { linkTarget } from './links.ts'
import { type Cell, type CellRange, lastLine, lineAnchor, lineAt, selectionText } from './selection-text.ts'
import type { Point } from './touch.ts'
import { addressAt, type WebAddress } from './web-addresses.ts'
import { isAfter, union, wholeCharacters, wordAt } from './word-range.ts'

/** Where a selection is visible, in pixels from the top of the terminal's box; both are within the box. */
export interface SelectionState {
  top: number
  bottom: number
  /** What "select all" would select next. */
  selectAll: 'screen' | 'everything' | undefined
  /** A finger is still changing it. */
  changing: boolean
  /** The web address that is selected, whole. */
  address: string | undefined
}

export interface TouchSelectOptions {
  box: HTMLElement
  term: Terminal
  /** Scrolls by pixels, for a finger at an edge. */
  scroll: (dx: number, dy: number) => void
  changed: (selected: SelectionState | undefined) => void
}

/** Pixels. This close to an edge a finger scrolls, the faster the closer. */
const EDGE = 36
/** Pixels per millisecond, at the edge itself. */
const MAX_SPEED = 0.6
/** As in touch.ts. */
const SLOP = 8
/** Pixels. A finger on a handle covers the text, so it points this far above itself. */
const HANDLE_BELOW = 22

type End = 'start' | 'end'

export class TouchSelect {
  readonly #options: TouchSelectOptions
  readonly #layer = document.createElement('div')
  readonly #handles: Record<End, HTMLElement>
  readonly #cleanup: (() => void)[] = []
  #active = false
  /** The web address on which the finger was put down. */
  #address: WebAddress | undefined
  /** What stays selected while a finger drags; the marker tells how far its row moves when old lines are dropped. */
  #anchor: { range: CellRange; row: number; marker: IMarker | undefined } | undefined
  #finger: Point | undefined
  #restingAt: Point | undefined
  #frame = 0
  #frameAt = 0

  constructor(options: TouchSelectOptions) {
    this.#options = options
    const { box, term } = options
    this.#layer.className = 'touch-selection'
    this.#handles = { start: this.#createHandle('start'), end: this.#createHandle('end') }
    this.#layer.hidden = true
    box.append(this.#layer)
    const moved = () => this.#active && this.#update()
    box.addEventListener('scroll', moved)
    const listeners = [
      term.onRender(moved),
      term.onSelectionChange(() => {
        // Typing, switching screens and a program that takes the mouse end a selection.
        if (this.#active && !term.hasSelection()) this.clear()
      }),
    ]
    this.#cleanup.push(
      () => box.removeEventListener('scroll', moved),
      ...listeners.map(listener => () => listener.dispose()),
      () => this.#layer.remove(),
    )
  }

  get active(): boolean {
    return this.#active
  }

  /** Selects the word at `at`; the finger may drag on from there. Returns whether there is one. */
  longPress(at: Point): boolean {
    const cell = this.#cellAt(at)
    if (!cell) return false
    const { term } = this.#options
    this.#address = addressAt(term.buffer.active, term.cols, cell)
    const word = this.#address ?? wordAt(term.buffer.active, term.cols, cell)
    this.#active = true
    this.#select(word)
    this.#setAnchor(word)
    this.#restingAt = at
    this.#update()
    // A short vibration; iOS has none for web pages.
    navigator.vibrate?.(12)
    return true
  }

  drag(at: Point): void {
    // A resting finger is never quite still, and near an edge the text must not start moving under it.
    if (this.#restingAt && Math.hypot(at.x - this.#restingAt.x, at.y - this.#restingAt.y) < SLOP) return
    this.#restingAt = undefined
    this.#finger = at
    this.#extend()
    this.#frameAt = performance.now()
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(this.#scrollAtEdge)
  }

  dragEnd(): void {
    cancelAnimationFrame(this.#frame)
    this.#anchor?.marker?.dispose()
    this.#anchor = undefined
    this.#finger = undefined
    this.#update()
  }

  /** Selects the visible screen; if that is selected already, everything in the terminal. */
  selectAll(): void {
    const { term } = this.#options
    const { active } = term.buffer
    this.#active = true
    if (this.#isScreen()) this.#select({ start: { x: 0, y: 0 }, end: { x: term.cols, y: lastLine(active) } })
    else this.#select(this.#screen())
    this.#update()
  }

  text(): string {
    const { term } = this.#options
    const range = this.#range()
    if (range && this.#address && isSame(range, this.#address)) return this.#address.text
    return range ? selectionText(term.buffer.active, term.cols, range).replace(/^\n+|\n+$/g, '') : ''
  }

  /** The first selected line that is not blank, and how many lines follow it: where reading goes on. */
  anchor(): { line: string; below: number } | undefined {
    const { term } = this.#options
    const { active } = term.buffer
    const range = this.#range()
    return range && lineAnchor(active, term.cols, lineAt(active, term.cols, range.start.y).start.y)
  }

  clear(): void {
    if (!this.#active) return
    this.#active = false
    this.dragEnd()
    this.#layer.hidden = true
    this.#options.term.clearSelection()
    this.#options.changed(undefined)
  }

  /** The terminal's size or font changed. */
  relayout(): void {
    if (this.#active) this.#update()
  }

  dispose(): void {
    this.clear()
    for (const step of this.#cleanup.splice(0)) step()
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

  #setAnchor(range: CellRange): void {
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
    const dropped = !marker ? 0 : marker.line >= 0 ? row - marker.line : row + 1
    const shift = ({ x, y }: Cell): Cell => (y < dropped ? { x: 0, y: 0 } : { x, y: y - dropped })
    const touched = wholeCharacters(term.buffer.active, term.cols, { start: cell, end: { x: cell.x + 1, y: cell.y } })
    this.#select(union({ start: shift(range.start), end: shift(range.end) }, touched))
    this.#update()
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

  /** The cell nearest to a point. */
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

  #scrollAtEdge = (now: number): void => {
    const { box, scroll } = this.#options
    const finger = this.#finger
    if (!finger || !this.#anchor) return
    const ms = Math.min(100, now - this.#frameAt)
    this.#frameAt = now
    const { top, bottom, left, right } = box.getBoundingClientRect()
    const dy = edgeSpeed(finger.y, top, bottom) * ms
    const dx = edgeSpeed(finger.x, left, right) * ms
    if (dx !== 0 || dy !== 0) {
      scroll(dx, dy)
      this.#extend()
    }
    this.#frame = requestAnimationFrame(this.#scrollAtEdge)
  }

  #update(): void {
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
    // The layer stays with the box while the terminal scrolls under it.
    this.#layer.style.transform = `translate(${box.scrollLeft}px, ${box.scrollTop}px)`
    this.#layer.hidden = false
    for (const [name, point] of [
      ['start', start],
      ['end', end],
    ] as const) {
      const { style } = this.#handles[name]
      style.transform = `translate(${point.x}px, ${point.y}px)`
      const visible = point.y > 0 && point.y <= frame.height + 1 && point.x >= -1 && point.x <= frame.width + 1
      style.visibility = visible ? '' : 'hidden'
    }
    changed({
      top: within(start.y - cell.height),
      bottom: within(end.y),
      selectAll: !this.#isScreen() ? 'screen' : this.#isEverything() ? undefined : 'everything',
      changing: this.#anchor !== undefined,
      address: this.#address && isSame(range, this.#address) ? linkTarget(this.#address.text) : undefined,
    })
  }

  #isEverything(): boolean {
    const range = this.#range()
    return range?.start.y === 0 && range.start.x === 0 && range.end.y >= lastLine(this.#options.term.buffer.active)
  }

  /** A drop shape below one end of the selection, to be dragged. */
  #createHandle(name: End): HTMLElement {
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
        // The other end's cell stays selected.
        const { start, end } = range
        this.#setAnchor(
          name === 'start'
            ? { start: { x: Math.max(0, end.x - 1), y: end.y }, end }
            : { start, end: { x: start.x + 1, y: start.y } },
        )
        this.#restingAt = undefined
        this.#update()
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

function isSame(a: CellRange, b: CellRange): boolean {
  return a.start.x === b.start.x && a.start.y === b.start.y && a.end.x === b.end.x && a.end.y === b.end.y
}

/** How fast the text scrolls for a finger near `from` (negative) or `to`. */
function edgeSpeed(at: number, from: number, to: number): number {
  if (at < from + EDGE) return -MAX_SPEED * Math.min(1, (from + EDGE - at) / EDGE)
  if (at > to - EDGE) return MAX_SPEED * Math.min(1, (at - to + EDGE) / EDGE)
  return 0
}
