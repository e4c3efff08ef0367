// How long to wait before the next try.

export interface Backoff {
  /** Milliseconds before the first retry. */
  first: number
  /** The longest pause, in milliseconds. */
  max: number
  /** Milliseconds after which automatic retries end; a person can still retry. */
  give_up: number
}

/** A glitch is over in a quarter second, a restarted host back in a few; more than one try in ten seconds would be polling. */
export const BACKOFF: Backoff = { first: 250, max: 10_000, give_up: 10 * 60_000 }

/**
 * The pause before retry number `attempt` (from 0), in milliseconds: doubles from `first` up to `max`; its upper half is
 * random, so that many phones do not return in step when a host restarts.
 */
export function retryDelay(attempt: number, backoff: Backoff = BACKOFF, random = Math.random): number {
  const whole = Math.min(backoff.max, backoff.first * 2 ** Math.min(attempt, 30))
  return whole / 2 + (random() * whole) / 2
}
