import { defineConfig } from 'vitest/config'
import './test/support/fast-environment.ts'

// Tests in browser engines other than Chromium: run by `npm run test:engines`, which provides a display (test/engines/run.ts).
export default defineConfig({
  test: {
    include: ['test/engines/**/*.test.ts'],
    maxWorkers: 1,
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
