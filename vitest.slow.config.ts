import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
// Compiled code is kept for these too.
import './vitest.config.ts'

process.env.OTG_RUNS ??= 'all'

/** What `npm test` tries a part of (test/support/repeat.ts) is tried in full here. */
const scaled = globSync('test/{unit,integration}/**/*.test.ts', { cwd: import.meta.dirname }).filter(file =>
  readFileSync(new URL(file, import.meta.url), 'utf8').includes('support/repeat.ts'),
)

// What takes long: run by `npm run test:slow` and by .ci/run, not by every `npm test`.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts', ...scaled],
    setupFiles: ['test/support/repeat.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 30_000,
  },
})
