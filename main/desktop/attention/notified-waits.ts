// Decides which waits of sessions get a notification. Pure, so that every order of events can be tested.
import type { AttentionKind, SessionInfo } from '../../../protocol/messages.ts'
import { isUnseen } from './waits.ts'

export interface WaitChanges {
  /** A wait that began: notify. */
  begun: SessionInfo[]
  /** The same wait, about something else: its notification, if it is still shown, is out of date. */
  changed: SessionInfo[]
  /** Answered or seen, here or anywhere else. */
  ended: string[]
}

interface Wait {
  at: number
  kind: AttentionKind
  question_id: string
}

export class NotifiedWaits {
  /** Undefined before the first list: what that contains is not news. */
  #waits: Map<string, Wait> | undefined

  update(sessions: readonly SessionInfo[]): WaitChanges {
    const before = this.#waits
    const waits = new Map<string, Wait>()
    const changes: WaitChanges = { begun: [], changed: [], ended: [] }
    for (const session of sessions) {
      const { session_id, attention, activity } = session
      if (!attention || !isUnseen(session)) continue
      const wait = { at: attention.at, kind: attention.kind, question_id: activity?.question?.question_id ?? '' }
      waits.set(session_id, wait)
      const last = before?.get(session_id)
      if (!before) continue
      if (!last || isAnother(last, wait)) changes.begun.push(session)
      else if (last.question_id !== wait.question_id) changes.changed.push(session)
    }
    for (const session_id of before?.keys() ?? []) if (!waits.has(session_id)) changes.ended.push(session_id)
    this.#waits = waits
    return changes
  }

  /** The connection was lost: the next list is a first one. */
  reset(): void {
    this.#waits = undefined
  }
}

/** More bells, or messages from the same unseen session, are one wait; a second question is another. */
function isAnother(before: Wait, now: Wait): boolean {
  if (isRing(now.kind)) return false
  if (isRing(before.kind)) return true
  return now.at !== before.at && (now.kind !== before.kind || now.question_id !== before.question_id)
}

function isRing(kind: AttentionKind): boolean {
  return kind === 'bell' || kind === 'message'
}
