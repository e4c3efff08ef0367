// The clocks of a host. Durations are measured by `elapsed`, which no one can set; only dates come from the wall clock.
import { uptime } from 'node:os'

export interface Clocks {
  /** Unix milliseconds. People, programs and networks set it: it jumps, stands and goes back. */
  wall(): number
  /** Milliseconds since the system started, including sleep. Never goes back. */
  elapsed(): number
}

/** A difference of this between the two counters of the system is sleep; less is how coarse one of them is (macOS: a second). */
const SLEEP_MS = 1_500

/** How often the counters are compared. */
const COMPARE_MS = 1_000

/**
 * The system's clocks. `performance.now()` is precise, but stands during sleep on Linux; the system's uptime goes on. The first
 * is therefore corrected by the second when they differ.
 */
export function systemClocks(): Clocks {
  let [base, since] = [uptime() * 1000, performance.now()]
  let latest = base
  return {
    wall: Date.now,
    elapsed: () => {
      const passed = performance.now() - since
      if (passed >= COMPARE_MS || passed < 0) {
        const up = uptime() * 1000
        base = Math.abs(up - (base + passed)) < SLEEP_MS ? base + passed : up
        since += passed
      }
      latest = Math.max(latest, base + performance.now() - since)
      return latest
    },
  }
}
