// Which sessions began to wait for an answer.
import type { SessionInfo } from '../../protocol/messages.ts'
import { isBlocked } from '../../protocol/session-attention.ts'

/** The waits that began since the last list. What the first list contains began before. */
export class WaitTracker {
  #known: Set<string> | undefined

  update(sessions: readonly SessionInfo[]): SessionInfo[] {
    const before = this.#known
    const blocked = sessions.filter(isBlocked)
    this.#known = new Set(blocked.map(one => one.session_id))
    return before ? blocked.filter(one => !before.has(one.session_id)) : []
  }
}
