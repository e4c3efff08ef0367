import { expect, onTestFinished, test, vi } from 'vitest'
import {
  ENOUGH_DESCRIPTORS,
  freeOfSystem,
  LOW_DESCRIPTORS,
  watchDescriptors,
} from '../../../main/host/health/descriptor-watch.ts'
import { DETAIL_CHARACTERS, Health, MAX_SESSIONS } from '../../../main/host/health/health.ts'
import { ENOUGH_BYTES, LOW_BYTES, watchMemory } from '../../../main/host/health/memory-watch.ts'
import { recordingHealth, STEADY_MS } from '../../../main/host/health/recording.ts'
import { DYING_THREAD, REFUSED_CONNECTION, RepeatedFault } from '../../../main/host/health/repeated-fault.ts'
import { SavedFiles } from '../../../main/host/health/saved-files.ts'
import { TROUBLES } from '../../../main/host/health/troubles.ts'
import type { Logger } from '../../../main/host/log/logger.ts'

function makeHealth() {
  const lines: [string, object, string][] = []
  const at = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message])
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log }
  let changes = 0
  let now = 1_000_000
  const health = new Health({ log, now: () => now, changed: () => changes++ })
  return {
    health,
    lines,
    changes: () => changes,
    wait: (ms: number) => {
      now += ms
    },
  }
}

test('every kind says in short sentences what happens and what to do', () => {
  for (const [kind, { title, happens, todo }] of Object.entries(TROUBLES)) {
    expect(kind).toMatch(/^[a-z]+(_[a-z]+)+$/)
    expect(title, kind).toMatch(/^[A-Z].{5,59}[^.]$/)
    for (const text of [happens, todo]) {
      expect(text, kind).toMatch(/^[A-Z].+\.$/)
      expect(text.length, kind).toBeLessThanOrEqual(200)
    }
  }
})

test('a trouble that is reported twice begins once and keeps its beginning', () => {
  const { health, lines, changes, wait } = makeHealth()
  health.begin('disk_full', { message: 'no space left' })
  wait(5_000)
  health.begin('disk_full')
  health.begin('disk_full', { bytes: 1000 })
  expect(health.troubles).toEqual([
    { kind: 'disk_full', since: 1_000_000, sessions: [], message: 'no space left', bytes: 1000 },
  ])
  expect(changes()).toBe(2)
  wait(5_000)
  health.end('disk_full')
  health.end('disk_full')
  expect(health.troubles).toEqual([])
  expect(changes()).toBe(3)
  expect(lines).toEqual([
    ['error', { trouble: 'disk_full', message: 'no space left' }, TROUBLES.disk_full.title],
    ['info', { trouble: 'disk_full', seconds: 10 }, `over: ${TROUBLES.disk_full.title}`],
  ])
})

test('a trouble of two sessions is over when it is over for both', () => {
  const { health } = makeHealth()
  health.begin('session_unrecorded', { session_id: 'a' })
  health.begin('session_unrecorded', { session_id: 'b' })
  health.end('session_unrecorded', 'a')
  health.end('session_unrecorded', 'c')
  expect(health.troubles).toMatchObject([{ sessions: ['b'] }])
  health.end('session_unrecorded', 'b')
  expect(health.troubles).toEqual([])
})

test('what a report says is bounded', () => {
  const { health } = makeHealth()
  for (let n = 0; n < 2 * MAX_SESSIONS; n++) health.begin('session_unrecorded', { session_id: `s${n}` })
  health.begin('session_unrecorded', { path: 'x'.repeat(9999), message: 'y'.repeat(9999) })
  const [{ sessions, path, message }] = health.troubles as [Required<(typeof health.troubles)[0]>]
  expect(sessions).toHaveLength(MAX_SESSIONS)
  expect([path.length, message.length]).toEqual([DETAIL_CHARACTERS, DETAIL_CHARACTERS])
})

test('recording fails for one reason at a time, and works again when it has worked for a while', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { health } = makeHealth()
  const recording = recordingHealth(health)
  recording.trouble('store_full', 'disk full')
  recording.trouble('data_dir_unusable', 'read-only')
  expect(health.troubles.map(({ kind }) => kind)).toEqual(['recording_refused'])
  recording.trouble('session_unknown', 'a surprise')
  expect(health.troubles.map(({ kind }) => kind)).toEqual(['recording_failed'])
  recording.recovered()
  vi.advanceTimersByTime(STEADY_MS - 1)
  recording.trouble('session_unknown', 'a surprise')
  vi.advanceTimersByTime(STEADY_MS)
  expect(health.troubles.map(({ kind }) => kind)).toEqual(['recording_failed'])
  recording.recovered()
  vi.advanceTimersByTime(STEADY_MS)
  expect(health.troubles).toEqual([])
})

