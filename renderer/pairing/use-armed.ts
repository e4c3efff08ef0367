// Keeps a click or key that was meant for something else from answering a dialog.
import { useEffect, useRef, useState } from 'preact/hooks'

/** Long enough for a click or key in progress to end and for the user to notice the dialog. */
export const ARM_MS = 500

/**
 * False for ARM_MS after the dialog appears and after the window comes to the front. Call `isArmed` in event handlers and
 * use `armed` to draw.
 */
export function useArmed(): [isArmed: () => boolean, armed: boolean] {
  const since = useRef(performance.now())
  const [armed, setArmed] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const hold = () => {
      since.current = performance.now()
      setArmed(false)
      clearTimeout(timer)
      timer = setTimeout(() => setArmed(true), ARM_MS)
    }
    hold()
    window.addEventListener('focus', hold)
    document.addEventListener('visibilitychange', hold)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('focus', hold)
      document.removeEventListener('visibilitychange', hold)
    }
  }, [])
  return [() => performance.now() - since.current >= ARM_MS, armed]
}
