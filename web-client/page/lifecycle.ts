// Page lifecycle events: sleep, back-forward cache, unload, and return.

/**
 * Calls `awake` whenever timers and sockets may have missed an absence: a socket that says OPEN may then be dead.
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
  // The network is gone or another one, and a socket does not notice: it waits for packets.
  window.addEventListener('offline', awake)
  ;(navigator as { connection?: EventTarget }).connection?.addEventListener('change', awake)
}

/** Calls `used` whenever a person touches the page or types. */
export function onUse(used: () => void): void {
  for (const type of ['pointerdown', 'keydown', 'input'])
    window.addEventListener(type, used, { capture: true, passive: true })
}

/** Calls `leave` when the page is unloaded or enters the back-forward cache. */
export function onLeave(leave: () => void): void {
  window.addEventListener('pagehide', leave)
}

/** Calls `notify` with true when the user can no longer type (the page may not run again), with false when they can. */
export function onAwayChange(notify: (away: boolean) => void): () => void {
  const seen = () => notify(document.visibilityState === 'hidden')
  const gone = () => notify(true)
  const back = (event: PageTransitionEvent) => event.persisted && notify(false)
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
