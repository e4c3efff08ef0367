// Counts the time in which the host was awake: sleep, a stopped process and a paused machine are absence.
import type { Clocks } from './clocks.ts'

/** More than this between two readings is absence: idle sessions are looked for once a minute, and a busy machine may be late. */
const MAX_STEP_MS = 120_000

export class AwakeClock {
  readonly #elapsed: () => number
  #readAt: number
  #awake = 0

  constructor({ elapsed }: Pick<Clocks, 'elapsed'>) {
    this.#elapsed = elapsed
    this.#readAt = elapsed()
  }

  /** Milliseconds. Call it once a minute at least. */
  now(): number {
    const at = this.#elapsed()
    this.#awake += Math.min(at - this.#readAt, MAX_STEP_MS)
    this.#readAt = at
    return this.#awake
  }
}
