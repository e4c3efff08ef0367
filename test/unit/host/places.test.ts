// Places for sockets of strangers: who is dropped when they are short.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Place, Places, type Rank } from '../../../main/host/listen/places.ts'

const LIMITS = { stranger: 8, claimed: 4, recognized: 3, authenticated: 6 }
const RANKS = Object.keys(LIMITS) as Rank[]

function peers(random = Math.random) {
  const places = new Places(LIMITS, random)
  const dropped: string[] = []
  let number = 0
  const join = (address: string) => {
    const name = `${address} ${++number}`
    return Object.assign(
      places.join(address, () => dropped.push(name)),
      { name },
    )
  }
  return { places, dropped, join }
}

describe('case 78: when places are short', () => {
  it('one of the address that has most is dropped, never the newcomer', () => {
    const { dropped, join } = peers()
    join('10.0.0.1')
    for (let i = 0; i < 100; i++) join('10.0.0.2')
    expect(dropped).toHaveLength(93)
    for (const name of dropped) expect(name).toMatch(/^10\.0\.0\.2 /)
    expect(dropped).not.toContain('10.0.0.2 101')
  })

  it('an IPv6 /64 counts as one address', () => {
    const { dropped, join } = peers()
    join('10.0.0.1')
    for (let i = 0; i < 50; i++) join(`2001:db8::${i}`)
    expect(dropped.some(name => name.startsWith('10.'))).toBe(false)
  })

  it('old ones are dropped rather than new ones', () => {
    const { dropped, join } = peers(() => 0.5)
    for (let i = 0; i < 9; i++) join('10.0.0.1')
    expect(dropped).toEqual(['10.0.0.1 1'])
    const newest = peers(() => 0.999)
    for (let i = 0; i < 9; i++) newest.join('10.0.0.1')
    expect(newest.dropped).toEqual(['10.0.0.1 8'])
  })
})

it('case 80: a peer never costs one of another rank its place, and no rank has more than its places', () => {
  const step = fc.record({
    act: fc.constantFrom('join' as const, 'move' as const, 'leave' as const),
    which: fc.nat(50),
    rank: fc.constantFrom(...RANKS),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (steps, random) => {
        const { places, dropped, join } = peers(() => random.next().value as number)
        const all: (Place & { name: string })[] = []
        for (const { act, which, rank, address } of steps) {
          const before = dropped.length
          const ranks = new Map(all.map(place => [place.name, place.rank]))
          const place = all[which % Math.max(1, all.length)]
          let entered: Rank = 'stranger'
          if (act === 'join') all.push(join(address))
          else if (act === 'leave') place?.leave()
          else if (place) {
            entered = rank
            place.moveTo(rank)
          }
          for (const name of dropped.slice(before)) expect(ranks.get(name) ?? 'stranger').toBe(entered)
          for (const one of RANKS) expect(places.count(one)).toBeLessThanOrEqual(LIMITS[one])
        }
        expect(new Set(dropped).size).toBe(dropped.length)
      },
    ),
  )
})
