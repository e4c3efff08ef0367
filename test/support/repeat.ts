// Repeatable random inputs. A failing fast-check property prints its `seed` and `path`; other random inputs come from
// `repeatableRandom`, which prints its seed.
//
//   OTG_SEED=123 npx vitest run FILE                        the same inputs again
//   OTG_SEED=123 OTG_PATH=4:1:0 npx vitest run FILE -t TEST  only the counterexample at this path
//   OTG_RUNS=20000 npx vitest run FILE -t TEST               this many runs of each property
//   OTG_RUNS=all npx vitest run FILE                         as many as `npm run test:slow`
//   --testTimeout=600000                                     needed for many runs
//
// Also a setup file of vitest (vitest.config.ts), so that it applies to properties that do not import it.
import { onTestFailed } from 'vitest'
import { seededRandom } from './network/fault-proxy.ts'

const { OTG_SEED, OTG_PATH, OTG_RUNS } = process.env

const MAX_SEED = 2 ** 31

/** `npm test` runs often and takes a quarter of the runs, but at least this many; the slow tests take all. */
const MIN_RUNS = 5

/** The number of runs, out of `full`, that this test run takes. */
export function scaled(full: number): number {
  if (OTG_RUNS === 'all') return full
  return OTG_RUNS ? Number(OTG_RUNS) : Math.max(Math.min(full, MIN_RUNS), Math.round(full / 4))
}

/** Options of a property that needs a number of runs other than fast-check's 100. */
export function scaledRuns(full: number): { numRuns: number } {
  return { numRuns: scaled(full) }
}

/** Call it in a test: returns a generator of numbers, 0 ≤ n < 1. Its seed is printed if the test fails. */
export function repeatableRandom(): () => number {
  const seed = OTG_SEED ? Number(OTG_SEED) : Math.floor(Math.random() * MAX_SEED)
  onTestFailed(() => console.log(`repeat with OTG_SEED=${seed}`))
  return seededRandom(seed)
}

const fixedRuns = OTG_RUNS !== 'all' && OTG_RUNS
if (OTG_SEED || OTG_PATH || fixedRuns) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({
    ...(OTG_SEED && { seed: Number(OTG_SEED) }),
    ...(OTG_PATH && { path: OTG_PATH }),
    ...(fixedRuns && { numRuns: Number(fixedRuns) }),
  })
}
