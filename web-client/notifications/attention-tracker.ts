// Decides which waits a page in the background notifies of. Pure.
import type { SessionInfo } from '../../protocol/messages.ts'

/** Allows one notification per session until the user has seen it, and one for each further question. */
export class AttentionTracker {
  /** When each session last needed attention, as far as is known; undefined before the first list. */
  #known: Map<string, number> | undefined
  /** The sessions that were notified of, with the question that they asked, or ''. */
  readonly #notified = new Map<string, string>()

  /** Returns the sessions to notify about. What the first list contains happened before. */
  update(sessions: readonly SessionInfo[], hidden: boolean): SessionInfo[] {
    const before = this.#known
    this.#known = new Map(sessions.map(({ session_id, attention }) => [session_id, attention?.at ?? 0]))
    const due: SessionInfo[] = []
    for (const session of sessions) {
      const { session_id, attention } = session
      if (!attention) this.#notified.delete(session_id)
      else if (
        before &&
        hidden &&
        !attention.silent &&
        // Set only until a client has viewed the session.
        attention.at > (before.get(session_id) ?? 0) &&
        !this.#isNotified(session)
      ) {
        this.#notified.set(session_id, questionOf(session))
        due.push(session)
      }
    }
    return due
  }

  markSeen(session_id: string): void {
    this.#notified.delete(session_id)
  }

  /** The service worker has shown a push message. */
  shownByWorker({ session_id, question_id = '' }: NotificationSubject): void {
    this.#notified.set(session_id, question_id)
  }

  #isNotified(session: SessionInfo): boolean {
    const asked = this.#notified.get(session.session_id)
    const question_id = questionOf(session)
    return asked !== undefined && (question_id === '' || question_id === asked)
  }
}

/** What a notification is about, as its `data`. */
export interface NotificationSubject {
  session_id: string
  question_id?: string
}

/** What a session needs an answer to, or ''. */
export function questionOf({ attention, activity }: SessionInfo): string {
  return attention?.kind === 'blocked' ? (activity?.question?.question_id ?? '') : ''
}
