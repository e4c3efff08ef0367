// Which screen is shown, kept in the browser's history so that the phone's Back button works. The address bar never
// changes: its fragment belongs to the secret. Knows nothing of screens' contents.
import { signal } from '@preact/signals'
import type { Place, SessionSpec } from '../protocol/messages.ts'
import { lastSession, rememberSession } from './address.ts'

/**
 * `terminal`: `session_id` null is a session that is about to be started, as `spec` says; `opened` tells one opening from
 * the next. `past`: everything that was recorded, to search. `recording`: it is played. `reading`: its text.
 */
export type Route =
  | { screen: 'sessions' }
  | { screen: 'terminal'; session_id: string | null; spec?: SessionSpec; opened: number }
  | { screen: 'past' }
  | { screen: 'recording'; session_id: string; place?: Place | undefined }
  | { screen: 'reading'; session_id: string; offset?: number | undefined }

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
  if (here.screen !== 'sessions') return show(here)
  window.history.replaceState(SESSIONS, '')
  const session_id = takeAsked() ?? lastSession()
  if (session_id) openTerminal(session_id)
}

/** A notification was tapped while no page was open: it says which session, for once. */
function takeAsked(): string | undefined {
  const asked = new URLSearchParams(window.location.search).get('session') ?? undefined
  if (asked !== undefined) window.history.replaceState(window.history.state, '', window.location.pathname)
  return asked
}

/** `spec`: of the session that is to be started, where `session_id` is null. */
export function openTerminal(session_id: string | null, spec: SessionSpec = {}): void {
  const next: Route = { screen: 'terminal', session_id, spec, opened: ++openings }
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

export function openPast(): void {
  go({ screen: 'past' })
}

/** `place`: where it begins; left out: at its beginning. */
export function openRecording(session_id: string, place?: Place): void {
  go({ screen: 'recording', session_id, place })
}

/** `offset`: what is to be seen; left out: its end. */
export function openReading(session_id: string, offset?: number): void {
  go({ screen: 'reading', session_id, offset })
}

/** As the Back button does. */
export function back(): void {
  window.history.back()
}

function go(next: Route): void {
  window.history.pushState(next, '')
  show(next)
}

/** As the Back button does; the list lies below every terminal. */
export function backToSessions(): void {
  if (route.value.screen === 'terminal') window.history.back()
}

function show(next: Route): void {
  route.value = next
  if (next.screen === 'sessions') rememberSession(undefined)
  else if (next.screen === 'terminal' && next.session_id) rememberSession(next.session_id)
}

function parse(state: unknown): Route {
  const { screen, session_id, place, offset } = (state ?? {}) as Record<string, unknown>
  if (screen === 'past') return { screen }
  if (typeof session_id !== 'string') return SESSIONS
  switch (screen) {
    case 'terminal':
      return { screen, session_id, opened: ++openings }
    case 'recording':
      return { screen, session_id, place: place as Place | undefined }
    case 'reading':
      return { screen, session_id, offset: offset as number | undefined }
    default:
      return SESSIONS
  }
}
