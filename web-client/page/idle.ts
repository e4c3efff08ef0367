// Schedules work until after what is on the screen.

/** By then the screen is shown and the user has not begun to type. */
const AFTER_MS = 1_500
/** The limit on a page that never becomes idle. */
const LATEST_MS = 10_000

/** Returns a function that cancels it. Safari before 26 has no requestIdleCallback: there a timer runs it. */
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
