// Random inputs that can be repeated. Every property of fast-check prints `seed` and `path` when it fails; other random
// inputs come from `repeatable`, which prints its seed.
//
//   OTG_SEED=123 npx vitest run FILE                        the same inputs again
//   OTG_SEED=123 OTG_PATH=4:1:0 npx vitest run FILE -t TEST  only the counterexample at this path
//   OTG_RUNS=20000 npx vitest run FILE -t TEST               this many runs of each property
//   OTG_RUNS=all npx vitest run FILE                         as many as `npm run test:slow` takes
//   --testTimeout=600000                                     is needed for many runs
//
// Also a setup file of vitest (vitest.config.ts), so that it holds for properties that say nothing of their own.
import { onTestFailed } from 'vitest'
import { seededRandom } from './network/fault-proxy.ts'

const { OTG_SEED, OTG_PATH, OTG_RUNS } = process.env

const MAX_SEED = 2 ** 31

/** By default a quarter is tried, but no fewer than this: `npm test` is run often, and the slow tests take all. */
const MIN_RUNS = 5

/** How many of `usual` tries this run takes. */
export function scaled(usual: number): number {
  if (OTG_RUNS === 'all') return usual
  return OTG_RUNS ? Number(OTG_RUNS) : Math.max(Math.min(usual, MIN_RUNS), Math.round(usual / 4))
}

/** For a property that needs another number of runs than fast-check's 100. */
export function scaledRuns(usual: number): { numRuns: number } {
  return { numRuns: scaled(usual) }
}

/** To be called in a test: a generator of numbers from 0 to 1. What it began with is printed when the test fails. */
export function repeatableRandom(): () => number {
  const seed = OTG_SEED ? Number(OTG_SEED) : Math.floor(Math.random() * MAX_SEED)
  onTestFailed(() => console.log(`repeat with OTG_SEED=${seed}`))
  return seededRandom(seed)
}

const everywhere = OTG_RUNS !== 'all' && OTG_RUNS
if (OTG_SEED || OTG_PATH || everywhere) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({
    ...(OTG_SEED && { seed: Number(OTG_SEED) }),
    ...(OTG_PATH && { path: OTG_PATH }),
    ...(everywhere && { numRuns: Number(everywhere) }),
  })
}
