// What fingers do on a terminal view: scroll, select, pinch to change the font size.
import { Pinch } from './pinch.ts'
import { onGestures } from './touch.ts'
import { TouchScroll } from './touch-scroll.ts'
import type { SelectionState, TouchSelect } from './touch-select.ts'
import type { ViewLayout, ViewParts } from './view-layout.ts'

export interface GestureOptions {
  /** The finger's selection changed; undefined: nothing is selected. Omitted: fingers do not select. */
  selectionChanged?: (selected: SelectionState | undefined) => void
  /** The user pulls the first line down to see what is above it: `pixels`, at most EARLIER_PX, are free at the top. */
  pulled?: (pixels: number) => void
}

/** Room for a button above the first line. */
const EARLIER_PX = 44

export class ViewGestures {
  readonly scroll: TouchScroll
  readonly #parts: ViewParts
  readonly #options: GestureOptions
  readonly #layout: ViewLayout
  readonly #off: () => void
  #selection: TouchSelect | undefined
  #loading: Promise<void> | undefined
  #disposed = false

  /** `hasEarlier`: whether more was printed than the terminal holds. */
  constructor(parts: ViewParts, options: GestureOptions, layout: ViewLayout, hasEarlier: () => boolean) {
    this.#parts = parts
    this.#options = options
    this.#layout = layout
    const { box, term } = parts
    this.scroll = new TouchScroll({
      pan: box,
      term,
      cellHeight: () => layout.cell.height,
      moved: () => {
        layout.followsCursor = false
      },
      pullRoom: () => (options.pulled && hasEarlier() ? EARLIER_PX : 0),
      pulled: pixels => options.pulled?.(pixels),
    })
    this.#off = this.#listen()
  }

  /** Undefined until `loadSelection` has resolved. */
  get selection(): TouchSelect | undefined {
    return this.#selection
  }

  /** Loads the code for selecting; a long press does so at the latest. Does nothing where fingers do not select. */
  loadSelection(): Promise<void> {
    const { selectionChanged: changed } = this.#options
    if (!changed) return Promise.resolve()
    this.#loading ??= import('./touch-select.ts').then(
      ({ TouchSelect }) => {
        if (this.#disposed) return
        const { box, term } = this.#parts
        this.#selection = new TouchSelect({
          box,
          term,
          scroll: (dx, dy) => this.scroll.scrollWithoutWheel(dx, dy),
          changed,
        })
      },
      () => {
        this.#loading = undefined // The host is unreachable: the next long press tries again.
      },
    )
    return this.#loading
  }

  /** The user's font size; undefined: the automatic one. */
  setFontSize(size: number | undefined): void {
    // A fling would continue over the new layout.
    this.scroll.halt()
    this.#layout.setFontSize(size)
  }

  dispose(): void {
    this.#disposed = true
    this.#off()
    this.scroll.halt()
    this.#selection?.dispose()
  }

  #listen(): () => void {
    const { scroll } = this
    const { box, sheet } = this.#parts
    const layout = this.#layout
    /** The latest long press: the finger may be gone before the code for selecting is loaded. */
    let press: { lifted: boolean } | undefined
    const pinch = new Pinch({
      box,
      sheet,
      font: () => layout.fontSize.size,
      cell: () => layout.cell,
      room: () => layout.room(),
      fits: () => layout.mode === 'own',
      done: size => {
        layout.followsCursor = false
        this.setFontSize(size)
      },
    })
    return onGestures(box, {
      touchDown: () => scroll.stop(),
      tap: () => {
        const selected = this.#selection?.active === true
        this.#selection?.clear()
        return selected
      },
      pan: (dx, dy, at) => scroll.scrollBy(-dx, -dy, at),
      fling: (vx, vy, at) => scroll.fling(-vx, -vy, at),
      longPress: at => {
        if (this.#selection) return this.#selection.longPress(at)
        if (!this.#options.selectionChanged) return false
        const current = { lifted: false }
        press = current
        void this.loadSelection().then(() => {
          if (this.#selection?.longPress(at) && current.lifted) this.#selection.dragEnd()
        })
        return true
      },
      drag: at => this.#selection?.drag(at),
      dragEnd: () => {
        if (press) press.lifted = true
        this.#selection?.dragEnd()
        scroll.settle()
      },
      pinchStart: at => {
        scroll.halt()
        pinch.start(at)
      },
      pinch: (scale, at) => pinch.move(scale, at),
      pinchEnd: () => pinch.end(),
      twoFingerDoubleTap: () => this.setFontSize(undefined),
      canPanSideways: () => layout.pansSideways,
    })
  }
}
