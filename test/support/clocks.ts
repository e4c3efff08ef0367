// Clocks of a host that tests turn.
import type { Clocks } from '../../main/host/clock/clocks.ts'

export interface TurnableClocks extends Clocks {
  /** Time passes, as while the computer sleeps: both clocks go on. */
  pass(ms: number): void
  /** The wall clock is set, by this much. */
  set(ms: number): void
}

/** Both go on by themselves; `vi.useFakeTimers` stops and moves them. */
export function turnableClocks(): TurnableClocks {
  let [passed, set] = [0, 0]
  const start = Date.now() - performance.now()
  return {
    wall: () => Math.floor(start + performance.now() + passed + set),
    elapsed: () => performance.now() + passed,
    pass: ms => {
      passed += ms
    },
    set: ms => {
      set += ms
    },
  }
}
