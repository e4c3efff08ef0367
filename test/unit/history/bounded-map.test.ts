// Maps and sets that forget.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BoundedMap, BoundedSet } from '../../../main/host/history/text/bounded-map.ts'

afterEach(() => void vi.useRealTimers())

describe('a bounded map', () => {
  it('drops and disposes of the entry that was set longest ago', () => {
    const disposed: string[] = []
    const map = new BoundedMap<string, number>(2, { dispose: (value, key) => disposed.push(`${key}${value}`) })
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    map.set('c', 4)
    expect(disposed).toEqual(['a1', 'b2'])
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4])
  })

  it('returns an entry that is taken without disposing of it', () => {
    const disposed: number[] = []
    const map = new BoundedMap<string, number>(2, { dispose: value => disposed.push(value) })
    map.set('a', 1)
    expect([map.take('a'), map.take('a')]).toEqual([1, undefined])
    map.drop('a')
    expect(disposed).toEqual([])
  })

  it('disposes of entries when their time is up, counted from when they were set', () => {
    vi.useFakeTimers()
    const disposed: number[] = []
    const map = new BoundedMap<string, number>(2, { ttl_ms: 100, dispose: value => disposed.push(value) })
    map.set('a', 1)
    vi.advanceTimersByTime(60)
    map.set('b', 2)
    map.set('c', map.take('a')!)
    vi.advanceTimersByTime(60)
    expect(disposed).toEqual([])
    vi.advanceTimersByTime(100)
    expect(disposed).toEqual([2, 1])
  })
})

describe('a bounded set', () => {
  it('reports whether a value is new, and drops the oldest', () => {
    const set = new BoundedSet<number>(2)
    expect([set.add(1), set.add(1), set.add(2), set.add(3)]).toEqual([true, false, true, true])
    expect([set.has(1), set.has(2), set.has(3)]).toEqual([false, true, true])
    const copy = set.copy()
    copy.add(4)
    expect([set.has(4), copy.has(2), copy.has(4)]).toEqual([false, false, true])
  })
})
