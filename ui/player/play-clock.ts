// The time of a recording while it plays: real time, faster or slower.

export class PlayClock {
  readonly #now: () => number
  #time = 0
  #speed = 1
  /** The real time at which `#time` was correct; undefined while stopped. */
  #since: number | undefined

  /** `now`: milliseconds of a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Milliseconds of the recording. */
  get time(): number {
    return this.#since === undefined ? this.#time : this.#time + (this.#now() - this.#since) * this.#speed
  }

  set time(time: number) {
    this.#time = time
    if (this.#since !== undefined) this.#since = this.#now()
  }

  get running(): boolean {
    return this.#since !== undefined
  }

  get speed(): number {
    return this.#speed
  }

  set speed(speed: number) {
    // Time until now passed at the old speed.
    const { time } = this
    this.time = time
    this.#speed = speed
  }

  start(): void {
    this.#since ??= this.#now()
  }

  stop(): void {
    this.#time = this.time
    this.#since = undefined
  }
}
