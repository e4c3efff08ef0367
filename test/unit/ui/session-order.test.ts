// The order of sessions.
import { expect, test } from 'vitest'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { markQuestionSeen } from '../../../ui/sessions/seen-questions.ts'
import { needingAttention, sortSessions, stableOrder } from '../../../ui/sessions/session-order.ts'
import { WaitTracker } from '../../../ui/sessions/wait-tracker.ts'
import { activity, blocked, session } from './sessions.ts'

const ids = (sessions: SessionInfo[]) => sessions.map(one => one.session_id).join(' ')
const call = (at: number) => ({ attention: { at, text: '', kind: 'message' as const } })

test('sessions that need attention come first, then the newest; ended ones are sorted by their end', () => {
  const { running, ended } = sortSessions([
    session('a', 1),
    session('b', 2, call(50)),
    session('c', 3),
    session('d', 4, call(90)),
    session('e', 5, { state: 'exited', ended_at: 7 }),
    session('f', 6, { state: 'killed', ended_at: 9 }),
  ])
  expect(ids(running)).toBe('d b c a')
  expect(ids(ended)).toBe('f e')
})

test('questions come first, the longest wait before the others, then what happened unseen', () => {
  const { running } = sortSessions([
    session('plain', 9),
    session('busy', 8, activity('working', 1)),
    session('done', 1, activity('done', 70)),
    session('asks later', 5, blocked(60)),
    session('rang', 2, call(90)),
    session('asks', 3, blocked(50)),
    session('idle', 7, activity('idle', 99)),
  ])
  expect(ids(running)).toBe('asks asks later rang done plain busy idle')
})

test('a question that was marked as seen no longer needs a person, until another one is asked', () => {
  const asking = session('a', 1, blocked(5))
  markQuestionSeen(asking)
  expect(needingAttention([asking])).toEqual([])
  expect(ids(sortSessions([asking, session('b', 2)]).running)).toBe('b a')
  const again = session('a', 1, blocked(9, { question_id: '2-def' }))
  expect(needingAttention([again])).toEqual([again])
})

test('a wait is announced once, and none that began before the first list', () => {
  const tracker = new WaitTracker()
  const asking = session('a', 1, blocked(5))
  expect(tracker.update([asking, session('b', 2)])).toEqual([])
  const next = session('b', 2, blocked(6))
  expect(tracker.update([asking, next])).toEqual([next])
  expect(tracker.update([asking, session('b', 2, blocked(7, { question_id: '2-def' }))])).toEqual([])
  expect(tracker.update([asking, session('b', 2, activity('working'))])).toEqual([])
  expect(tracker.update([asking, next])).toEqual([next])
})

test('ended sessions do not need attention', () => {
  expect(
    ids(
      needingAttention([session('a', 1, call(1)), session('b', 2, { state: 'exited', ...call(1) }), session('c', 3)]),
    ),
  ).toBe('a')
})

test('the order for switching stays the same when attention ends', () => {
  const before = stableOrder([], [session('a', 1, call(5)), session('b', 2), session('c', 3)], undefined)
  expect(before).toEqual(['a', 'c', 'b'])
  expect(stableOrder(before, [session('a', 1), session('b', 2), session('c', 3)], 'a')).toEqual(['a', 'c', 'b'])
})

test('new sessions come first and ended ones are removed, except the open one', () => {
  const sessions = [session('a', 1), session('b', 2, { state: 'exited' }), session('c', 3), session('d', 4)]
  expect(stableOrder(['c', 'b', 'a'], sessions, 'b')).toEqual(['d', 'c', 'b', 'a'])
  expect(stableOrder(['c', 'b', 'a'], sessions, 'a')).toEqual(['d', 'c', 'a'])
})
