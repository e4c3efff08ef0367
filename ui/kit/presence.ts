// Whether somebody is before this page: it is seen, and something was touched in it lately. Knows nothing of sessions.

/** A screen that nobody has touched for longer is not looked at; whoever still reads it is told once too often. */
const AWAY_MS = 3 * 60_000

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Calls with what is so now and at every change, until the returned function is called. */
export function onPresence(listener: (present: boolean) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let touched = true
  const here = () => touched && document.visibilityState === 'visible' && document.hasFocus()
  let told = here()
  const tell = () => {
    if (told === here()) return
    told = here()
    listener(told)
  }
  const away = () => {
    touched = false
    tell()
  }
  const touch = () => {
    clearTimeout(timer)
    timer = setTimeout(away, AWAY_MS)
    touched = true
    tell()
  }
  for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true })
  for (const name of ['focus', 'blur'] as const) window.addEventListener(name, tell)
  document.addEventListener('visibilitychange', tell)
  listener(told)
  touch()
  return () => {
    clearTimeout(timer)
    for (const name of TOUCHES) window.removeEventListener(name, touch, { capture: true })
    for (const name of ['focus', 'blur'] as const) window.removeEventListener(name, tell)
    document.removeEventListener('visibilitychange', tell)
  }
}
