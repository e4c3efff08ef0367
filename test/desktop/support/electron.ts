// Finds the Electron to test with.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..')
/** A stand-in for machines that cannot download Electron's own release; its README says how it differs. */
const standIn = join(dirname(root), 'shared', 'electron-runtime', 'install')

export type Found = { dist: string; missing?: undefined } | { missing: string }

/** The folder of the Electron to test with: the named one, the package's own, the stand-in's. */
export function findElectron(): Found {
  const named = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (named) return existsSync(executable(named)) ? { dist: named } : { missing: `there is no Electron in ${named}` }
  const own = join(root, 'node_modules', 'electron', 'dist')
  if (existsSync(executable(own))) return { dist: own }
  if (!existsSync(standIn)) return { missing: 'Electron is not downloaded; run: npx electron --version' }
  return { dist: execFileSync(standIn, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim() }
}

/** The stand-in without its runner, for electron-builder, and the runner; undefined if there is no stand-in. */
export function standInParts(): { bare: string; runner: string } | undefined {
  if (!existsSync(standIn)) return undefined
  const dist = execFileSync(standIn, { encoding: 'utf8' }).trim()
  return { bare: execFileSync(standIn, ['--bare'], { encoding: 'utf8' }).trim(), runner: `${dist}-runner` }
}

export function executable(dist: string): string {
  if (process.platform === 'darwin') return join(dist, 'Electron.app', 'Contents', 'MacOS', 'Electron')
  return join(dist, process.platform === 'win32' ? 'electron.exe' : 'electron')
}
