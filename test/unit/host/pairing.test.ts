// The pairing secret and the requests that wait for approval, with a fake clock.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Device } from '../../../main/host/access/devices.ts'
import {
  ANSWER_MS,
  MAX_SPENT_CODES,
  MAX_WAITING,
  Pairing,
  type PairingCandidate,
  type PairingOutcome,
  RENEW_MS,
  SECRET_MS,
} from '../../../main/host/access/pairing.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { turnableClocks } from '../../support/clocks.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const desk = { who: 'the window' }

function setUp() {
  const told = { secret: 0, requests: 0 }
  const admitted: unknown[] = []
  const trouble: { error?: Error } = {}
  const clocks = turnableClocks()
  const pairing = new Pairing({
    clocks,
    admit: who => {
      if (trouble.error) throw trouble.error
      admitted.push(who)
      return { device_id: `device ${admitted.length}`, name: who.name } as Device
    },
    secretChanged: () => told.secret++,
    requestsChanged: () => told.requests++,
  })
  return { pairing, told, admitted, trouble, clocks }
}

const asker = (n: number, more: Partial<PairingCandidate> = {}): PairingCandidate => ({
  publicKey: new Uint8Array(32).fill(n),
  name: `phone ${n}`,
  code: '000000',
  secure: false,
  address: '192.168.1.9',
  ...more,
})

/** A pairing request and its outcome: `admitted` or the codes of refusals. */
function waitingFor(): PairingOutcome & { heard: string[] } {
  const heard: string[] = []
  return { heard, admitted: () => heard.push('admitted'), refused: error => heard.push(error.code) }
}

const spent = expect.objectContaining({ code: 'pairing_spent' })
const unknown = expect.objectContaining({ code: 'pairing_unknown' })

describe('case 11: a secret', () => {
  it('expires after 120 seconds, even for a handshake that began before', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    const { secret, expires_at } = pairing.current()
    expect(expires_at).toBe(Date.now() + SECRET_MS)
    vi.advanceTimersByTime(SECRET_MS - 1)
    expect(pairing.secrets()).toContain(secret)
    vi.advanceTimersByTime(1)
    expect(pairing.secrets()).not.toContain(secret)
    expect(() => pairing.claim(secret)).toThrow(spent)
  })

  it('can be claimed until its last moment', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    const { secret } = pairing.current()
    vi.advanceTimersByTime(SECRET_MS - 1)
    pairing.claim(secret)
  })

  it('is renewed after 90 seconds while it is shown; the old one stays valid for the rest of its lifetime', () => {
    const { pairing, told } = setUp()
    pairing.show(desk)
    const first = pairing.current().secret
    vi.advanceTimersByTime(RENEW_MS)
    expect(told.secret).toBe(1)
    const second = pairing.current().secret
    expect(second).not.toEqual(first)
    expect(pairing.secrets()).toEqual([second, first])
    for (let i = 0; i < 100; i++) {
      vi.advanceTimersByTime(17_000)
      expect(pairing.secrets().length).toBeLessThanOrEqual(2)
      expect(pairing.secrets()).toContain(pairing.current().secret)
    }
  })

  it('expires during a sleep in which no timer runs, and a new one is shown', () => {
    const { pairing, clocks } = setUp()
    pairing.show(desk)
    const { secret } = pairing.current()
    clocks.pass(8 * 3_600_000)
    expect(pairing.secrets()).toEqual([])
    expect(pairing.current().secret).not.toEqual(secret)
    expect(pairing.secrets()).toHaveLength(1)
  })

  it.each([
    ['set back', -3_600_000],
    ['set forward', 3_600_000],
  ])('lives neither longer nor shorter when the clock is %s', (_how, ms) => {
    const { pairing, clocks } = setUp()
    pairing.show(desk)
    const { secret, expires_at } = pairing.current()
    clocks.set(ms)
    expect(pairing.secrets()).toEqual([secret])
    expect(pairing.current().expires_at).toBe(expires_at + ms)
    clocks.pass(SECRET_MS)
    expect(pairing.secrets()).toEqual([])
    expect(() => pairing.claim(secret)).toThrow(spent)
    clocks.set(-ms)
    expect(pairing.secrets()).not.toContain(secret)
  })

  it('lives for at most two renewals, however often the clock is set back', () => {
    const { pairing, clocks } = setUp()
    pairing.show(desk)
    const { secret } = pairing.current()
    for (let passed = 0; passed < 2 * RENEW_MS; passed += 10_000) {
      vi.advanceTimersByTime(10_000)
      clocks.set(-9_999)
    }
    expect(pairing.secrets()).not.toContain(secret)
  })
})

