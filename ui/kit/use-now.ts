// A hook for components that show the time.
import { useEffect, useState } from 'preact/hooks'

/** Unix milliseconds; updates every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(tick)
  }, [every])
  return now
}
