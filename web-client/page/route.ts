// The screen that is shown, mirrored in the browser's history so that the Back button works. The address never changes:
// its fragment is reserved for the pairing secret.
import { signal } from '@preact/signals'
import type { SeekTarget, SessionSpec } from '../../protocol/messages.ts'
import { lastOpenSession, rememberSession } from './address.ts'

/**
 * `terminal`: with `session_id` null it starts a session as `spec` says; `opened` distinguishes one opening from the
 * next. `history`: all recorded sessions, with search. `recording`: playback. `reading`: a session's text.
 */
export type Route =
  | { screen: 'sessions' }
  | { screen: 'terminal'; session_id: string | null; spec?: SessionSpec; opened: number }
  | { screen: 'history' }
  | { screen: 'recording'; session_id: string; target?: SeekTarget | undefined; found?: FoundLine | undefined }
  | { screen: 'reading'; session_id: string; offset?: number | undefined; near?: LineHint | undefined }

/** A line seen in a terminal, where its offset is unknown. `below`: the number of lines after it. */
export interface LineHint {
  line: string
  below: number
}

/** A search hit to highlight in a recording. */
export interface FoundLine {
  line: string
  ranges: [number, number][]
}

/** A history entry. `depth`: the number of screens below it. */
type Entry = Route & { depth: number }

const SESSIONS: Entry = { screen: 'sessions', depth: 0 }

let openings = 0
let depth = 0
/** Replaces the entry that the browser is navigating back to. */
let replacing: Entry | undefined

export const route = signal<Route>(SESSIONS)

/** Makes the session list the first history entry and, after a reload, puts the open terminal on top of it. */
export function startRouting(): void {
  window.addEventListener('popstate', event => {
    const next = replacing
    replacing = undefined
    if (next) {
      window.history.replaceState(next, '')
      depth = next.depth
    } else if (event.state) show(parse(event.state))
  })
  // An address with another pairing secret was opened in this tab: host-link.ts has read it, the screen stays.
  window.addEventListener('hashchange', () => {
    if (window.history.state === null) window.history.back()
  })
  const here = parse(window.history.state)
  if (here.screen !== 'sessions') return show(here)
  window.history.replaceState(SESSIONS, '')
  const session_id = takeRequestedSession() ?? lastOpenSession()
  if (session_id) openTerminal(session_id)
}

const SESSION_ID = /^[\da-f-]{36}$/

/** A complete session id. Any page may link here, and a notification's data may be anything. */
export const isSessionId = (text: unknown): text is string => typeof text === 'string' && SESSION_ID.test(text)

/** The session of a notification that was tapped while no page was open; read from the address once. */
function takeRequestedSession(): string | undefined {
  const requested = new URLSearchParams(window.location.search).get('session')
  if (requested === null) return undefined
  window.history.replaceState(window.history.state, '', window.location.pathname)
  return isSessionId(requested) ? requested : undefined
}

/** `spec` applies to a new session (`session_id` null). Below a terminal there is only the list. */
export function openTerminal(session_id: string | null, spec: SessionSpec = {}): void {
  const next: Entry = { screen: 'terminal', session_id, spec, opened: ++openings, depth: 1 }
  // Only one terminal is open: switching replaces the history entry.
  if (depth === 0) window.history.pushState(next, '')
  else if (depth === 1) window.history.replaceState(next, '')
  else {
    replacing = next
    window.history.go(1 - depth)
  }
  show(next)
}

/** Gives the terminal the id of the session that it started. */
export function setTerminalSession(session_id: string): void {
  if (route.value.screen !== 'terminal') return
  const next: Entry = { ...route.value, session_id, depth }
  if (replacing) replacing = next
  else window.history.replaceState(next, '')
  show(next)
}

export function openHistory(): void {
  go({ screen: 'history' })
}

/** `target`: where playback begins, with the hit `found` there; without it, at the end. */
export function openRecording(session_id: string, target?: SeekTarget, found?: FoundLine): void {
  go({ screen: 'recording', session_id, target, found })
}

/** Scrolls to `offset`, or to the line that matches `near`; without either, to the end. */
export function openReading(session_id: string, offset?: number, near?: LineHint): void {
  go({ screen: 'reading', session_id, offset, near })
}

/** From a recording to its live session: goes back if the recording was opened from there. */
export function backToLive(session_id: string): void {
  const isBelow = depth === 2 && lastOpenSession() === session_id
  if (isBelow) back()
  else openTerminal(session_id)
}

/** Same as the Back button. */
export function back(): void {
  window.history.back()
}

function go(next: Route): void {
  const entry: Entry = { ...next, depth: depth + 1 }
  window.history.pushState(entry, '')
  show(entry)
}

/** Same as the Back button: the list is below every terminal. */
export function backToSessions(): void {
  if (route.value.screen === 'terminal') window.history.back()
}

function show(next: Entry): void {
  depth = next.depth
  route.value = next
  if (next.screen === 'sessions') rememberSession(undefined)
  else if (next.screen === 'terminal' && next.session_id) rememberSession(next.session_id)
}

function parse(state: unknown): Entry {
  const { screen, session_id, target, found, offset, near, depth = 1 } = (state ?? {}) as Record<string, unknown>
  const at = { depth: depth as number }
  if (screen === 'history') return { screen, ...at }
  if (typeof session_id !== 'string') return SESSIONS
  switch (screen) {
    case 'terminal':
      return { screen, session_id, opened: ++openings, ...at }
    case 'recording':
      return {
        screen,
        session_id,
        target: target as SeekTarget | undefined,
        found: found as FoundLine | undefined,
        ...at,
      }
    case 'reading':
      return { screen, session_id, offset: offset as number | undefined, near: near as LineHint | undefined, ...at }
    default:
      return SESSIONS
  }
}
