// Why a session needs a person, said alike by notifications, the tray and the lists.
import type { AttentionKind, SessionInfo } from './messages.ts'

/** Its program asks a question and waits for the answer. */
export function isBlocked({ state, activity }: Pick<SessionInfo, 'state' | 'activity'>): boolean {
  return state === 'running' && activity?.state === 'blocked'
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
