// Notices that the page is no longer used, and covers it while it is in the background.
import './lock.css'

const USE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'input'] as const

/** Timers stop while a phone sleeps, so the clock is compared; often enough for a limit of a minute. */
const CHECK_MS = 5_000

/** Calls `unused` once the page was not used for `milliseconds`, until the returned function is called. */
export function watchUse(milliseconds: number, unused: () => void): () => void {
  let last = Date.now()
  const isOver = () => Date.now() - last >= milliseconds
  const check = () => isOver() && unused()
  const use = () => {
    // After a sleep, a touch is not use: the page has been unused for too long already.
    if (isOver()) return unused()
    last = Date.now()
  }
  const seen = () => {
    const { visibilityState } = document
    if (visibilityState === 'visible' && isOver()) return unused()
    // For the app switcher's picture, as far as the system takes it after this event.
    document.documentElement.classList.toggle('covered', visibilityState === 'hidden')
  }
  const timer = setInterval(check, CHECK_MS)
  for (const name of USE) window.addEventListener(name, use, { capture: true, passive: true })
  document.addEventListener('visibilitychange', seen)
  window.addEventListener('pageshow', seen)
  return () => {
    clearInterval(timer)
    for (const name of USE) window.removeEventListener(name, use, { capture: true })
    document.removeEventListener('visibilitychange', seen)
    window.removeEventListener('pageshow', seen)
    document.documentElement.classList.remove('covered')
  }
}
