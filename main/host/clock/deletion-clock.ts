// The time by which things are deleted for their age. The wall clock alone must not decide that: one that is wrong for a minute
// would delete for good. This one follows elapsed time, and a wall clock that differs only after that was steady for a while.
import { renameSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { readPlainFile } from '../files/plain-file.ts'
import type { HealthReports } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import type { Clocks } from './clocks.ts'

/** How often the wall clock is compared. */
const CHECK_MS = 10_000

/** A wall clock that differs by less is corrected, not doubted. */
const TOLERANCE_MS = 5 * 60_000

/** And corrected by this share of the time that passed: a clock that runs much too fast is doubted in the end. */
const CORRECTION = 0.1

/**
 * A wall clock that differs has to be steady for this share of the difference, while the host runs: two days of difference
 * take an hour, so that a computer that is off at night catches up every day.
 */
const STEADY_SHARE = 1 / 48
const MIN_STEADY_MS = 10 * 60_000
const MAX_STEADY_MS = 24 * 3_600_000

/** While the computer was off (a night, a weekend), the difference grows, and is doubted no more than before. */
const OFF_MS = 3 * 24 * 3_600_000

/** A computer that was off for longer may have a wrong clock: an empty battery, a restored backup. People should know. */
const LONG_OFF_MS = 7 * 24 * 3_600_000

/** How often the state is saved. Not synced: older than it was, it only makes deletion wait longer. */
const SAVE_MS = 60_000

const State = z.strictObject({
  /** The deletion time, and elapsed time at that moment. */
  time: z.number(),
  elapsed: z.number(),
  boot_id: z.string().max(64),
  doubt: z.strictObject({ ahead: z.number(), steady: z.number() }).optional(),
})
type State = z.infer<typeof State>

export interface DeletionClockOptions {
  file: string
  clocks: Clocks
  /** Another one after each start of the system; '' where it is not known. */
  boot_id: string
  /** The newest time in the history, for when the file is lost; undefined: there is no history yet. */
  newest: number | undefined
  health: HealthReports
  log: Pick<Logger, 'info' | 'error'>
}

export class DeletionClock {
  readonly #options: DeletionClockOptions
  /** What the time is by elapsed time, and elapsed time when that was computed. */
  #time: number
  #at: number
  /** The wall clock differs. `ahead`: by how much; `steady`: how long it has differed by that; `from`: the time when it began. */
  #doubt: { ahead: number; steady: number; from: number } | undefined
  #savedAt = Number.NEGATIVE_INFINITY
  #isSaveReported = false
  #timer: NodeJS.Timeout | undefined
  #isAnnounced = false
  /** A difference of more is announced. */
  #announced_ms = TOLERANCE_MS

  constructor(options: DeletionClockOptions) {
    this.#options = options
    const { clocks, boot_id, newest } = options
    this.#at = clocks.elapsed()
    const wall = clocks.wall()
    const state = this.#read()
    const isSameBoot = boot_id !== '' && state?.boot_id === boot_id && state.elapsed <= this.#at
    this.#time = state ? state.time + (isSameBoot ? this.#at - state.elapsed : 0) : (newest ?? wall)
    const ahead = wall - this.#time
    const known = state?.doubt
    if (known && ahead > known.ahead - TOLERANCE_MS && ahead < known.ahead + (isSameBoot ? TOLERANCE_MS : OFF_MS))
      this.#doubt = { ...known, ahead, from: this.#time }
    // How long the computer was off is not known; nights and weekends are nothing to tell.
    if (!isSameBoot && ahead > 0) this.#announced_ms = LONG_OFF_MS
    this.check()
  }

  /** Unix milliseconds: what was to be kept until then may be deleted. */
  now(): number {
    const { wall, elapsed } = this.#options.clocks
    const time = this.#doubt?.from ?? this.#time + elapsed() - this.#at
    return Math.min(time, wall())
  }

  /**
   * A date to store with what is deleted for its age later: the wall clock's, but never earlier than it surely is, so that
   * nothing from a time when the clock was behind counts as old.
   */
  date(): number {
    const { wall, elapsed } = this.#options.clocks
    return Math.max(Math.floor(this.#time + elapsed() - this.#at), wall())
  }

  /** Tells `now` at once, and whenever it was checked. */
  start(told: (now: number) => void): void {
    const tell = () => {
      this.check()
      told(this.now())
    }
    tell()
    this.#timer = setInterval(tell, CHECK_MS).unref()
  }

  check(): void {
    const { wall, elapsed } = this.#options.clocks
    const at = elapsed()
    const passed = at - this.#at
    this.#time += passed
    this.#at = at
    const ahead = wall() - this.#time
    if (Math.abs(ahead) <= TOLERANCE_MS) {
      const most = passed * CORRECTION
      this.#time += Math.max(-most, Math.min(most, ahead))
      if (this.#doubt) this.#settle('the wall clock is right again')
    } else this.#differs(ahead, Math.min(passed, 2 * CHECK_MS))
    if (at - this.#savedAt >= SAVE_MS) this.#save()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#save()
  }

  #differs(ahead: number, passed: number): void {
    const { health } = this.#options
    if (this.#doubt && Math.abs(ahead - this.#doubt.ahead) <= TOLERANCE_MS) this.#doubt.steady += passed
    else {
      // While it runs, every jump is.
      if (this.#doubt) this.#announced_ms = TOLERANCE_MS
      this.#doubt = { ahead, steady: 0, from: this.#time }
      this.#isAnnounced = false
      this.#save()
    }
    const left = steadyFor(this.#doubt.ahead) - this.#doubt.steady
    if (left <= 0) {
      this.#time += ahead
      return this.#settle('the wall clock was steady for long enough')
    }
    if (Math.abs(ahead) < this.#announced_ms || this.#isAnnounced) return
    this.#isAnnounced = true
    const direction = ahead > 0 ? 'forward' : 'back'
    const message = `It went ${direction} by ${duration(Math.abs(ahead))}. If that is right, deletion goes on in ${duration(left)}.`
    health.begin('clock_jumped', { message })
  }

  #settle(why: string): void {
    this.#doubt = undefined
    this.#announced_ms = TOLERANCE_MS
    this.#options.log.info({ now: this.now() }, `deletion for age goes on: ${why}`)
    this.#options.health.end('clock_jumped')
    this.#save()
  }

  #read(): State | undefined {
    try {
      return State.parse(JSON.parse(readPlainFile(this.#options.file)))
    } catch {
      return undefined
    }
  }

  #save(): void {
    this.#savedAt = this.#at
    const { file, boot_id, log } = this.#options
    const doubt = this.#doubt && { ahead: this.#doubt.ahead, steady: this.#doubt.steady }
    const state: State = { time: this.#time, elapsed: this.#at, boot_id, ...(doubt && { doubt }) }
    try {
      writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    } catch (error) {
      if (!this.#isSaveReported) log.error({ err: error }, 'the state of the clock could not be saved')
      this.#isSaveReported = true
    }
  }
}

/** How long a wall clock that is `ahead` has to be steady. */
function steadyFor(ahead: number): number {
  return Math.min(MAX_STEADY_MS, Math.max(MIN_STEADY_MS, Math.abs(ahead) * STEADY_SHARE))
}

/** In the largest unit of which there are two. */
function duration(ms: number): string {
  const units: [number, string][] = [
    [24 * 3_600_000, 'days'],
    [3_600_000, 'hours'],
  ]
  for (const [unit, name] of units) if (ms >= 2 * unit) return `${Math.round(ms / unit)} ${name}`
  return `${Math.ceil(ms / 60_000)} minutes`
}
