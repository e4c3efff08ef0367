// The queue of writes is bounded while the store cannot write; dropped output becomes a gap. No database.
import { describe, expect, it } from 'vitest'
import { QUEUE_BYTES, type Write, WriteQueue } from '../../../main/host/history/write/queue.ts'
import type { AppendedSlice } from '../../../main/host/history/write/worker-protocol.ts'
import { keyframeOf, sessionInfo } from '../../support/history.ts'

const MB = 1024 * 1024

function part(session_id: string, offset: number, size: number): AppendedSlice {
  return { session_id, from: { offset, n: 0 }, bytes: new Uint8Array(size), runs: [5, size], resizes: [] }
}

function append(batch: number, ...sessions: AppendedSlice[]): Write {
  return { do: 'append', batch, bytes: sessions.reduce((sum, { bytes }) => sum + bytes.length, 0), sessions }
}

const kinds = (queue: WriteQueue) => queue.first(Number.POSITIVE_INFINITY).map(write => write.do)

describe('the write queue', () => {
  it('drops the oldest output when there is too much, and leaves one gap for each session', () => {
    const queue = new WriteQueue()
    queue.push({ do: 'insert', session: sessionInfo({ session_id: 'a' }), process: null })
    for (let i = 0; i < 10; i++) {
      queue.push(append(i + 1, part('a', i * MB, MB), part('b', i * MB, MB)))
      queue.push({ do: 'seal', session_id: 'a', position: { offset: (i + 1) * MB, n: 0 } })
    }
    expect(queue.drop()).toBe(3)
    expect(queue.bytes).toBeLessThanOrEqual(QUEUE_BYTES)
    expect(kinds(queue).slice(0, 5)).toEqual(['insert', 'gap', 'gap', 'seal', 'append'])
    const gaps = queue.first(Number.POSITIVE_INFINITY).filter(write => write.do === 'gap')
    expect(gaps).toMatchObject([
      { session_id: 'a', from: { offset: 0 }, to: { offset: 3 * MB } },
      { session_id: 'b', from: { offset: 0 }, to: { offset: 3 * MB } },
    ])
    expect(queue.drop()).toBeUndefined()
    for (let i = 10; i < 30; i++) queue.push(append(i + 1, part('a', i * MB, MB)))
    expect(queue.drop()).toBeGreaterThan(3)
    const later = queue.first(Number.POSITIVE_INFINITY).filter(write => write.do === 'gap')
    expect(later).toHaveLength(2)
    expect(later[0]!.to.offset).toBeGreaterThan(3 * MB)
  })

  it('never drops a session, and keeps the last of its updates', () => {
    const queue = new WriteQueue()
    for (let i = 0; i < 100; i++) queue.push({ do: 'update', session: sessionInfo({ session_id: 'a', title: `${i}` }) })
    queue.push({ do: 'keyframe', session_id: 'a', keyframe: keyframeOf('', { offset: 0, n: 0 }) })
    for (let i = 0; i < 20; i++) queue.push(append(i + 1, part('a', i * MB, MB)))
    queue.drop()
    expect(kinds(queue).filter(kind => kind === 'update' || kind === 'keyframe')).toEqual(['update'])
    expect(queue.first(1)[0]).toMatchObject({ session: { title: '99' } })
  })

  it('knows when everything up to a write is done, even if it was dropped', () => {
    const queue = new WriteQueue()
    expect(queue.isDone(queue.lastNumber)).toBe(true)
    queue.push(append(1, part('a', 0, 10)))
    const first = queue.lastNumber
    queue.push(append(2, part('a', 10, 10)))
    expect(queue.isDone(first)).toBe(false)
    queue.done(1)
    expect([queue.isDone(first), queue.isDone(queue.lastNumber)]).toEqual([true, false])
    queue.giveUpFirst()
    expect([queue.isGapFirst, queue.isDone(queue.lastNumber)]).toEqual([true, false])
    queue.giveUpFirst()
    expect([queue.length, queue.bytes, queue.isDone(queue.lastNumber)]).toEqual([0, 0, true])
  })

  it('returns as many bytes as requested, and always at least one write', () => {
    const queue = new WriteQueue()
    for (let i = 0; i < 4; i++) queue.push(append(i + 1, part('a', i * MB, MB)))
    expect(queue.first(10)).toHaveLength(1)
    expect(queue.first(3 * MB)).toHaveLength(2)
  })
})
