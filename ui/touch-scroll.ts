// One finger moves a terminal: first the part of it that is seen, then its history, on the alternate screen the wheel.
// Knows nothing of sessions, sizes or keyboards.
import type { Terminal } from '@xterm/xterm'

/** A finger that moves less than this still taps. */
const SLOP = 8
/** Speed is multiplied by this each frame after the finger left: stops within about a second. */
const FRICTION = 0.95
/** Pixels a millisecond; slower is standing still. */
const STILL = 0.03

export interface TouchScrollOptions {
  /** The element that scrolls when the terminal is larger than it. */
  pan: HTMLElement
  term: Terminal
  cellHeight: () => number
  /** The person has moved the view by hand. */
  moved: () => void
}

export interface TouchScroll {
  /** Ends a glide: somebody types, and wants to see where. */
  halt(): void
  dispose(): void
}

export function touchScroll({ pan, term, cellHeight, moved }: TouchScrollOptions): TouchScroll {
  let last: { x: number; y: number; at: number } | undefined
  let dragging = false
  let speed = 0
  let rest = 0
  let frame = 0

  /** Positive: the content goes up, as with a wheel. */
  const scrollBy = (pixels: number, x: number, y: number) => {
    const alternate = term.buffer.active.type === 'alternate'
    const inHistory = !alternate && term.buffer.active.viewportY < term.buffer.active.baseY
    if (!(pixels > 0 && inHistory)) {
      const before = pan.scrollTop
      pan.scrollTop += pixels
      pixels -= pan.scrollTop - before
    }
    rest += pixels
    const lines = Math.trunc(rest / cellHeight())
    if (lines === 0) return
    rest -= lines * cellHeight()
    if (!alternate && term.modes.mouseTrackingMode === 'none') return term.scrollLines(lines)
    // xterm turns a wheel into what the program asked for: mouse reports, or arrow keys.
    const wheel = { deltaY: Math.sign(lines), deltaMode: WheelEvent.DOM_DELTA_LINE, clientX: x, clientY: y }
    for (let i = 0; i < Math.abs(lines); i++)
      term.element
        ?.querySelector('.xterm-screen')
        ?.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }))
  }

  const start = (event: TouchEvent) => {
    cancelAnimationFrame(frame)
    const touch = event.touches[0]
    dragging = false
    speed = 0
    rest = 0
    last = touch && event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY, at: event.timeStamp } : undefined
  }

  const move = (event: TouchEvent) => {
    const touch = event.touches[0]
    if (!last || !touch || event.touches.length !== 1) return
    const dx = last.x - touch.clientX
    const dy = last.y - touch.clientY
    if (!dragging && Math.hypot(dx, dy) < SLOP) return
    // From here on it is no tap: no emulated mouse, no focus, no keyboard.
    event.preventDefault()
    dragging = true
    moved()
    pan.scrollLeft += dx
    scrollBy(dy, touch.clientX, touch.clientY)
    speed = dy / Math.max(1, event.timeStamp - last.at)
    last = { x: touch.clientX, y: touch.clientY, at: event.timeStamp }
  }

  const end = (event: TouchEvent) => {
    if (!dragging || !last) return
    event.preventDefault()
    const { x, y, at } = last
    last = undefined
    // A finger that rested before it left wants no momentum; and a wheel that goes on by itself types into programs.
    if (event.timeStamp - at > 60 || term.buffer.active.type === 'alternate') return
    let then = performance.now()
    const glide = (now: number) => {
      scrollBy(speed * (now - then), x, y)
      then = now
      speed *= FRICTION
      if (Math.abs(speed) > STILL) frame = requestAnimationFrame(glide)
    }
    frame = requestAnimationFrame(glide)
  }

  pan.addEventListener('touchstart', start, { passive: true })
  pan.addEventListener('touchmove', move, { passive: false })
  pan.addEventListener('touchend', end, { passive: false })
  pan.addEventListener('touchcancel', end, { passive: false })
  return {
    halt: () => cancelAnimationFrame(frame),
    dispose: () => {
      cancelAnimationFrame(frame)
      pan.removeEventListener('touchstart', start)
      pan.removeEventListener('touchmove', move)
      pan.removeEventListener('touchend', end)
      pan.removeEventListener('touchcancel', end)
    },
  }
}
