// What programs choose of a session never makes a list too large for a message: case 154.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { summarizeList } from '../../../main/host/clients/session-summary.ts'
import { MESSAGE_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { sessionInfo } from '../../support/history.ts'

const bytesOf = (sessions: readonly SessionInfo[]) => Buffer.byteLength(JSON.stringify({ type: 'sessions', sessions }))

/** As large as programs and people can make it. */
function large(character: string): SessionInfo {
  const text = (count: number) => character.repeat(count)
  return sessionInfo({
    title: text(256),
    command: ['/bin/sh', ...Array.from({ length: 40 }, () => text(5_000))],
    cwd: `/${text(4_000)}`,
    branch: text(60),
    last_line: text(200),
    viewers: Array.from({ length: 40 }, () => text(64)),
    attention: { at: 0, text: text(600), kind: 'blocked' },
    activity: {
      ...{ state: 'blocked', since: 0, agent: 'Claude Code', evidence: 'screen', confidence: 'certain' },
      question: {
        ...{ question_id: 'q', kind: 'approve', text: text(600), is_cut: false, accepts_text: false },
        context: Array.from({ length: 12 }, () => text(200)),
        options: Array.from({ length: 12 }, (_, key) => ({ key: `${key}`, label: text(200), answer: null })),
      },
    },
  })
}

it.each([
  ['a', 250],
  ['語', 256],
  ['🙂', 256],
  ['"', 256],
  ['語', 2_000],
])('a list fits into a message, with texts of %j in %i sessions', (character, count) => {
  const sessions = Array.from({ length: count }, () => large(character))
  const listed = summarizeList(sessions)
  expect(bytesOf(listed)).toBeLessThan(MESSAGE_BYTES)
  expect(listed.map(one => one.session_id)).toEqual(sessions.slice(0, listed.length).map(one => one.session_id))
  // As many as can run at once are all there.
  expect(listed.length).toBeGreaterThanOrEqual(Math.min(count, 256))
})

it('a large session costs the others nothing', () => {
  const small = Array.from({ length: 100 }, (_, index) => sessionInfo({ title: `small ${index}` }))
  const listed = summarizeList([
    ...small.slice(0, 50),
    ...Array.from({ length: 150 }, () => large('語')),
    ...small.slice(50),
  ])
  expect([...listed.slice(0, 50), ...listed.slice(-50)]).toEqual(small)
  expect(bytesOf(listed)).toBeLessThan(MESSAGE_BYTES)
})

it('an ordinary list has all that it had, whatever the texts are', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ title: fc.string(), last_line: fc.string() }), { maxLength: 20 }), texts => {
      const sessions = texts.map(one => sessionInfo(one))
      expect(summarizeList(sessions)).toEqual(sessions)
    }),
  )
})
