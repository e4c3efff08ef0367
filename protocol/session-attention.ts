// Why a session needs a person, said alike by notifications, the tray and the lists.
import type { AttentionKind, SessionInfo } from './messages.ts'

/** Its program asks a question and waits for the answer. */
export function isBlocked({ state, activity }: Pick<SessionInfo, 'state' | 'activity'>): boolean {
  return state === 'running' && activity?.state === 'blocked'
}

/** The host asks in its name: the question is not on its screen, so whoever looks at that has to be told. */
export function asksOffScreen(session: Pick<SessionInfo, 'state' | 'activity'>): boolean {
  return isBlocked(session) && session.activity?.evidence === 'request'
}

/** For programs that gave no text. */
export const ATTENTION_TEXTS: Readonly<Record<AttentionKind, string>> = {
  blocked: 'Waits for an answer',
  done: 'Finished',
  ended: 'Ended',
  failed: 'Failed',
  message: 'Needs attention',
  bell: 'Bell rang',
}
