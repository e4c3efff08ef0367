// The questions that a person has put aside on this page. The host keeps asking for an answer: only the session's own screen
// knows when a question is over.
import { signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'

/** More than a person puts aside while a page is open. */
const MAX_SEEN = 200

const seen = signal<ReadonlySet<string>>(new Set())

/** Until it asks something else, the session is listed among those that need no one. */
export function markQuestionSeen(session: SessionInfo): void {
  const key = keyOf(session)
  if (key) seen.value = new Set([...seen.value, key].slice(-MAX_SEEN))
}

export function isMarkedSeen(session: SessionInfo): boolean {
  const key = keyOf(session)
  return key !== undefined && seen.value.has(key)
}

function keyOf({ session_id, activity }: SessionInfo): string | undefined {
  return activity?.question ? `${session_id} ${activity.question.question_id}` : undefined
}
