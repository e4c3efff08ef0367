// How the tests on an insecure origin run: as the browser tests do, one at a time. Knows no test.
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import browser from '../browser/playwright.config.ts'

/** The computer's, in the network that run.ts makes. */
export const LAN_ADDRESS = '10.77.0.1'

export default defineConfig({
  ...browser,
  testDir: '.',
  outputDir: join(import.meta.dirname, '..', '..', 'test-output', 'lan'),
  workers: 1,
})
