// Which screen is shown, kept in the browser's history so that the phone's Back button works. The address bar never
// changes: its fragment belongs to the secret. Knows nothing of screens' contents.
import { signal } from '@preact/signals'
import type { SeekTarget, SessionSpec } from '../../protocol/messages.ts'
import { lastSession, rememberSession } from './address.ts'

/**
 * `terminal`: `session_id` null is a session that is about to be started, as `spec` says; `opened` tells one opening from
 * the next. `past`: everything that was recorded, to search. `recording`: it is played. `reading`: its text.
 */
export type Route =
  | { screen: 'sessions' }
  | { screen: 'terminal'; session_id: string | null; spec?: SessionSpec; opened: number }
  | { screen: 'past' }
  | { screen: 'recording'; session_id: string; place?: SeekTarget | undefined; found?: FoundLine | undefined }
  | { screen: 'reading'; session_id: string; offset?: number | undefined; near?: Near | undefined }

/** A line as it stands in a terminal, which does not know its offset; `below`: how many lines follow it there. */
export interface Near {
  line: string
  below: number
}

/** What is looked for at a place, to be marked there. */
export interface FoundLine {
  line: string
  ranges: [number, number][]
}

/** What the browser's history holds; `depth`: how many screens lie below it. */
type Entry = Route & { depth: number }

const SESSIONS: Entry = { screen: 'sessions', depth: 0 }

let openings = 0
let depth = 0
/** Takes the place of the entry that the browser is on its way back to. */
let replacing: Entry | undefined

export const route = signal<Route>(SESSIONS)

/** Puts the list at the bottom of the history and, after a reload, the terminal that was open on top of it. */
export function startRouting(): void {
  window.addEventListener('popstate', event => {
    const next = replacing
    replacing = undefined
    if (next) {
      window.history.replaceState(next, '')
      depth = next.depth
    } else if (event.state) show(parse(event.state))
  })
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

const SESSION_ID = /^[\da-f-]{36}$/

/** As hosts make them, and whole. Any page may lead here with something else, and so may a notification that is not what it says. */
export const isSessionId = (text: unknown): text is string => typeof text === 'string' && SESSION_ID.test(text)

/** A notification was tapped while no page was open: it says which session, for once. */
function takeAsked(): string | undefined {
  const asked = new URLSearchParams(window.location.search).get('session')
  if (asked === null) return undefined
  window.history.replaceState(window.history.state, '', window.location.pathname)
  return isSessionId(asked) ? asked : undefined
}

/** `spec`: of the session that is to be started, where `session_id` is null. A terminal lies on the list and nothing else. */
export function openTerminal(session_id: string | null, spec: SessionSpec = {}): void {
  const next: Entry = { screen: 'terminal', session_id, spec, opened: ++openings, depth: 1 }
  // One terminal is open at a time: from one to the next there is nothing to go back to.
  if (depth === 0) window.history.pushState(next, '')
  else if (depth === 1) window.history.replaceState(next, '')
  else {
    replacing = next
    window.history.go(1 - depth)
  }
  show(next)
}

/** The session that was being started has its id. */
export function nameTerminal(session_id: string): void {
  if (route.value.screen !== 'terminal') return
  const next: Entry = { ...route.value, session_id, depth }
  if (replacing) replacing = next
  else window.history.replaceState(next, '')
  show(next)
}

export function openPast(): void {
  go({ screen: 'past' })
}

/** `place`: where it begins, and what was found there; left out: at its end. */
export function openRecording(session_id: string, place?: SeekTarget, found?: FoundLine): void {
  go({ screen: 'recording', session_id, place, found })
}

/** What is to be seen: `offset`, or what is `near`; left out: its end. */
export function openReading(session_id: string, offset?: number, near?: Near): void {
  go({ screen: 'reading', session_id, offset, near })
}

/** From a recording to the session itself; where it was opened from that, by going back to it. */
export function backToLive(session_id: string): void {
  const below = depth === 2 && lastSession() === session_id
  if (below) back()
  else openTerminal(session_id)
}

/** As the Back button does. */
export function back(): void {
  window.history.back()
}

function go(next: Route): void {
  const entry: Entry = { ...next, depth: depth + 1 }
  window.history.pushState(entry, '')
  show(entry)
}

/** As the Back button does; the list lies below every terminal. */
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
  const { screen, session_id, place, found, offset, near, depth = 1 } = (state ?? {}) as Record<string, unknown>
  const at = { depth: depth as number }
  if (screen === 'past') return { screen, ...at }
  if (typeof session_id !== 'string') return SESSIONS
  switch (screen) {
    case 'terminal':
      return { screen, session_id, opened: ++openings, ...at }
    case 'recording':
      return {
        screen,
        session_id,
        place: place as SeekTarget | undefined,
        found: found as FoundLine | undefined,
        ...at,
      }
    case 'reading':
      return { screen, session_id, offset: offset as number | undefined, near: near as Near | undefined, ...at }
    default:
      return SESSIONS
  }
}
