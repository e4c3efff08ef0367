// The time by which things are deleted for their age, with clocks that are turned.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DeletionClock } from '../../../main/host/clock/deletion-clock.ts'
import { cleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A computer, its clocks, and the host on it. */
class Computer {
  wall = Date.UTC(2026, 0, 1)
  elapsed = 1_000
  boot = 1
  troubles: string[] = []
  file = join(temporaryFolder(), 'clock.json')
  newest: number | undefined
  #isClosed = false
  clock = this.#open()

  #open(): DeletionClock {
    return new DeletionClock({
      file: this.file,
      clocks: { wall: () => this.wall, elapsed: () => this.elapsed },
      boot_id: `boot ${this.boot}`,
      newest: this.newest,
      health: {
        begin: kind => void (this.troubles = [...this.troubles.filter(one => one !== kind), kind]),
        end: kind => void (this.troubles = this.troubles.filter(one => one !== kind)),
      },
      log: { info: () => {}, error: () => {} },
    })
  }

  /** The host runs. `speed`: of the wall clock. */
  run(ms: number, speed = 1): void {
    for (let passed = 0; passed < ms; passed += 10_000) {
      this.elapsed += 10_000
      this.wall += 10_000 * speed
      this.clock.check()
    }
  }

  sleep(ms: number): void {
    this.elapsed += ms
    this.wall += ms
    this.clock.check()
  }

  restartHost(stopped = 0): void {
    this.clock.close()
    this.elapsed += stopped
    this.wall += stopped
    this.clock = this.#open()
  }

  /** The host is killed, and its file changed. */
  crash(change: () => void): void {
    change()
    this.#isClosed = true
  }

  restart(off: number): void {
    if (!this.#isClosed) this.clock.close()
    this.#isClosed = false
    this.boot++
    this.elapsed = 1_000
    this.wall += off
    this.clock = this.#open()
  }

  /** How far deletion is behind the wall clock. */
  get behind(): number {
    return this.wall - this.clock.now()
  }
}

it('deletes by the wall clock while that and elapsed time agree', () => {
  const computer = new Computer()
  computer.run(HOUR)
  computer.sleep(8 * HOUR)
  computer.restartHost(2 * HOUR)
  computer.run(HOUR)
  expect(computer.behind).toBe(0)
  expect(computer.troubles).toEqual([])
})

it.each([
  ['31 days', 31 * DAY],
  ['ten years', 3_653 * DAY],
  ['an hour', HOUR],
])('stands when the wall clock jumps ahead by %s, and goes on when that is right again', (_name, jump) => {
  const computer = new Computer()
  computer.run(HOUR)
  const before = computer.clock.now()
  computer.wall += jump
  expect(computer.clock.now() - before).toBe(0)
  computer.run(5 * MINUTE)
  expect(computer.clock.now() - before).toBeLessThanOrEqual(10_000)
  expect(computer.troubles).toEqual(['clock_jumped'])
  computer.wall -= jump
  computer.run(MINUTE)
  expect(computer.behind).toBe(0)
  expect(computer.troubles).toEqual([])
})

it('accepts a wall clock that stays ahead after it was steady, an hour for two days, a day at most', () => {
  for (const [jump, wait] of [
    [2 * DAY, HOUR],
    [31 * DAY, 15.5 * HOUR],
    [3_653 * DAY, DAY],
  ] as const) {
    const computer = new Computer()
    computer.wall += jump
    computer.run(wait - MINUTE)
    expect(computer.behind).toBeGreaterThan(jump - MINUTE)
    computer.run(2 * MINUTE)
    expect(computer.behind).toBe(0)
    expect(computer.troubles).toEqual([])
  }
})

it('a second jump begins the wait anew', () => {
  const computer = new Computer()
  computer.wall += 2 * DAY
  computer.run(50 * MINUTE)
  computer.wall += HOUR
  computer.run(50 * MINUTE)
  expect(computer.behind).toBeGreaterThan(2 * DAY)
})

it('deletes nothing while the clock is behind, stands or runs much too fast', () => {
  const computer = new Computer()
  computer.run(HOUR)
  computer.wall -= 100 * DAY
  const back = computer.clock.now()
  expect(back).toBe(computer.wall)
  expect(computer.clock.date()).toBeGreaterThan(computer.wall + 99 * DAY)
  computer.wall += 100 * DAY
  computer.run(MINUTE)
  expect(computer.behind).toBe(0)
  const before = computer.clock.now()
  computer.run(2 * DAY, 0)
  expect(computer.clock.now()).toBe(before)
  computer.wall += 2 * DAY
  computer.run(HOUR, 30)
  expect(computer.behind).toBeGreaterThan(28 * HOUR)
})

describe('over restarts', () => {
  it('a night off is caught up in half an hour, without a word', () => {
    const computer = new Computer()
    for (let day = 0; day < 5; day++) {
      computer.run(8 * HOUR)
      expect(computer.behind).toBe(0)
      computer.restart(16 * HOUR)
      expect(computer.behind).toBeGreaterThan(15 * HOUR)
      expect(computer.troubles).toEqual([])
    }
  })

  it('hosts that run for half an hour a day catch up too', () => {
    const computer = new Computer()
    for (let day = 0; day < 30; day++) {
      computer.run(35 * MINUTE)
      computer.restart(DAY)
    }
    computer.run(35 * MINUTE)
    expect(computer.behind).toBeLessThan(3 * DAY)
  })

  it('a clock that is wrong after a start is not believed, however often the host starts', () => {
    const computer = new Computer()
    computer.run(HOUR)
    const before = computer.clock.now()
    computer.restart(31 * DAY)
    expect(computer.troubles).toEqual(['clock_jumped'])
    for (let i = 0; i < 5; i++) {
      computer.run(2 * MINUTE)
      computer.restartHost()
    }
    expect(computer.clock.now() - before).toBeLessThan(20 * MINUTE)
  })

  it('a restored older backup waits', () => {
    const computer = new Computer()
    computer.run(HOUR)
    const backup = readFileSync(computer.file)
    computer.sleep(60 * DAY)
    computer.crash(() => writeFileSync(computer.file, backup))
    computer.restart(0)
    expect(computer.behind).toBeGreaterThan(59 * DAY)
    expect(computer.troubles).toEqual(['clock_jumped'])
  })

  it.each([
    ['was lost', (file: string) => rmSync(file)],
    ['is not valid', (file: string) => writeFileSync(file, '{"time": "now"}')],
  ])('a history whose clock.json %s begins with its newest time', (_how, change) => {
    const computer = new Computer()
    computer.newest = computer.wall
    computer.wall += 60 * DAY
    computer.crash(() => change(computer.file))
    computer.restart(0)
    expect(computer.behind).toBe(60 * DAY)
    computer.run(5 * MINUTE)
    expect(computer.behind).toBeGreaterThan(59 * DAY)
  })
})
