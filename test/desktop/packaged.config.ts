// Configuration of the package tests (`npm run test:packaged`), which build the packages first.
import { defineConfig } from '@playwright/test'
import desktop from './playwright.config.ts'

export default defineConfig({
  ...desktop,
  // A retry would build the packages again.
  retries: 0,
  testIgnore: [],
  testMatch: 'packaged.test.ts',
  outputDir: '../../test-output/packaged-tests',
  timeout: 90_000,
  reporter: [['list'], ['json', { outputFile: '../../test-output/reports/packaged.json' }]],
})
