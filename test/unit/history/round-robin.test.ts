// Clients take turns. The last tests have a real history.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { Lookup } from '../../../main/host/history/lookup/lookup.ts'
import { RoundRobin } from '../../../main/host/history/lookup/round-robin.ts'
import { cleanUpHistories, openHistory, Recording } from '../../support/history.ts'

afterEach(cleanUpHistories)

interface One {
  client: string
  name: string
}

const names = (turns: RoundRobin<One>): string[] => {
  const order: string[] = []
  for (let one = turns.next(); one; one = turns.next()) order.push(one.name)
  return order
}

describe('the round robin', () => {
  it('serves one client after the other, and each client in order', () => {
    const turns = new RoundRobin<One>()
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) turns.push({ client: name[0]!, name })
    expect(names(turns)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
    expect(turns.length).toBe(0)
  })

  it('does not let clients that come back each time overtake one that waits', () => {
    const turns = new RoundRobin<One>()
    for (const name of ['v1', 'v2']) turns.push({ client: 'v', name })
    const order: string[] = []
    for (let i = 0; i < 6; i++) {
      const client = i % 2 ? 'x' : 'y'
      turns.push({ client, name: `${client}${i}` })
      order.push(turns.next()!.name)
    }
    expect(order.indexOf('v2')).toBeGreaterThan(0)
    expect(order.indexOf('v2')).toBeLessThan(4)
  })

  it('does not serve what was taken out', () => {
    const turns = new RoundRobin<One>()
    for (const name of ['a1', 'a2', 'b1']) turns.push({ client: name[0]!, name })
    expect(turns.take(({ name }) => name === 'a1')?.name).toBe('a1')
    expect(turns.take(({ name }) => name === 'a1')).toBeUndefined()
    expect(turns.count('a')).toBe(1)
    expect(names(turns)).toEqual(['a2', 'b1'])
  })

  it('serves everything once, and no other client twice while one waits', () => {
    const requests = fc.array(fc.record({ client: fc.constantFrom('a', 'b', 'c'), serve: fc.nat(2) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(requests, steps => {
        const turns = new RoundRobin<One & { at: number }>()
        const served: { client: string; name: string; at: number; on: number }[] = []
        let on = 0
        const serve = () => {
          const one = turns.next()
          if (one) served.push({ ...one, on: on++ })
        }
        steps.forEach(({ client, serve: times }, index) => {
          turns.push({ client, name: `${client}${index}`, at: on })
          for (let i = 0; i < times; i++) serve()
        })
        while (turns.length > 0) serve()
        expect(new Set(served.map(({ name }) => name)).size).toBe(steps.length)
        // Between two turns of a client that waits, no other client has two.
        for (const one of served) {
          const before = Math.max(
            one.at - 1,
            ...served.filter(two => two.client === one.client && two.on < one.on).map(two => two.on),
          )
          const others = served.filter(two => two.on > before && two.on < one.on).map(two => two.client)
          expect(new Set(others).size, `${one.name} in ${served.map(({ name }) => name)}`).toBe(others.length)
        }
      }),
    )
  })
})

describe('the lookup thread', () => {
  it('answers a client with a short read before it finishes one with a long read', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 20_000; i++) recording.print(`line ${i} of much that is read\r\n`)
    await history.flush()
    const lookup = new Lookup(history.file)
    try {
      const { session_id } = recording
      const order: string[] = []
      const read = (asker: string) =>
        lookup
          .call('read', { client: asker, session_id, before: undefined, after: undefined, limit: 200 })
          .then(() => order.push(asker))
      const many = Array.from({ length: 12 }, () => read('greedy'))
      await read('modest')
      expect(order.filter(asker => asker === 'greedy').length).toBeLessThanOrEqual(2)
      await Promise.all(many)
    } finally {
      await lookup.close()
    }
  })

  it('limits the requests of one client, however many connections it has', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print('needle\r\n')
    await history.flush()
    const lookup = new Lookup(history.file)
    try {
      const request = { query: 'needle', filter: {}, limit: 50, context: 0, cursor: undefined, live: [] }
      const calls = Array.from({ length: 40 }, () => lookup.call('search', { client: 'greedy', ...request }))
      const other = lookup.call('search', { client: 'modest', ...request })
      const ended = await Promise.allSettled(calls)
      const refused = ended.filter(one => one.status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'history_busy' })
      expect((await other).hits).toHaveLength(1)
    } finally {
      await lookup.close()
    }
  })
})
