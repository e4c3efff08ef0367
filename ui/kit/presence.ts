// Whether a person is at this page: it is visible and focused, and, to be present, was used in the last minutes.

/** A page that was not used for longer counts as unattended; at worst its reader gets one notification too many. */
const AWAY_MS = 3 * 60_000

const ACTIVITY = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Calls `listener` with the present state and at every change, until the returned function is called. */
export function onPresence(listener: (present: boolean, focused: boolean) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let active = true
  const isFocused = () => document.visibilityState === 'visible' && document.hasFocus()
  const state = (): [present: boolean, focused: boolean] => [active && isFocused(), isFocused()]
  let reported = state()
  const report = () => {
    const now = state()
    if (reported.join() === now.join()) return
    reported = now
    listener(...reported)
  }
  const onIdle = () => {
    active = false
    report()
  }
  const onActivity = () => {
    clearTimeout(timer)
    timer = setTimeout(onIdle, AWAY_MS)
    active = true
    report()
  }
  for (const name of ACTIVITY) window.addEventListener(name, onActivity, { capture: true, passive: true })
  for (const name of ['focus', 'blur'] as const) window.addEventListener(name, report)
  document.addEventListener('visibilitychange', report)
  listener(...reported)
  onActivity()
  return () => {
    clearTimeout(timer)
    for (const name of ACTIVITY) window.removeEventListener(name, onActivity, { capture: true })
    for (const name of ['focus', 'blur'] as const) window.removeEventListener(name, report)
    document.removeEventListener('visibilitychange', report)
  }
}
