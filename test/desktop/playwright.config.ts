// How the desktop tests run: one app at a time, in whatever display and Electron run.ts found. Knows no test.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  // A machine that does other work may be late once; what is late twice has failed. Retried tests are counted and shown.
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