test('what is lost belongs to the trouble that lasts, and a session that ends takes its own along', () => {
  const { health } = makeHealth()
  const recording = recordingHealth(health)
  recording.lost(5)
  expect(health.troubles).toEqual([])
  recording.trouble('store_full', 'disk full')
  recording.lost(1000)
  recording.lost(2000)
  recording.unrecorded('a')
  recording.damaged('a')
  expect(health.troubles).toMatchObject([
    { kind: 'disk_full', bytes: 2000 },
    { kind: 'session_unrecorded', sessions: ['a'] },
    { kind: 'history_damaged', sessions: ['a'] },
  ])
  health.sessionEnded('a')
  expect(health.troubles.map(({ kind }) => kind)).toEqual(['disk_full', 'history_damaged'])
})

test('a thread that dies is trouble at the third time within ten minutes, until it has lived for five', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { health } = makeHealth()
  let now = 0
  const deaths = new RepeatedFault(health, 'screens_restart', DYING_THREAD, () => now)
  const die = (after: number) => {
    now += after
    vi.advanceTimersByTime(after)
    deaths.happened('out of memory')
    return health.has('screens_restart')
  }
  expect([die(0), die(DYING_THREAD.within_ms), die(1)]).toEqual([false, false, false])
  expect([die(1), die(1)]).toEqual([true, true])
  vi.advanceTimersByTime(DYING_THREAD.quiet_ms - 1)
  expect(health.has('screens_restart')).toBe(true)
  vi.advanceTimersByTime(1)
  expect(health.troubles).toEqual([])
})

test('a connection that is not accepted is trouble at once', () => {
  const { health } = makeHealth()
  new RepeatedFault(health, 'connections_failing', REFUSED_CONNECTION).happened('accept EMFILE')
  expect(health.troubles).toMatchObject([{ kind: 'connections_failing', message: 'accept EMFILE' }])
})

test('a file that cannot be saved is trouble until it and every other one is saved', () => {
  const { health } = makeHealth()
  const files = new SavedFiles(health)
  const fail = () => {
    throw new Error('no space left')
  }
  expect(() => files.watch('/devices.json', fail)).toThrow('no space')
  expect(() => files.watch('/push.json', fail)).toThrow('no space')
  expect(health.troubles).toMatchObject([{ kind: 'files_unwritable', path: '/devices.json' }])
  files.watch('/other.json', () => {})
  files.watch('/devices.json', () => {})
  expect(health.troubles).toMatchObject([{ kind: 'files_unwritable', path: '/push.json' }])
  files.watch('/push.json', () => {})
  expect(health.troubles).toEqual([])
})

test('few free descriptors are trouble until there are clearly more', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { health } = makeHealth()
  const steps = [LOW_DESCRIPTORS, LOW_DESCRIPTORS - 1, undefined, ENOUGH_DESCRIPTORS, ENOUGH_DESCRIPTORS + 1, 0]
  onTestFinished(watchDescriptors(health, () => steps.shift(), 1))
  const seen = Array.from({ length: 6 }, () => {
    vi.advanceTimersByTime(1)
    return health.has('files_exhausted')
  })
  expect(seen).toEqual([false, true, true, true, false, true])
})

test('little memory is trouble until there is clearly more', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { health } = makeHealth()
  const steps = [ENOUGH_BYTES, LOW_BYTES, LOW_BYTES - 1, ENOUGH_BYTES, ENOUGH_BYTES + 1, undefined, LOW_BYTES]
  onTestFinished(watchMemory(health, () => steps.shift(), 1))
  const seen = Array.from({ length: 7 }, () => {
    vi.advanceTimersByTime(1)
    return health.has('memory_low')
  })
  expect(seen).toEqual([false, false, true, true, false, false, false])
})

test('the files that the whole system may open count, too', () => {
  expect(freeOfSystem('3488\t0\t3500\n')).toBe(12)
  expect(freeOfSystem('3488\t0\t9223372036854775807\n')).toBeGreaterThan(1e15)
  expect(freeOfSystem('')).toBe(Number.POSITIVE_INFINITY)
})
