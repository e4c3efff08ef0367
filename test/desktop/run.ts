// Runs the desktop tests, or with --packaged the package tests, if there are an Electron and a display.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findElectron } from './support/electron.ts'

const root = join(import.meta.dirname, '..', '..')
const playwright = join(root, 'node_modules', '@playwright', 'test', 'cli.js')
const args = process.argv.slice(2)
const packaged = args[0] === '--packaged'
const config = join(import.meta.dirname, packaged ? 'packaged.config.ts' : 'playwright.config.ts')
const found = findElectron()
const display = displayCommand()

if (found.missing !== undefined) absent(found.missing)
else if (display.missing !== undefined) absent(display.missing)
else {
  const [program, ...before] = [...display.command, process.execPath, playwright, 'test', '--config', config]
  const { status, error } = spawnSync(program!, [...before, ...(packaged ? args.slice(1) : args)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: found.dist },
  })
  if (error) throw error
  process.exitCode = status ?? 1
}

/** A separate display where possible: tests must not depend on or disturb what the user has open. */
function displayCommand(): { command: string[]; missing?: undefined } | { missing: string } {
  if (process.platform !== 'linux') return { command: [] }
  const have = (program: string) => spawnSync('which', [program], { stdio: 'ignore' }).status === 0
  if (have('xvfb-run') && have('dbus-run-session')) return { command: ['xvfb-run', '-a', 'dbus-run-session', '--'] }
  return process.env.DISPLAY ? { command: [] } : { missing: 'no display: install xvfb and dbus' }
}

function absent(what: string): void {
  process.stdout.write(`desktop tests skipped: ${what}\n`)
  // In CI, everything has to be installed.
  if (process.env.CI) process.exitCode = 1
}
