// How much of the page a soft keyboard covers. No browser says so plainly on plain HTTP, so it is told from what is
// seen. Knows nothing of terminals.
import { signal } from '@preact/signals'

/** CSS pixels. `height` is seen, `covered` lies under the keyboard, `top`: how far the browser has pushed the page up. */
export interface Seen {
  height: number
  covered: number
  top: number
}

interface Measured {
  width: number
  height: number
  /** The layout viewport, which a keyboard leaves as it is where `interactive-widget` is known, and on iOS. */
  layout: number
  top: number
}

/** No keyboard is lower, no browser's bar higher; some browsers count their bars into the layout viewport. */
const LEAST_KEYBOARD = 120

/** Tells keyboards from rotations: a keyboard takes height and leaves the width. */
export class KeyboardTracker {
  #width = 0
  #tallest = 0

  /** `coarse`: there is a soft keyboard; without one a lower window is a lower window. */
  seen({ width, height, layout, top }: Measured, coarse: boolean): Seen {
    if (width !== this.#width || !coarse) {
      this.#width = width
      this.#tallest = 0
    }
    this.#tallest = Math.max(this.#tallest, height, coarse && layout - height >= LEAST_KEYBOARD ? layout : 0)
    return { height, covered: Math.max(0, this.#tallest - height), top }
  }
}

export const seen = signal<Seen>({ height: window.innerHeight, covered: 0, top: 0 })

/** Keeps `seen` true, and `--seen-height` and `--seen-top` for the style sheet. */
export function watchViewport(): void {
  const tracker = new KeyboardTracker()
  const coarse = window.matchMedia('(pointer: coarse)')
  const viewport = window.visualViewport
  const update = () => {
    // A pinched page shows less for a reason of its own.
    const zoom = viewport?.scale ?? 1
    const now = tracker.seen(
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
    seen.value = now
  }
  viewport?.addEventListener('resize', update)
  viewport?.addEventListener('scroll', update)
  window.addEventListener('resize', update)
  update()
}
