// The order of sessions in lists and when switching: sessions that need attention come first.
import type { SessionInfo } from '../../protocol/messages.ts'

export interface SortedSessions {
  running: SessionInfo[]
  ended: SessionInfo[]
}

/** Running sessions that need attention (latest first), then the others by creation; ended ones by their end. Newest first. */
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

export function needingAttention(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions.filter(one => one.state === 'running' && one.attention !== null)
}

/**
 * The order for switching between sessions: keeps the order in `before`, so that going back leads to the previous session
 * even if attention has changed since. New sessions come first; ended ones are removed, except `current`.
 */
export function stableOrder(
  before: readonly string[],
  sessions: readonly SessionInfo[],
  current: string | undefined,
): string[] {
  const listed = sortSessions(sessions).running.map(one => one.session_id)
  const running = new Set(listed)
  const known = new Set(before)
  const kept = before.filter(id => running.has(id) || id === current)
  return [...listed.filter(id => !known.has(id)), ...kept]
}
