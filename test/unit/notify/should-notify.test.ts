// Whether people are notified of a session, and quiet hours.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HourlyBound, MAX_PER_HOUR, MAX_PER_SESSION } from '../../../main/host/notify/notifier.ts'
import { DAYS, isQuiet, localTime, type QuietHours } from '../../../main/host/notify/quiet-hours.ts'
import { type Need, shouldNotify } from '../../../main/host/notify/should-notify.ts'
import { targetProblem } from '../../../main/host/notify/target.ts'
import { AttentionKind } from '../../../protocol/messages.ts'

const KINDS = AttentionKind.options
const always: QuietHours = { from: '00:00', to: '00:00', days: DAYS, except_blocked: false }
const need = (change: Partial<Need>): Need => ({
  kind: 'done',
  session: { choice: 'default' },
  rules: { kinds: KINDS, quiet: undefined },
  seen: false,
  now: 0,
  ...change,
})

describe('people are notified of a wait', () => {
  it.each<[string, Partial<Need>, boolean]>([
    ['by default', {}, true],
    ['but not while they look at the session', { seen: true }, false],
    ['but not of a muted session', { session: { choice: 'muted' } }, false],
    ['but not of a kind that is turned off', { rules: { kinds: ['blocked'], quiet: undefined } }, false],
    ['but not in quiet hours', { rules: { kinds: KINDS, quiet: always } }, false],
    [
      'even of a question in quiet hours that let questions through',
      { kind: 'blocked', rules: { kinds: KINDS, quiet: { ...always, except_blocked: true } } },
      true,
    ],
    [
      'but only of questions then',
      { kind: 'failed', rules: { kinds: KINDS, quiet: { ...always, except_blocked: true } } },
      false,
    ],
    [
      'of the end that they asked for, even if the kind is turned off',
      { kind: 'failed', session: { choice: 'when_ended' }, rules: { kinds: [], quiet: undefined } },
      true,
    ],
    [
      'but of nothing else in that session',
      { kind: 'done', session: { choice: 'when_ended' }, rules: { kinds: [], quiet: undefined } },
      false,
    ],
    [
      'but not of that end in quiet hours',
      { kind: 'ended', session: { choice: 'when_ended' }, rules: { kinds: [], quiet: always } },
      false,
    ],
  ])('%s', (_when, change, expected) => {
    expect(shouldNotify(need(change))).toBe(expected)
  })
})

describe('quiet hours', () => {
  const DAY = 24 * 60
  const time = fc.integer({ min: 0, max: DAY - 1 })
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

  it('are the minutes from each chosen day’s beginning to the next end, over midnight and over the week’s end', () => {
    fc.assert(
      fc.property(
        time,
        time,
        fc.subarray([...DAYS]),
        time,
        fc.integer({ min: 0, max: 6 }),
        (from, to, days, at, day) => {
          const length = (to - from + DAY) % DAY || DAY
          const now = day * DAY + at
          const expected = days.some(one => {
            const begin = DAYS.indexOf(one) * DAY + from
            return (now - begin + 7 * DAY) % (7 * DAY) < length
          })
          const quiet = { from: text(from), to: text(to), days, except_blocked: false }
          expect(isQuiet(quiet, { day, minute: at })).toBe(expected)
        },
      ),
    )
  })

  it('follow the clock of this computer', () => {
    const date = new Date(2026, 10, 30, 23, 59)
    expect(localTime(date.getTime())).toEqual({ day: 1, minute: DAY - 1 })
  })
})

describe('the bound per hour', () => {
  it('lets MAX_PER_HOUR through in any hour', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 400 }), steps => {
        const bound = new HourlyBound()
        let now = 0
        const sent: number[] = []
        for (const step of steps) if (bound.take((now += step), `${now}`)) sent.push(now)
        for (const [index, at] of sent.entries()) {
          const earlier = sent[index - MAX_PER_HOUR]
          expect(earlier === undefined || at - earlier >= 3_600_000).toBe(true)
        }
        expect(sent.length).toBeGreaterThanOrEqual(Math.min(steps.length, MAX_PER_HOUR))
      }),
    )
  })

  it('does not hold back for long after the clock was set back', () => {
    const bound = new HourlyBound()
    for (let n = 0; n < MAX_PER_HOUR; n++) bound.take(10_000_000, `${n}`)
    expect(bound.take(10_000_001, 'a')).toBe(false)
    expect(bound.take(1_000, 'a')).toBe(true)
  })

  it.each([3, 5, 10])('case 158: leaves places for other sessions when %i are noisy', noisy => {
    const bound = new HourlyBound()
    for (let n = 0; n < 1000; n++) bound.take(n, `noisy ${n % noisy}`)
    const others = Array.from({ length: 30 }, (_, n) => bound.take(1000 + n, `other ${n % 10}`))
    expect(others).toEqual(others.map(() => true))
  })

  it('lets MAX_PER_SESSION of one session through, so that others can still notify', () => {
    const bound = new HourlyBound()
    const counts = { noisy: 0, other: 0 }
    for (let n = 0; n < 5 * MAX_PER_HOUR; n++) if (bound.take(n, 'noisy')) counts.noisy++
    for (let n = 0; n < 5; n++) if (bound.take(300 + n, 'other')) counts.other++
    expect(counts).toEqual({ noisy: MAX_PER_SESSION, other: 5 })
    expect(bound.take(3_600_000, 'noisy')).toBe(true)
  })
})

describe('the address of a server', () => {
  it.each([
    'https://ntfy.sh',
    'https://192.168.1.5:8443/hook?key=1',
    'http://localhost:8080/',
    'http://127.0.0.1/',
    'http://10.1.2.3/',
    'http://[::1]:80/',
    'http://[fd00::1]/',
  ])('can be %s', url => {
    expect(targetProblem(url)).toBeUndefined()
  })

  it.each([
    ['http://example.com/', /only for localhost/],
    ['http://8.8.8.8/', /only for localhost/],
    ['http://[2001:db8::1]/', /only for localhost/],
    ['http://localhost.example.com/', /only for localhost/],
    ['http://[::ffff:8.8.8.8]/', /only for localhost/],
    ['https://me:pw@example.com/', /user name/],
    ['https://example.com/#a', /#/],
    ['ftp://example.com/', /https/],
    ['file:///etc/passwd', /https/],
    ['example.com', /not an address/],
    ['', /not an address/],
  ])('cannot be %s', (url, why) => {
    expect(targetProblem(url)).toMatch(why)
  })
})
