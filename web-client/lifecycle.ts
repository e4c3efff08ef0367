// Signs of life from the browser after sleep, bfcache or a lost network. Knows nothing of what is done about them.

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
