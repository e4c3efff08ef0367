import { defineConfig } from 'vitest/config'
// Sets the compile cache and the temporary folder for these tests too.
import './test/support/fast-environment.ts'
import { builtThreads } from './test/support/built-threads.ts'

// What happens when disks, clocks, processes and files fail: run by `npm run test:faults` and .ci/run, not by `npm test`.
// OTG_FAULT_ROUNDS=N repeats what is random more often than .ci/run does.
export default defineConfig({
  resolve: { alias: builtThreads },
  test: {
    include: ['test/faults/**/*.test.ts'],
    setupFiles: ['test/support/repeat.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 30_000,
  },
})
