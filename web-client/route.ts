// Which screen is shown, kept in the browser's history so that the phone's Back button works. The address bar never
// changes: its fragment belongs to the secret. Knows nothing of screens' contents.
import { signal } from '@preact/signals'
import { lastSession, rememberSession } from './address.ts'

/** `session_id` null: a session that is about to be started. `opened` tells one opening from the next. */
export type Route = { screen: 'sessions' } | { screen: 'terminal'; session_id: string | null; opened: number }

const SESSIONS: Route = { screen: 'sessions' }

let openings = 0

export const route = signal<Route>(SESSIONS)

/** Puts the list at the bottom of the history and, after a reload, the terminal that was open on top of it. */
export function startRouting(): void {
  window.addEventListener('popstate', event => event.state && show(parse(event.state)))
  // Another address of this host was opened in this tab: it has been taken (host-link.ts), and what was shown still is.
  window.addEventListener('hashchange', () => {
    if (window.history.state === null) window.history.back()
  })
  const here = parse(window.history.state)
  if (here.screen === 'terminal' && here.session_id) return show(here)
  window.history.replaceState(SESSIONS, '')
  const session_id = lastSession()
  if (session_id) openTerminal(session_id)
}

export function openTerminal(session_id: string | null): void {
  const next: Route = { screen: 'terminal', session_id, opened: ++openings }
  // One terminal is open at a time: from one to the next there is nothing to go back to.
  if (route.value.screen === 'terminal') window.history.replaceState(next, '')
  else window.history.pushState(next, '')
  show(next)
}

/** The session that was being started has its id. */
export function nameTerminal(session_id: string): void {
  if (route.value.screen !== 'terminal') return
  const next: Route = { ...route.value, session_id }
  window.history.replaceState(next, '')
  show(next)
}

/** As the Back button does; the list lies below every terminal. */
export function backToSessions(): void {
  if (route.value.screen === 'terminal') window.history.back()
}

function show(next: Route): void {
  route.value = next
  if (next.screen === 'sessions') rememberSession(undefined)
  else if (next.session_id) rememberSession(next.session_id)
}

function parse(state: unknown): Route {
  const { screen, session_id } = (state ?? {}) as { screen?: unknown; session_id?: unknown }
  return screen === 'terminal' && typeof session_id === 'string' ? { screen, session_id, opened: ++openings } : SESSIONS
}
