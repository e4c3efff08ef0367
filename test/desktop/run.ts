// Runs the desktop tests, or with `--packaged` the package tests, if Electron and a display are available.
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

if (found.missing !== undefined) reportSkipped(found.missing)
else if (display.missing !== undefined) reportSkipped(display.missing)
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

/** Uses a separate display if possible, so that tests neither depend on nor disturb the user's windows. */
function displayCommand(): { command: string[]; missing?: undefined } | { missing: string } {
  if (process.platform !== 'linux') return { command: [] }
  const isInstalled = (program: string) => spawnSync('which', [program], { stdio: 'ignore' }).status === 0
  if (isInstalled('xvfb-run') && isInstalled('dbus-run-session'))
    return { command: ['xvfb-run', '-a', 'dbus-run-session', '--'] }
  return process.env.DISPLAY ? { command: [] } : { missing: 'no display. Install xvfb and dbus' }
}

function reportSkipped(reason: string): void {
  process.stdout.write(`Desktop tests skipped: ${reason}.\n`)
  // In CI, everything must be installed.
  if (process.env.CI) process.exitCode = 1
}
