// How long to wait before the next try. Knows nothing of what is tried.

export interface Backoff {
  /** Milliseconds before the first retry and the longest pause. */
  first: number
  max: number
  /** Milliseconds after which trying by itself ends; a person can still retry. */
  give_up: number
}

/** A glitch is over in a quarter second; a host that restarts takes a few; nobody wants a poll more often than that. */
export const BACKOFF: Backoff = { first: 250, max: 10_000, give_up: 10 * 60_000 }

/**
 * The pause before retry number `attempt` (from 0): doubles from `first` up to `most`, of which the upper half is
 * random, so that many phones do not come back in step when a host restarts.
 */
export function retryDelay(attempt: number, backoff: Backoff = BACKOFF, random = Math.random): number {
  const whole = Math.min(backoff.max, backoff.first * 2 ** Math.min(attempt, 30))
  return whole / 2 + (random() * whole) / 2
}
