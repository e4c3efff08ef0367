// Whether and when people are notified of trouble of the host.
import { expect, onTestFinished, test, vi } from 'vitest'
import { Health } from '../../../main/host/health/health.ts'
import type { Logger } from '../../../main/host/log/logger.ts'
import { DAYS } from '../../../main/host/notify/quiet-hours.ts'
import { shouldTellTrouble } from '../../../main/host/notify/should-notify.ts'
import {
  noticeOfTrouble,
  TELL_AFTER_MS,
  TELL_AGAIN_MS,
  TroubleNotices,
  troubleOf,
} from '../../../main/host/notify/trouble-notices.ts'

const nothing = () => {}
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

function setUp(before: (health: Health) => void = nothing) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const told: string[] = []
  const world = { mayTell: true, now: 0 }
  let notices: TroubleNotices | undefined
  const health = new Health({ log, changed: nothing, began: kind => notices?.began(kind) })
  before(health)
  notices = new TroubleNotices({
    health,
    mayTell: () => world.mayTell,
    tell: id => told.push(id),
    now: () => world.now,
  })
  const pass = (ms: number) => {
    world.now += ms
    vi.advanceTimersByTime(ms)
  }
  return { health, told, world, pass }
}

test('a trouble that lasts is told once', () => {
  const { health, told, pass } = setUp()
  health.begin('disk_full')
  pass(TELL_AFTER_MS - 1)
  expect(told).toEqual([])
  health.begin('disk_full', { bytes: 1 })
  pass(1)
  pass(TELL_AGAIN_MS)
  expect(told).toEqual(['trouble:disk_full'])
  expect(health.troubles[0]).toMatchObject({ told: true })
  expect(troubleOf('trouble:disk_full', health)).toMatchObject({ kind: 'disk_full' })
  health.end('disk_full')
  expect(troubleOf('trouble:disk_full', health)).toBeUndefined()
})

test('a trouble that is over at once is not told, and one that comes and goes once in an hour', () => {
  const { health, told, pass } = setUp()
  health.begin('disk_full')
  pass(TELL_AFTER_MS - 1)
  health.end('disk_full')
  pass(TELL_AFTER_MS)
  expect(told).toEqual([])
  for (let passed = 0; passed < TELL_AGAIN_MS; passed += 2 * TELL_AFTER_MS) {
    health.begin('disk_full')
    pass(TELL_AFTER_MS)
    health.end('disk_full')
    pass(TELL_AFTER_MS)
  }
  expect(told).toEqual(['trouble:disk_full'])
  health.begin('disk_full')
  pass(TELL_AFTER_MS)
  expect(told).toHaveLength(2)
})

test('a trouble that began before anything could be told is told; one that an earlier host told is not', () => {
  const { told, pass } = setUp(health => {
    health.begin('history_lost')
    health.begin('history_damaged')
    health.markTold('history_damaged')
  })
  pass(TELL_AFTER_MS)
  expect(told).toEqual(['trouble:history_lost'])
})

test('nothing is told if the settings or quiet hours forbid it', () => {
  const { health, told, world, pass } = setUp()
  world.mayTell = false
  health.begin('disk_full')
  pass(TELL_AFTER_MS)
  expect(told).toEqual([])
  expect(health.troubles[0]).not.toHaveProperty('told')
  const quiet = { from: '00:00', to: '00:00', days: DAYS, except_blocked: true }
  expect(shouldTellTrouble({ trouble: true, quiet: undefined }, 0)).toBe(true)
  expect(shouldTellTrouble({ trouble: true, quiet }, 0)).toBe(false)
  expect(shouldTellTrouble({ trouble: false, quiet: undefined }, 0)).toBe(false)
})

test('what leaves the computer are the words of the table: no path, no message of the system', () => {
  const { health } = setUp()
  health.begin('disk_full', { path: '/secret/folder', message: 'no space left on /secret' })
  const notice = noticeOfTrouble(health.troubles[0]!)
  expect(notice).toMatchObject({ kind: 'trouble', headline: 'On the Go: Not recording: the disk is full' })
  expect(JSON.stringify(notice)).not.toContain('secret')
})