describe('cases 12 and 13: a secret', () => {
  it('cannot be claimed a second time, and a new one is shown', () => {
    const { pairing, told } = setUp()
    pairing.show(desk)
    const { secret } = pairing.current()
    pairing.claim(secret)
    expect(told.secret).toBe(1)
    expect(pairing.secrets()).not.toContain(secret)
    expect(pairing.current().secret).not.toEqual(secret)
    expect(() => pairing.claim(secret)).toThrow(spent)
  })

  it('is not claimed by equal bytes that the host did not hand out', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    expect(() => pairing.claim(pairing.current().secret.slice())).toThrow(spent)
  })

  it('stays valid when a newer one is claimed', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    const older = pairing.current().secret
    vi.advanceTimersByTime(RENEW_MS)
    pairing.claim(pairing.current().secret)
    expect(pairing.secrets()).toContain(older)
    pairing.claim(older)
    expect(() => pairing.claim(older)).toThrow(spent)
  })

  it('is spent even if the request is declined', () => {
    const { pairing, admitted } = setUp()
    pairing.show(desk)
    const { secret } = pairing.current()
    pairing.claim(secret)
    const outcome = waitingFor()
    const { pairing_id } = pairing.request(asker(1), outcome)
    pairing.answer(pairing_id, { allow: false, read_only: false })
    expect(outcome.heard).toEqual(['pairing_refused'])
    expect(admitted).toEqual([])
    expect(pairing.secrets()).not.toContain(secret)
    expect(() => pairing.claim(secret)).toThrow(spent)
  })
})

describe('case 112: codes that devices spend', () => {
  /** A try that is broken off: it spends the code and requests nothing. */
  const breakOff = (pairing: Pairing) => pairing.claim(pairing.secrets()[0]!)

  it('are renewed a few times, then a person has to ask for another one', () => {
    const { pairing, told } = setUp()
    pairing.show(desk)
    for (let i = 1; i <= MAX_SPENT_CODES; i++) {
      breakOff(pairing)
      expect(pairing.spent).toBe(i)
    }
    expect(pairing.exhausted).toBe(true)
    expect(pairing.secrets()).toEqual([])
    // Neither time nor showing it again brings a new one.
    vi.advanceTimersByTime(10 * SECRET_MS)
    pairing.show(desk)
    pairing.show({})
    expect(pairing.secrets()).toEqual([])
    expect(told.secret).toBe(MAX_SPENT_CODES)
    pairing.renew()
    expect(pairing.exhausted).toBe(false)
    expect(pairing.secrets()).toEqual([pairing.current().secret])
    expect(told.secret).toBe(MAX_SPENT_CODES + 1)
  })

  it('count from the last answer of a person', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    for (let i = 0; i < MAX_SPENT_CODES - 1; i++) breakOff(pairing)
    breakOff(pairing)
    const { pairing_id } = pairing.request(asker(1), waitingFor())
    expect(pairing.exhausted).toBe(true)
    pairing.answer(pairing_id, { allow: true, read_only: false })
    expect(pairing.exhausted).toBe(false)
    expect(pairing.secrets()).toEqual([pairing.current().secret])
  })

  it('count from when a client begins to show them', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    for (let i = 0; i < MAX_SPENT_CODES; i++) breakOff(pairing)
    pairing.hide(desk)
    pairing.renew()
    expect(pairing.secrets()).toEqual([])
    pairing.show(desk)
    expect(pairing.exhausted).toBe(false)
    expect(pairing.secrets()).toHaveLength(1)
  })
})

