// A sideways swipe over a row. Fingers only: a mouse selects text and has a button for the same action.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

/** Pixels that a finger may move in a tap. */
const SLOP = 10
/** Pixels after which releasing acts; a thumb reaches it in one swipe. */
const FAR_ENOUGH = 88
/** The row follows no farther. */
const MAX_PULL = 160

interface Finger {
  id: number
  x: number
  y: number
  swipes: boolean
}

/** `act` is called when a finger was lifted far enough from where it went down. */
export function useSwipeAway(act: () => void) {
  /** Pixels that the row is pulled; positive: to the right. */
  const pulled = useSignal(0)
  const finger = useRef<Finger>(undefined)
  return {
    pulled: pulled.value,
    willAct: Math.abs(pulled.value) >= FAR_ENOUGH,
    handlers: {
      onPointerDown(event: PointerEvent) {
        if (event.isPrimary && event.pointerType !== 'mouse')
          finger.current = { id: event.pointerId, x: event.clientX, y: event.clientY, swipes: false }
      },
      onPointerMove(event: PointerEvent) {
        const start = finger.current
        if (start?.id !== event.pointerId) return
        const [dx, dy] = [event.clientX - start.x, event.clientY - start.y]
        if (!start.swipes) {
          if (Math.hypot(dx, dy) < SLOP) return
          if (Math.abs(dx) < Math.abs(dy)) {
            finger.current = undefined
            return
          }
          start.swipes = true
          // Keeps a button under the finger from being clicked.
          ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
        }
        pulled.value = Math.max(-MAX_PULL, Math.min(MAX_PULL, dx))
      },
      onPointerUp(event: PointerEvent) {
        if (finger.current?.id !== event.pointerId) return
        finger.current = undefined
        const isFar = Math.abs(pulled.value) >= FAR_ENOUGH
        pulled.value = 0
        if (isFar) act()
      },
      onPointerCancel() {
        finger.current = undefined
        pulled.value = 0
      },
    },
  }
}
