import { defineConfig } from 'vitest/config'

// What takes long: run by `npm run test:slow` and by .ci/run, not by every `npm test`.
export default defineConfig({
  test: { include: ['test/slow/**/*.test.ts'], maxWorkers: 1, testTimeout: 300_000, hookTimeout: 30_000 },
})
