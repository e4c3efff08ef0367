// Keeps a question from being answered by what was meant for something else. Knows nothing of the question.
import { useEffect, useRef, useState } from 'preact/hooks'

/** A click or key that was under way is over by then, and a person has seen that there is something new. */
export const ARM_MS = 500

/**
 * False for a moment after the question came up, and after the window came to the front with it. To be called in event
 * handlers; `armed` of the returned pair is the same to draw by.
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
