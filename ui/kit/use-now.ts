// The time, told again and again. Knows nothing of who shows it.
import { useEffect, useState } from 'preact/hooks'

/** Unix milliseconds, new every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(tick)
  }, [every])
  return now
}
