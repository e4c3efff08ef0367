// Keeps the line that is read in place while the text around it changes, and zooms by a pinch.
import { useEffect } from 'preact/hooks'

/** CSS pixels. Within this distance of the end, new output is followed. */
const FOLLOW_PX = 48

/** A line and the position of its top in the window. */
export interface LineAnchor {
  element: Element
  top: number
}

/** The first line that begins in view; for a line longer than the view, one that ends or continues there. */
export function firstVisibleLine(scroller: HTMLElement): LineAnchor | undefined {
  const { top, bottom } = scroller.getBoundingClientRect()
  const isBelow = (element: Element) => element.getBoundingClientRect().bottom > top
  const page = [...scroller.querySelectorAll('.lines')].find(isBelow)
  const lines = page?.querySelectorAll('.line')
  if (!lines || lines.length === 0) return undefined
  let [from, to] = [0, lines.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if (isBelow(lines[middle]!)) to = middle
    else from = middle + 1
  }
  const next = lines[from + 1]
  const isCut = lines[from]!.getBoundingClientRect().top < top - 1
  const element = isCut && next && next.getBoundingClientRect().top < bottom ? next : lines[from]!
  return { element, top: element.getBoundingClientRect().top }
}

/** Scrolls so that the anchored line is where it was. */
export function restoreLine(scroller: HTMLElement, anchor: LineAnchor | undefined): void {
  if (anchor?.element.isConnected) scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top
}

export function isAtEnd({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean {
  return scrollHeight - clientHeight - scrollTop < FOLLOW_PX
}

/** Changes the font size by a pinch. `size` is in CSS pixels. */
export function usePinch(
  scroller: { current: HTMLElement | null },
  size: () => number,
  setSize: (size: number) => void,
): void {
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let pinch: { distance: number; size: number } | undefined
    const distance = ({ touches: [a, b] }: TouchEvent) =>
      a && b ? Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)) : undefined
    const start = (event: TouchEvent) => {
      const width = event.touches.length === 2 ? distance(event) : undefined
      pinch = width === undefined ? undefined : { distance: width, size: size() }
    }
    const move = (event: TouchEvent) => {
      const width = pinch && distance(event)
      if (!pinch || width === undefined) return
      event.preventDefault()
      const next = Math.round(pinch.size * (width / pinch.distance))
      if (next !== size()) setSize(next)
    }
    element.addEventListener('touchstart', start, { passive: true })
    element.addEventListener('touchmove', move, { passive: false })
    return () => {
      element.removeEventListener('touchstart', start)
      element.removeEventListener('touchmove', move)
    }
  }, [])
}
