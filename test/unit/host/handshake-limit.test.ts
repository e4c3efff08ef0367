// The limit on handshakes, with a fake clock.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HANDSHAKE_LIMITS, HandshakeLimit, type HandshakeLimits } from '../../../main/host/listen/handshake-limit.ts'
import { addressKey } from '../../../main/host/listen/places.ts'

function limited(limits: HandshakeLimits = HANDSHAKE_LIMITS) {
  let now = 0
  const limit = new HandshakeLimit(limits, () => now)
  return {
    limit,
    /** How many of `times` attempts are allowed. */
    taken: (address: string, times: number) =>
      Array.from({ length: times }, () => limit.take(address)).filter(taken => taken).length,
    wait: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

const SMALL: HandshakeLimits = { all: { per_second: 100, burst: 50 }, address: { per_second: 2, burst: 5 } }

describe('case 30: handshakes', () => {
  it('are limited per address: a burst, then as many as are refilled over time', () => {
    const { taken, wait } = limited(SMALL)
    expect(taken('192.168.1.9', 20)).toBe(5)
    wait(1_000)
    expect(taken('192.168.1.9', 20)).toBe(2)
    expect(taken('192.168.1.10', 20)).toBe(5)
    wait(3_600_000)
    expect(taken('192.168.1.9', 20)).toBe(5)
  })

  it('are limited in total, however many addresses there are', () => {
    const { taken, wait } = limited(SMALL)
    let all = 0
    for (let i = 0; i < 200; i++) all += taken(`10.0.${i}.1`, 1)
    expect(all).toBe(50)
    wait(100)
    for (let i = 0; i < 200; i++) all += taken(`10.1.${i}.1`, 1)
    expect(all).toBe(60)
  })

  it('take nothing from other addresses when they are rejected', () => {
    const { taken } = limited(SMALL)
    expect(taken('192.168.1.66', 10_000)).toBe(5)
    expect(taken('127.0.0.1', 10_000)).toBe(45)
  })

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
    'are limited only in total from %s, where a tunnel ends',
    address => {
      expect(limited(SMALL).taken(address, 1_000)).toBe(50)
    },
  )

  it('are counted for an IPv6 /64 as one address, and for an IPv4 address and its mapped form as one', () => {
    const { limit, taken } = limited(SMALL)
    expect(Array.from({ length: 40 }, (_, i) => limit.take(`2001:db8:1:2:${i}::${i}`)).filter(Boolean)).toHaveLength(5)
    expect(taken('2001:db8:1:3::1', 40)).toBe(5)
    expect(taken('10.0.0.1', 3) + taken('::ffff:10.0.0.1', 40)).toBe(5)
    expect(taken('fe80::1%eth0', 3) + taken('fe80::2%wlan0', 40)).toBe(5)
  })

  it('are counted for a bounded number of addresses, without ever allowing more', () => {
    const { limit, taken, wait } = limited()
    let all = 0
    for (let i = 0; i < 20_000; i++) {
      if (limit.take(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`)) all++
      wait(1)
    }
    expect(limit.size).toBeLessThanOrEqual(1024)
    expect(all).toBeLessThanOrEqual(32 + 50 * 20)
    wait(1_000)
    expect(taken('192.168.1.9', 100)).toBe(16)
    // With other limits, more addresses may be active than are remembered.
    const generous = limited({ all: { per_second: 1e9, burst: 1e9 }, address: { per_second: 0.001, burst: 16 } })
    for (let i = 0; i < 5_000; i++) generous.taken(`10.0.${i >> 8}.${i & 255}`, 1)
    expect(generous.limit.size).toBeLessThanOrEqual(1024)
  })

  it('never exceed the burst and the refill, in whatever order', () => {
    const step = fc.record({ pause: fc.nat(2_000), from: fc.nat(3), tries: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), steps => {
        const { taken, wait } = limited(SMALL)
        const got = [0, 0, 0, 0]
        let now = 0
        for (const { pause, from, tries } of steps) {
          now += pause
          wait(pause)
          got[from]! += taken(`10.0.0.${from}`, tries)
          for (const one of got) expect(one).toBeLessThanOrEqual(5 + (now * 2) / 1000)
          expect(got.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(50 + (now * 100) / 1000)
        }
      }),
    )
  })
})

it.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::1:0:0:0:1', '2001:db8:0:1::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::aa:1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['', ''],
])('%j counts as %j', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
