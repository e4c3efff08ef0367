// How much of the page a soft keyboard covers, derived from the visual viewport: over plain HTTP no browser reports it.
import { signal } from '@preact/signals'

/** CSS pixels. `height` is visible, `covered` is behind the keyboard, `top` is how far the browser scrolled the page up. */
export interface VisibleArea {
  height: number
  covered: number
  top: number
}

interface ViewportMeasure {
  width: number
  height: number
  /** The layout viewport. A keyboard does not change it on iOS, nor where `interactive-widget` is supported. */
  layout: number
  top: number
}

/** CSS pixels. Keyboards are taller and browser bars are lower; some browsers count their bars into the layout viewport. */
const MIN_KEYBOARD_HEIGHT = 120

/** Distinguishes keyboards from rotations: a keyboard reduces the height and not the width. */
export class KeyboardTracker {
  #width = 0
  #tallest = 0

  /** `coarse`: the device has a soft keyboard. Without one, a smaller window is just a smaller window. */
  update({ width, height, layout, top }: ViewportMeasure, coarse: boolean): VisibleArea {
    if (width !== this.#width || !coarse) {
      this.#width = width
      this.#tallest = 0
    }
    this.#tallest = Math.max(this.#tallest, height, coarse && layout - height >= MIN_KEYBOARD_HEIGHT ? layout : 0)
    return { height, covered: Math.max(0, this.#tallest - height), top }
  }
}

export const visibleArea = signal<VisibleArea>({ height: window.innerHeight, covered: 0, top: 0 })

/** Keeps `visibleArea` up to date, and `--seen-height` and `--seen-top` for the style sheets. */
export function watchViewport(): void {
  const tracker = new KeyboardTracker()
  const coarse = window.matchMedia('(pointer: coarse)')
  const viewport = window.visualViewport
  const update = () => {
    // A page zoomed by a pinch shows less without any keyboard.
    const zoom = viewport?.scale ?? 1
    const now = tracker.update(
      {
        width: document.documentElement.clientWidth,
        height: Math.round((viewport?.height ?? window.innerHeight) * zoom),
        layout: document.documentElement.clientHeight,
        top: zoom === 1 ? (viewport?.offsetTop ?? 0) : 0,
      },
      coarse.matches,
    )
    document.documentElement.style.setProperty('--seen-height', `${now.height}px`)
    document.documentElement.style.setProperty('--seen-top', `${now.top}px`)
    visibleArea.value = now
  }
  viewport?.addEventListener('resize', update)
  viewport?.addEventListener('scroll', update)
  window.addEventListener('resize', update)
  update()
}
