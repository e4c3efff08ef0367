// Adds up what the suites' logs say and prints one closing line. Fails when a suite ran nothing or something failed.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const total = { passed: 0, failed: 0 }
let missing = 0
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
  const flaky = count('flaky')
  const skipped = count('skipped')
  console.log(
    `${file.split('/').at(-1)}: ${passed} passed, ${failed} failed, ${skipped} skipped${flaky > 0 ? `, ${flaky} only at the second try` : ''}`,
  )
  if (passed === 0) {
    console.log(`${file} shows no test that ran`)
    missing++
  }
  total.passed += passed
  total.failed += failed
}
console.log(`${total.passed} passed, ${total.failed + missing} failed`)
process.exit(total.failed + missing > 0 ? 1 : 0)
