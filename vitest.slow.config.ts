import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
// Sets the compile cache and the temporary folder for these tests too.
import './test/support/fast-environment.ts'
import { builtThreads } from './test/support/built-threads.ts'

process.env.OTG_RUNS ??= 'all'

/** Tests of which `npm test` takes only some of the runs (test/support/repeat.ts); here they take all. */
const scaled = globSync('test/{unit,integration}/**/*.test.ts', { cwd: import.meta.dirname }).filter(file =>
  readFileSync(new URL(file, import.meta.url), 'utf8').includes('support/repeat.ts'),
)

// Long-running tests: run by `npm run test:slow` and .ci/run, not by `npm test`.
export default defineConfig({
  resolve: { alias: builtThreads },
  test: {
    include: ['test/slow/**/*.test.ts', ...scaled],
    setupFiles: ['test/support/repeat.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 30_000,
  },
})
