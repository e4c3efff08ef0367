// The order of sessions.
import { expect, test } from 'vitest'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { needingAttention, sortSessions, stableOrder } from '../../../ui/sessions/session-order.ts'

function session(session_id: string, created_at: number, rest: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session_id,
    title: session_id,
    command: ['sh'],
    cwd: '/',
    state: 'running',
    exit_code: null,
    signal: null,
    pid: 1,
    created_at,
    ended_at: null,
    last_activity: created_at,
    cols: 80,
    rows: 24,
    bytes: 0,
    clients: 0,
    idle: false,
    last_line: '',
    branch: '',
    activity: null,
    attention: null,
    viewers: [],
    ...rest,
  }
}

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
