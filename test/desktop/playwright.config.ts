// Configuration of the desktop tests: one app at a time, on the display and with the Electron that run.ts found.
import { defineConfig } from '@playwright/test'
import '../support/fast-environment.ts'

export default defineConfig({
  // Allows for a busy CI machine. Retries are counted and limited (test/support/sum-up.ts).
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
