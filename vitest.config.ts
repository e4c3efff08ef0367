import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    // So that a failing property can be repeated.
    setupFiles: ['test/support/repeat.ts'],
    // Two cores: files in parallel, each of which starts real shells and sockets.
    maxWorkers: 2,
    // As with browsers (test/browser/playwright.config.ts): late once is a busy machine, late twice has failed.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