describe('case 17: a code that no client shows', () => {
  it('has no secret, neither before nor after it was shown', () => {
    const { pairing } = setUp()
    expect(pairing.secrets()).toEqual([])
    pairing.show(desk)
    const { secret } = pairing.current()
    pairing.hide(desk)
    expect(pairing.secrets()).toEqual([])
    expect(() => pairing.claim(secret)).toThrow(spent)
    expect(vi.getTimerCount()).toBe(0)
    pairing.show(desk)
    expect(pairing.secrets()).not.toContain(secret)
  })

  it('has no secret, unlike one that one of two clients shows', () => {
    const { pairing } = setUp()
    const other = {}
    pairing.show(desk)
    pairing.show(other)
    pairing.show(other)
    const { secret } = pairing.current()
    pairing.hide(other)
    pairing.hide(other)
    expect(pairing.secrets()).toEqual([secret])
    pairing.hide(desk)
    expect(pairing.secrets()).toEqual([])
  })

  it('has no secret, request or timer after closing', () => {
    const { pairing } = setUp()
    pairing.show(desk)
    pairing.request(asker(1), waitingFor())
    pairing.close()
    expect(pairing.secrets()).toEqual([])
    expect(pairing.requests()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('case 31: waiting for approval', () => {
  it('is possible for three phones at once', () => {
    const { pairing } = setUp()
    const ids = Array.from({ length: MAX_WAITING }, (_, i) => pairing.request(asker(i), waitingFor()).pairing_id)
    expect(ids).toHaveLength(3)
    const fourth = waitingFor()
    expect(() => pairing.request(asker(9), fourth)).toThrow(expect.objectContaining({ code: 'pairing_busy' }))
    pairing.answer(ids[0]!, { allow: false, read_only: false })
    pairing.request(asker(9), fourth)
    expect(pairing.requests().map(({ name }) => name)).toEqual(['phone 1', 'phone 2', 'phone 9'])
  })

  it('ends after 120 seconds, even for a phone that has disconnected', () => {
    const { pairing, told } = setUp()
    const outcome = waitingFor()
    const gone = waitingFor()
    pairing.request(asker(1), outcome)
    pairing.request(asker(2), gone)
    pairing.leave(gone)
    vi.advanceTimersByTime(ANSWER_MS - 1)
    expect(pairing.requests()).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(outcome.heard).toEqual(['pairing_expired'])
    expect(gone.heard).toEqual([])
    expect(pairing.requests()).toEqual([])
    expect(told.requests).toBe(4)
    expect(pairing.waits(asker(1).publicKey, false)).toBe(false)
    expect(pairing.waits(asker(2).publicKey, false)).toBe(false)
  })

  it('ends at the same time after a reconnect', () => {
    const { pairing } = setUp()
    const { expires_at } = pairing.request(asker(1), waitingFor())
    vi.advanceTimersByTime(ANSWER_MS / 2)
    const again = waitingFor()
    expect(pairing.resume(asker(1).publicKey, false, again).expires_at).toBe(expires_at)
    vi.advanceTimersByTime(ANSWER_MS / 2)
    expect(again.heard).toEqual(['pairing_expired'])
  })

  it('is over when the computer has slept through it: an approval comes too late', () => {
    const { pairing, admitted, clocks } = setUp()
    const outcome = waitingFor()
    const { pairing_id } = pairing.request(asker(1), outcome)
    clocks.pass(3_600_000)
    expect(() => pairing.answer(pairing_id, { allow: true, read_only: false })).toThrow(unknown)
    expect(outcome.heard).toEqual(['pairing_expired'])
    expect(admitted).toEqual([])
  })

  it('takes one place per key: a repeated request replaces the earlier one', () => {
    const { pairing } = setUp()
    const first = waitingFor()
    const { pairing_id } = pairing.request(asker(1), first)
    pairing.request(asker(2), waitingFor())
    pairing.request(asker(3), waitingFor())
    const second = waitingFor()
    const again = pairing.request(asker(1), second)
    expect(first.heard).toEqual(['pairing_elsewhere'])
    expect(pairing.requests()).toHaveLength(3)
    expect(() => pairing.answer(pairing_id, { allow: true, read_only: false })).toThrow(unknown)
    pairing.answer(again.pairing_id, { allow: true, read_only: false })
    expect(second.heard).toEqual(['admitted'])
  })
})

describe('case 16: the desktop’s answer', () => {
  it('is accepted once', () => {
    const { pairing, admitted } = setUp()
    const outcome = waitingFor()
    const { pairing_id } = pairing.request(asker(1), outcome)
    pairing.answer(pairing_id, { allow: true, read_only: true })
    expect(admitted).toEqual([expect.objectContaining({ publicKey: asker(1).publicKey, read_only: true })])
    for (const allow of [true, false])
      expect(() => pairing.answer(pairing_id, { allow, read_only: false })).toThrow(unknown)
    expect(outcome.heard).toEqual(['admitted'])
    expect(admitted).toHaveLength(1)
  })

  it('admits no device for an unknown id', () => {
    const { pairing, admitted } = setUp()
    pairing.request(asker(1), waitingFor())
    for (const id of ['', 'x', '__proto__', 'toString'])
      expect(() => pairing.answer(id, { allow: true, read_only: false })).toThrow(unknown)
    expect(admitted).toEqual([])
  })

  it('tells the phone too if it cannot be saved, without a path of the computer', () => {
    const { pairing, admitted, trouble } = setUp()
    const outcome = waitingFor()
    const refused: string[] = []
    const { pairing_id } = pairing.request(asker(1), { ...outcome, refused: error => refused.push(error.message) })
    trouble.error = new CodedError('data_dir_unusable', '/home/somebody/devices.json cannot be written')
    expect(() => pairing.answer(pairing_id, { allow: true, read_only: false })).toThrow('cannot be written')
    expect(refused).toEqual([expect.stringContaining('the computer cannot save this phone')])
    expect(refused[0]).not.toContain('/home')
    expect(pairing.requests()).toEqual([])
    expect(admitted).toEqual([])
  })

  it('can be given again after what a person can mend, like too many devices', () => {
    const { pairing, admitted, trouble } = setUp()
    const outcome = waitingFor()
    const { pairing_id } = pairing.request(asker(1), outcome)
    trouble.error = new CodedError('too_many_devices', 'revoke one')
    expect(() => pairing.answer(pairing_id, { allow: true, read_only: false })).toThrow('revoke one')
    expect(outcome.heard).toEqual([])
    delete trouble.error
    pairing.answer(pairing_id, { allow: true, read_only: false })
    expect(admitted).toHaveLength(1)
  })

  it('counts while the phone is disconnected', () => {
    const { pairing, admitted } = setUp()
    const outcome = waitingFor()
    const { pairing_id } = pairing.request(asker(1), outcome)
    pairing.leave(outcome)
    pairing.answer(pairing_id, { allow: true, read_only: false })
    expect(outcome.heard).toEqual([])
    expect(admitted).toHaveLength(1)
    expect(pairing.waits(asker(1).publicKey, false)).toBe(false)
  })
})

describe('a phone that reconnects while it waits', () => {
  it('replaces its earlier connection, which can no longer act for it', () => {
    const { pairing } = setUp()
    const [early, late] = [waitingFor(), waitingFor()]
    const { pairing_id } = pairing.request(asker(1), early)
    expect(pairing.resume(asker(1).publicKey, false, late).pairing_id).toBe(pairing_id)
    expect(early.heard).toEqual(['pairing_elsewhere'])
    pairing.leave(early)
    pairing.answer(pairing_id, { allow: true, read_only: false })
    expect(early.heard).toEqual(['pairing_elsewhere'])
    expect(late.heard).toEqual(['admitted'])
  })

  it('is not known on a page of the other kind', () => {
    const { pairing } = setUp()
    const outcome = waitingFor()
    pairing.request(asker(1, { secure: true }), outcome)
    expect(pairing.waits(asker(1).publicKey, true)).toBe(true)
    expect(pairing.waits(asker(1).publicKey, false)).toBe(false)
    expect(() => pairing.resume(asker(1).publicKey, false, waitingFor())).toThrow(
      expect.objectContaining({ code: 'pairing_refused' }),
    )
    expect(outcome.heard).toEqual([])
  })

  it('no longer waits once its request was answered', () => {
    const { pairing } = setUp()
    const { pairing_id } = pairing.request(asker(1), waitingFor())
    pairing.answer(pairing_id, { allow: false, read_only: false })
    expect(pairing.waits(asker(1).publicKey, false)).toBe(false)
    expect(() => pairing.resume(asker(1).publicKey, false, waitingFor())).toThrow(
      expect.objectContaining({ code: 'pairing_refused' }),
    )
  })
})

it('shows a phone’s name on one line, and a default for an empty one', () => {
  const { pairing } = setUp()
  const named = (n: number, name: string) => pairing.request(asker(n, { name }), waitingFor()).name
  expect(named(1, 'Anna\n\u202edesktop\u0007 says yes')).toBe('Anna desktop says yes')
  expect(named(2, '\u200b\u3164\u00ad ')).toBe('Phone')
  expect([...named(3, '📱'.repeat(100))]).toHaveLength(64)
})
