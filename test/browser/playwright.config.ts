// The browser tests: Debian's Chromium, emulating a phone.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, devices } from '@playwright/test'
import '../support/fast-environment.ts'

export const CHROMIUM = process.env.OTG_CHROMIUM ?? '/usr/bin/chromium'
const ROOT = join(import.meta.dirname, '..', '..')

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [`${CHROMIUM} (apt-get install chromium)`]),
  ...(existsSync(join(ROOT, 'build', 'web-client', 'index.html')) ? [] : ['build/web-client (npm run build)']),
]
if (missing.length > 0) {
  const sentence = `missing: ${missing.join(', ')}; the browser tests need it`
  if (process.env.CI) throw new Error(sentence)
  console.log(sentence)
}

export default defineConfig({
  // A busy machine may miss a deadline once; a second failure is real. Retries are counted and reported.
  retries: process.env.CI ? 1 : 0,
  testDir: '.',
  testMatch: '*.test.ts',
  // If something is missing, every test is skipped (phone.ts), and the line above says why.
  metadata: { missing },
  outputDir: join(ROOT, 'test-output', 'browser'),
  reporter: [['list']],
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  use: {
    ...devices['Pixel 7'],
    colorScheme: 'dark',
    // It would hide the network from tests; app.test.ts is about it.
    serviceWorkers: 'block',
    actionTimeout: 10_000,
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        // Makes xterm.js render to the DOM, which tests and screenshots can read.
        '--disable-3d-apis',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
})
