// The order in which a swipe goes through the sessions: that of the list when the user left it.
import type { SessionInfo } from '../../protocol/messages.ts'
import { stableOrder } from '../../ui/sessions/session-order.ts'

let order: string[] = []

/** Call while the list is shown. */
export function rememberOrder(sessions: readonly SessionInfo[]): void {
  order = stableOrder([], sessions, undefined)
}

export interface AdjacentSessions {
  before: SessionInfo | undefined
  after: SessionInfo | undefined
}

/** The neighbors of `session_id`; a session that is not in the list comes before it. */
export function adjacentSessions(sessions: readonly SessionInfo[], session_id: string | undefined): AdjacentSessions {
  order = stableOrder(order, sessions, session_id)
  const index = session_id === undefined ? -1 : order.indexOf(session_id)
  const of = (id: string | undefined) => sessions.find(one => one.session_id === id)
  return { before: of(order[index - 1]), after: of(order[index + 1]) }
}
