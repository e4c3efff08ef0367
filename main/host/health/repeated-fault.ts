// Faults of which one is repaired at once and is no trouble, but which are when they keep happening.
import type { HealthReports } from './health.ts'
import type { TroubleKind } from './troubles.ts'

export interface Repetition {
  /** This many … */
  times: number
  /** … within this are trouble. */
  within_ms: number
  /** It is over after this long without one. */
  quiet_ms: number
}

/** A thread that died three times in ten minutes will die again. */
export const DYING_THREAD: Repetition = { times: 3, within_ms: 600_000, quiet_ms: 300_000 }

/** A connection that cannot be accepted is trouble at once: a phone that tries sees nothing. */
export const REFUSED_CONNECTION: Repetition = { times: 1, within_ms: 0, quiet_ms: 60_000 }

export class RepeatedFault {
  readonly #health: HealthReports
  readonly #kind: TroubleKind
  readonly #repetition: Repetition
  readonly #now: () => number
  /** When the last ones happened, as many as count. */
  #at: number[] = []
  #quiet: NodeJS.Timeout | undefined

  /** `now`: a clock that a change of the computer's time does not move. */
  constructor(health: HealthReports, kind: TroubleKind, repetition: Repetition, now = () => performance.now()) {
    this.#health = health
    this.#kind = kind
    this.#repetition = repetition
    this.#now = now
  }

  happened(message: string): void {
    const { times, within_ms, quiet_ms } = this.#repetition
    const now = this.#now()
    this.#at = [...this.#at, now].slice(-times)
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#health.end(this.#kind), quiet_ms)
    this.#quiet.unref()
    if (this.#at.length >= times && now - this.#at[0]! <= within_ms) this.#health.begin(this.#kind, { message })
  }
}
