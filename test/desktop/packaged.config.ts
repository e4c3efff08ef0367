// How the packages are tested: made first, which takes a while, so by themselves (npm run test:packaged). Knows no test.
import { defineConfig } from '@playwright/test'
import desktop from './playwright.config.ts'

export default defineConfig({
  ...desktop,
  // Packing is no matter of a busy moment, and would be done again.
  retries: 0,
  testIgnore: [],
  testMatch: 'packaged.test.ts',
  outputDir: '../../test-output/packaged-tests',
  timeout: 90_000,
  reporter: [['list'], ['json', { outputFile: '../../test-output/reports/packaged.json' }]],
})
