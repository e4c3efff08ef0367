// When things happened in a session. Durations are elapsed time: a clock that jumps, stands or goes back changes none.
import type { Clocks } from '../clock/clocks.ts'

export interface SessionTimesOptions {
  clocks: Clocks
  /** Milliseconds that the host was awake. */
  awake: () => number
  /** A date for what is deleted for its age: see DeletionClock. */
  date: () => number
}

export class SessionTimes {
  readonly created_at: number
  last_activity: number
  readonly #options: SessionTimesOptions
  readonly #bornAt: number
  #activeAt: number

  constructor(options: SessionTimesOptions) {
    this.#options = options
    this.created_at = this.last_activity = options.clocks.wall()
    this.#bornAt = options.clocks.elapsed()
    this.#activeAt = options.awake()
  }

  /** Whole milliseconds since the session began. */
  get age(): number {
    return Math.floor(this.#options.clocks.elapsed() - this.#bornAt)
  }

  /** Milliseconds without activity. While the host sleeps, none pass. */
  get silent(): number {
    return this.#options.awake() - this.#activeAt
  }

  markActive(): void {
    this.last_activity = Math.max(this.last_activity, this.#options.clocks.wall())
    this.#activeAt = this.#options.awake()
  }

  /** The date to store when it ends now: never before its beginning. */
  end(): number {
    this.markActive()
    return Math.max(this.created_at + this.age, this.#options.date())
  }
}
