// Configuration of the desktop tests: one app at a time, with the display and Electron that run.ts found.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  // A busy machine may be late once. Retried tests are counted and reported.
  retries: process.env.CI ? 1 : 0,
  testDir: '.',
  testIgnore: ['packaged.test.ts'],
  outputDir: '../../test-output/desktop',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 1,
  fullyParallel: false,
  reporter: [['list'], ['json', { outputFile: '../../test-output/reports/desktop.json' }]],
})
