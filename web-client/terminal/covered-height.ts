// The strips around a terminal cover a part of it, like a soft keyboard: they come and go without changing the session's size.
import type { Signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

/**
 * A ref for a strip. `height` is how much it covers, in CSS pixels: set before the strip is painted, since a terminal that
 * is measured without it would ask for a size with fewer rows, and 0 when the strip is gone.
 */
export function useCoveredHeight(height: Signal<number>, measure = (element: HTMLElement) => element.offsetHeight) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const update = () => {
      height.value = measure(element)
    }
    update()
    const observer = new ResizeObserver(update)
    observer.observe(element)
    return () => {
      observer.disconnect()
      height.value = 0
    }
  }, [])
  return ref
}
