// The tests on an insecure origin: configured like the browser tests, one at a time.
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import browser from '../browser/playwright.config.ts'

/** The host's address in the network that run.ts creates. */
export const LAN_ADDRESS = '10.77.0.1'

export default defineConfig({
  ...browser,
  testDir: '.',
  outputDir: join(import.meta.dirname, '..', '..', 'test-output', 'lan'),
  workers: 1,
})
