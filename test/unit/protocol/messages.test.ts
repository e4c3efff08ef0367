// Which values a client accepts as a host's message.
import { expect, test } from 'vitest'
import { parseHostMessage } from '../../../protocol/messages.ts'

test('a message that matches its schema is accepted without its unknown fields', () => {
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
])('%j is not a message', value => {
  expect(parseHostMessage(value)).toBeUndefined()
})
