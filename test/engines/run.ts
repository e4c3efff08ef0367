// Runs the smoke tests in Firefox and WebKit if they and a display are available; otherwise says what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FIREFOX } from './firefox.ts'
import { minibrowser, WEBKIT_DRIVER } from './webkit.ts'

const ROOT = join(import.meta.dirname, '..', '..')

const missing = [
  ...(existsSync(FIREFOX) ? [] : [`${FIREFOX} (apt-get install firefox-esr)`]),
  ...(existsSync(WEBKIT_DRIVER) && minibrowser() ? [] : [`${WEBKIT_DRIVER} (apt-get install webkit2gtk-driver)`]),
  ...(spawnSync('which', ['xvfb-run']).status === 0 ? [] : ['xvfb-run (apt-get install xvfb xauth)']),
  ...(existsSync(join(ROOT, 'build', 'web-client', 'index.html')) ? [] : ['build/web-client (npm run build)']),
]
if (missing.length > 0) {
  console.log(`the run in other engines was skipped: missing: ${missing.join(', ')}`)
  // In CI, anything missing is a failure.
  process.exit(process.env.CI ? 1 : 0)
}
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const config = join(ROOT, 'vitest.engines.config.ts')
const args = ['-a', process.execPath, vitest, 'run', '--config', config, ...process.argv.slice(2)]
const { status, error } = spawnSync('xvfb-run', args, { cwd: ROOT, stdio: 'inherit' })
if (error) throw error
process.exitCode = status ?? 1
