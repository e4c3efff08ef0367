// In which order sessions are listed and gone through: who waits for a person comes first. Knows no DOM.
import type { SessionInfo } from '../../protocol/messages.ts'

export interface SortedSessions {
  running: SessionInfo[]
  ended: SessionInfo[]
}

/** Those that called first (the latest call before the others), then by birth; the ended ones by their end. Newest first. */
export function sortSessions(sessions: readonly SessionInfo[]): SortedSessions {
  return {
    running: sessions
      .filter(one => one.state === 'running')
      .sort((a, b) => (b.attention?.at ?? 0) - (a.attention?.at ?? 0) || b.created_at - a.created_at),
    ended: sessions
      .filter(one => one.state !== 'running')
      .sort((a, b) => (b.ended_at ?? b.created_at) - (a.ended_at ?? a.created_at)),
  }
}

/** Those that want somebody. */
export function needingAttention(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions.filter(one => one.state === 'running' && one.attention !== null)
}

/**
 * The order in which one goes from session to session, as `before` was: whoever goes back comes where they were, also when
 * what called has been looked at meanwhile. New ones come first, ended ones leave; but not `current`.
 */
export function stableOrder(
  before: readonly string[],
  sessions: readonly SessionInfo[],
  current: string | undefined,
): string[] {
  const listed = sortSessions(sessions).running.map(one => one.session_id)
  const there = new Set(listed)
  const known = new Set(before)
  const stay = before.filter(id => there.has(id) || id === current)
  return [...listed.filter(id => !known.has(id)), ...stay]
}
