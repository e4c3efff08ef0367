// Which screen is shown, kept in the browser's history so that the phone's Back button works. The address bar never
// changes: its fragment belongs to the secret. Knows nothing of screens' contents.
import { signal } from '@preact/signals'
import { lastSession, rememberSession } from './address.ts'

/** `session_id` null: a session that is about to be started. */
export type Route = { screen: 'sessions' } | { screen: 'terminal'; session_id: string | null }

const SESSIONS: Route = { screen: 'sessions' }

export const route = signal<Route>(SESSIONS)

/** Puts the list at the bottom of the history and, after a reload, the terminal that was open on top of it. */
export function startRouting(): void {
  window.addEventListener('popstate', event => show(parse(event.state)))
  const here = parse(window.history.state)
  if (here.screen === 'terminal' && here.session_id) return show(here)
  window.history.replaceState(SESSIONS, '')
  const session_id = lastSession()
  if (session_id) openTerminal(session_id)
}

export function openTerminal(session_id: string | null): void {
  const next: Route = { screen: 'terminal', session_id }
  // One terminal is open at a time: from one to the next there is nothing to go back to.
  if (route.value.screen === 'terminal') window.history.replaceState(next, '')
  else window.history.pushState(next, '')
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
  return screen === 'terminal' && typeof session_id === 'string' ? { screen, session_id } : SESSIONS
}
