// What a client takes for a host's message. Knows nothing of frames or connections.
import { expect, test } from 'vitest'
import { parseHostMessage } from '../../../protocol/messages.ts'

test('a message that fits its type is taken, what more there is in it is left out', () => {
  expect(parseHostMessage({ type: 'pong', request_id: 7, of_a_newer_host: true })).toEqual({
    type: 'pong',
    request_id: 7,
  })
  expect(parseHostMessage({ type: 'pong', request_id: 8 })).toEqual({ type: 'pong', request_id: 8 })
})

test.each([
  [{ type: 'of_a_newer_host' }],
  [{ type: 'toString' }],
  [{ type: '__proto__' }],
  [{ type: ['pong'], request_id: 1 }],
  [{ type: 'pong' }],
  [{ type: 'pong', request_id: -1 }],
  [{ request_id: 1 }],
  [[]],
  ['pong'],
  [7],
  [null],
  [undefined],
])('%j is none', value => {
  expect(parseHostMessage(value)).toBeUndefined()
})
