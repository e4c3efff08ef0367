// When what is only needed later may be fetched: after what is on the screen. Knows nothing of what that is.

/** What was asked for is on the screen, and nobody has begun to type. */
const AFTER_MS = 1_500
/** A page that is busy without end gets it all the same. */
const LATEST_MS = 10_000

/** Returns what calls it off. Safari before 26 does not say when it is idle: there it comes after a moment. */
export function whenIdle(work: () => void): () => void {
  let idle: number | undefined
  const timer = setTimeout(() => {
    if ('requestIdleCallback' in window) idle = window.requestIdleCallback(work, { timeout: LATEST_MS })
    else work()
  }, AFTER_MS)
  return () => {
    clearTimeout(timer)
    if (idle !== undefined) window.cancelIdleCallback(idle)
  }
}
