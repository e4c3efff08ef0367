// The order of sessions in lists and when switching: sessions that need a person come first.
import type { SessionInfo } from '../../protocol/messages.ts'
import { isBlocked } from '../../protocol/session-attention.ts'
import { isMarkedSeen } from './seen-questions.ts'

export interface SortedSessions {
  running: SessionInfo[]
  ended: SessionInfo[]
}

/** It asks, or something happened in it that no person has seen. A question that was marked as seen can wait. */
export function needsPerson(session: SessionInfo): boolean {
  // Of an ended session, only its end is news.
  if (session.state !== 'running') return session.attention?.kind === 'ended' || session.attention?.kind === 'failed'
  return (
    (isBlocked(session) && !isMarkedSeen(session)) || session.attention !== null || session.activity?.state === 'done'
  )
}

/**
 * Running sessions: questions (the longest wait first), then those that need a person for another reason (latest first), then
 * the others by creation, newest first. Ended ones by their end, newest first.
 */
export function sortSessions(sessions: readonly SessionInfo[]): SortedSessions {
  return {
    running: sessions
      .filter(one => one.state === 'running')
      .sort((a, b) => rank(a) - rank(b) || withinRank(a, b) || b.created_at - a.created_at),
    ended: sessions
      .filter(one => one.state !== 'running')
      .sort((a, b) => (b.ended_at ?? b.created_at) - (a.ended_at ?? a.created_at)),
  }
}

export function needingAttention(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions.filter(needsPerson)
}

function rank(session: SessionInfo): number {
  if (!needsPerson(session)) return 2
  return isBlocked(session) ? 0 : 1
}

/** Of two sessions with the same rank. */
function withinRank(a: SessionInfo, b: SessionInfo): number {
  switch (rank(a)) {
    case 0:
      return a.activity!.since - b.activity!.since
    case 1:
      return happenedAt(b) - happenedAt(a)
    default:
      return 0
  }
}

function happenedAt({ attention, activity }: SessionInfo): number {
  return attention?.at ?? activity?.since ?? 0
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
