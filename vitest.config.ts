import { defineConfig } from 'vitest/config'
import './test/support/fast-environment.ts'
import { builtThreads } from './test/support/built-threads.ts'
import { retryReporter } from './test/support/retry-reporter.ts'

export default defineConfig({
  resolve: { alias: builtThreads },
  test: {
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    // Makes failing properties repeatable.
    setupFiles: ['test/support/repeat.ts'],
    // One more than the two cores of CI, since many tests mostly wait for shells, timers and sockets.
    maxWorkers: 3,
    // A test that passes only on retry hides a race in the test or the product: .ci/run reports each and fails on more than two.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', retryReporter],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
