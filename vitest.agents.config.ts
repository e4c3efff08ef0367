import { defineConfig } from 'vitest/config'
import './test/support/fast-environment.ts'

// Real agents in real sessions: run by `npm run test:agents` and at a release, which install them (test/agents/run.ts).
export default defineConfig({
  test: {
    include: ['test/agents/**/*.test.ts'],
    maxWorkers: 1,
    retry: process.env.CI ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
