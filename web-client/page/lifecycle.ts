// Signs from the browser that the page goes to sleep, into the back-forward cache or away, and that it is back. Knows
// nothing of what is done about them.

/**
 * Calls `awake` whenever the page may have been away without its timers and sockets noticing: an OPEN socket is then not
 * to be trusted.
 */
export function onAwake(awake: () => void): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') awake()
  })
  window.addEventListener('pageshow', event => {
    if (event.persisted) awake()
  })
  document.addEventListener('resume', awake)
  window.addEventListener('online', awake)
}

/** Calls `leave` when the page goes: unloaded, or into the back-forward cache. */
export function onLeave(leave: () => void): void {
  window.addEventListener('pagehide', leave)
}

/** Calls `tell` with true when nobody can type any more (it may be the last that the page does), with false when they can again. */
export function pageAway(tell: (away: boolean) => void): () => void {
  const seen = () => tell(document.visibilityState === 'hidden')
  const gone = () => tell(true)
  const back = (event: PageTransitionEvent) => event.persisted && tell(false)
  document.addEventListener('visibilitychange', seen)
  document.addEventListener('freeze', gone)
  document.addEventListener('resume', seen)
  window.addEventListener('pagehide', gone)
  window.addEventListener('pageshow', back)
  return () => {
    document.removeEventListener('visibilitychange', seen)
    document.removeEventListener('freeze', gone)
    document.removeEventListener('resume', seen)
    window.removeEventListener('pagehide', gone)
    window.removeEventListener('pageshow', back)
  }
}
