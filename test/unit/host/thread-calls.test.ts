// Calls between threads, with both sides in this one.
import { describe, expect, it } from 'vitest'
import {
  answer,
  type FromThread,
  ThreadCalls,
  ThreadReplies,
  type ToThread,
  transferable,
} from '../../../main/host/threads/call.ts'
import { CodedError } from '../../../protocol/errors.ts'

interface Calls {
  double(request: { value: number }): number
  wait(): string
}

function setUp(maxPending?: number) {
  const sent: ToThread<Calls>[] = []
  const calls = new ThreadCalls<Calls>(message => sent.push(message), maxPending)
  const replies = new ThreadReplies(
    message => calls.receive(message),
    error => ({ code: error instanceof CodedError ? error.code : 'internal', message: String(error) }),
  )
  return { sent, calls, replies }
}

describe('a call to a thread', () => {
  it('resolves with the reply of the function that it names', async () => {
    const { sent, calls, replies } = setUp()
    const table: Calls = { double: ({ value }) => value * 2, wait: () => 'done' }
    const doubled = calls.call('double', { value: 21 })
    const waited = calls.call('wait', undefined)
    for (const message of sent.reverse()) if (message.do === 'call') replies.reply(message.id, answer(table, message))
    expect(await doubled).toBe(42)
    expect(await waited).toBe('done')
    expect(calls.pending).toBe(0)
  })

  it('rejects with the coded error that the thread answers', async () => {
    const { sent, calls, replies } = setUp()
    const call = calls.call('wait', undefined)
    const { id } = sent[0]!
    replies.attempt(id, () => {
      throw new CodedError('session_unknown', 'no such session')
    })
    await expect(call).rejects.toMatchObject({ code: 'session_unknown' })
  })

  it('reports progress until it ends', async () => {
    const { sent, calls, replies } = setUp()
    const seen: number[] = []
    const call = calls.call('wait', undefined, { progress: done => seen.push(done) })
    const { id } = sent[0]!
    replies.progress(id, 1, 2)
    replies.progress(id, 2, 2)
    replies.reply(id, 'done')
    replies.progress(id, 3, 2)
    await call
    expect(seen).toEqual([1, 2])
  })

  it('asks the thread to stop when it is aborted, and ends as the thread says', async () => {
    const { sent, calls, replies } = setUp()
    const controller = new AbortController()
    const call = calls.call('wait', undefined, { signal: controller.signal })
    const { id } = sent[0]!
    controller.abort()
    expect(sent[1]).toEqual({ do: 'cancel', id })
    replies.reply(id, 'it was done already')
    expect(await call).toBe('it was done already')
    await expect(calls.call('wait', undefined, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(sent).toHaveLength(2)
  })

  it('sends nothing for a signal that is aborted after the reply', async () => {
    const { sent, calls, replies } = setUp()
    const controller = new AbortController()
    const call = calls.call('wait', undefined, { signal: controller.signal })
    replies.reply(sent[0]!.id, 'done')
    await call
    controller.abort()
    expect(sent).toHaveLength(1)
  })

  it('rejects when too many wait, and when the thread is gone, now and later', async () => {
    const { sent, calls } = setUp(2)
    const waiting = [calls.call('wait', undefined), calls.call('wait', undefined)]
    await expect(calls.call('wait', undefined)).rejects.toMatchObject({ code: 'history_busy' })
    calls.fail(new CodedError('internal', 'the thread died'))
    calls.fail(new CodedError('host_stopping', 'twice is fine'))
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'internal' })
    await expect(calls.call('wait', undefined)).rejects.toMatchObject({ code: 'internal' })
    expect(sent).toHaveLength(2)
  })

  it('leaves messages that belong to no call to their owner', () => {
    const { calls } = setUp()
    const own: { say: 'ready' } | FromThread = { say: 'ready' }
    expect(calls.receive(own)).toBe(false)
    expect(calls.receive({ say: 'reply', id: 7, value: 'late' })).toBe(true)
  })

  it('transfers only buffers that belong to one blob', () => {
    const whole = new Uint8Array(8)
    const view = new Uint8Array(8).subarray(2)
    expect(transferable([whole, undefined, view, new Uint8Array()])).toEqual([whole.buffer])
  })
})
