// Between which sessions a swipe goes: the order of the list as it was when one left it. Knows no screens.
import type { SessionInfo } from '../../protocol/messages.ts'
import { stableOrder } from '../../ui/sessions/session-order.ts'

let order: string[] = []

/** The list is seen, as it is now. */
export function rememberOrder(sessions: readonly SessionInfo[]): void {
  order = stableOrder([], sessions, undefined)
}

export interface AdjacentSessions {
  before: SessionInfo | undefined
  after: SessionInfo | undefined
}

/** Of the session that is open; of one that is in no list, the list follows. */
export function adjacentSessions(sessions: readonly SessionInfo[], session_id: string | undefined): AdjacentSessions {
  order = stableOrder(order, sessions, session_id)
  const at = session_id === undefined ? -1 : order.indexOf(session_id)
  const of = (id: string | undefined) => sessions.find(one => one.session_id === id)
  return { before: of(order[at - 1]), after: of(order[at + 1]) }
}
