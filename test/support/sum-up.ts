// Adds up the results in the suites' logs and prints a summary. Fails if a suite ran no test, a test failed, or there were more
// than MAX_RETRIES retries.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** Of each suite's report of what failed, so that what failed in all suites stays readable at the end of a log. */
const MAX_REPORT_LINES = 80

/** A flaky test usually hides a race; the few allowed retries are for a machine that was held up. */
const MAX_RETRIES = 2

const total = { passed: 0, failed: 0, retries: 0 }
let missing = 0
const reports: string[] = []
for (const file of process.argv.slice(2)) {
  const text = stripVTControlCharacters(readFileSync(file, 'utf8'))
  // vitest: "      Tests  2 failed | 41 passed (43)"; Playwright: "  12 passed (20.1s)" on a line of its own.
  const vitest = /^\s*Tests\s+(.*)$/m.exec(text)?.[1]
  const lines =
    vitest ??
    [...text.matchAll(/^\s+(\d+ (?:passed|failed|flaky|skipped|did not run)\b.*)$/gm)].map(match => match[1]).join(' ')
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(lines)?.[1] ?? 0)
  const passed = count('passed') + count('flaky')
  const failed = count('failed') + count('did not run')
  // Including retries of tests that failed in the end. vitest: "✓ title (retry x1)"; Playwright: "✓  3 title (retry #1) (1.2s)".
  const sumOf = (retried: RegExp) => [...text.matchAll(retried)].reduce((sum, [, times]) => sum + Number(times), 0)
  // Told by retry-reporter.ts, and of some tests again, indented, by vitest itself.
  const vitestRetries = Math.max(sumOf(/^[✓✗✘×].*\(retry x(\d+)\)/gm), sumOf(/^\s+[✓✗✘×].*\(retry x(\d+)\)/gm))
  const playwrightRetries = [...text.matchAll(/^\s*[✓✗✘×-].*\(retry #\d+\)/gm)].length
  const retries = Math.max(vitestRetries + playwrightRetries, count('flaky'))
  const skipped = count('skipped')
  console.log(`${file.split('/').at(-1)}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${retries} retries`)
  if (passed === 0) {
    console.log(`${file}: no test ran`)
    missing++
  }
  if (failed + retries > 0) reports.push(...reportOf(file, text))
  total.passed += passed
  total.failed += failed
  total.retries += retries
}
for (const line of reports) console.log(line)
const tooManyRetries = total.retries > MAX_RETRIES
console.log(`${total.retries} retries in total${tooManyRetries ? `: failed, at most ${MAX_RETRIES} are allowed` : ''}`)
console.log(`${total.passed} passed, ${total.failed + missing} failed`)
process.exit(total.failed + missing > 0 || tooManyRetries ? 1 : 0)

/** What the suite itself says at its end of the tests that failed, or passed only when they were tried again. */
function reportOf(file: string, text: string): string[] {
  const lines = text.split('\n')
  // vitest: "⎯⎯⎯ Failed Tests 1 ⎯⎯⎯"; Playwright: "  1) test/browser/list.test.ts:12:1 › …".
  const start = lines.findIndex(line => /^⎯+ Failed (Tests|Suites) \d+ ⎯+|^\s+1\) \S+:\d+:\d+ /.test(line))
  const retried = lines.filter(line => /^✓.*\(retry x\d+\)|\(retry #\d+\)/.test(line))
  const report = start < 0 ? [] : lines.slice(start).filter(line => line.trim() !== '')
  return [`--- ${file.split('/').at(-1)}`, ...retried, ...report.slice(0, MAX_REPORT_LINES)]
}
