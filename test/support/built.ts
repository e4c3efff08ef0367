// Tests run the bundled programs if they are newer than their sources: a start from sources costs about two seconds of CPU time
// to strip types. `npm run` builds before tests; in watch mode and with `npx`, whatever is stale runs from its sources.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { areTestProgramsStale, isStale } from '../../main/cli/build-freshness.ts'

const root = join(import.meta.dirname, '..', '..')

// Found out once, by the test runner; its workers inherit the answers.
process.env.OTG_TEST_BUILD ??= isStale(root) ? 'stale' : 'fresh'
process.env.OTG_TEST_PROGRAMS ??= areTestProgramsStale(root) ? 'stale' : 'fresh'

/** The `otg` command. */
export const OTG =
  process.env.OTG_TEST_BUILD === 'fresh'
    ? join(root, 'build', 'main', 'cli', 'otg.js')
    : join(root, 'main', 'cli', 'otg.ts')

/** A process that tests start: a `*-process.ts` file, by its path in `test`. */
export function testProgram(source: string): string {
  const built = join(root, 'build', 'test', `${basename(source, '.ts')}.js`)
  return process.env.OTG_TEST_PROGRAMS === 'fresh' && existsSync(built) ? built : join(root, 'test', source)
}
