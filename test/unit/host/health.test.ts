import { expect, onTestFinished, test, vi } from 'vitest'
import { DETAIL_CHARACTERS, Health, MAX_SESSIONS } from '../../../main/host/health/health.ts'
import { RecordingHealth, STEADY_MS } from '../../../main/host/health/recording.ts'
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
  for (let n = 0; n < 2 * MAX_SESSIONS; n++) health.begin('screen_failed', { session_id: `s${n}` })
  health.begin('screen_failed', { path: 'x'.repeat(9999), message: 'y'.repeat(9999) })
  const [{ sessions, path, message }] = health.troubles as [Required<(typeof health.troubles)[0]>]
  expect(sessions).toHaveLength(MAX_SESSIONS)
  expect([path.length, message.length]).toEqual([DETAIL_CHARACTERS, DETAIL_CHARACTERS])
})

test('recording fails for one reason at a time, and works again when it has worked for a while', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { health } = makeHealth()
  const recording = new RecordingHealth(health)
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
