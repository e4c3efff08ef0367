// Whether the output of `npm run build` exists and is newer than its sources.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['main', 'protocol', 'terminal', 'ui', 'web-client', 'renderer', 'assets']
const SETTINGS = /^(package(-lock)?\.json|tsconfig.*\.json|vite\.(main\.)?config\.ts)$/

/** What a build writes last; each is written completely, so its age is the age of the build. */
const PAGES = ['build/web-client/index.html', 'build/renderer/index.html']
const PROGRAMS = ['build/main/cli/otg.js', 'build/main/desktop/entry.js']

/** The processes that tests start (vite.main.config.ts); they contain the host. */
const TEST_SOURCES = ['test/support', 'test/desktop/support']
const TEST_PROGRAMS = ['build/test/browser-host-process.js']

export function isStale(root: string): boolean {
  return hasChanged(root, [...PAGES, ...PROGRAMS], SOURCES)
}

export function areTestProgramsStale(root: string): boolean {
  return hasChanged(root, TEST_PROGRAMS, ['main', 'protocol', 'terminal', ...TEST_SOURCES])
}

/** Whether one of `outputs` is missing, or older than something in `sources` or a setting. */
function hasChanged(root: string, outputs: string[], sources: string[]): boolean {
  const built = Math.min(...outputs.map(file => changedAt(join(root, file))))
  if (built === 0) return true
  const settings = readdirSync(root).filter(name => SETTINGS.test(name))
  if (settings.some(name => changedAt(join(root, name)) > built)) return true
  return sources.some(folder => hasNewer(join(root, folder), built))
}

function hasNewer(folder: string, than: number): boolean {
  let entries: string[]
  try {
    entries = readdirSync(folder, { recursive: true }) as string[]
  } catch {
    return false
  }
  // Folders count too: deleting a file changes only its folder.
  return changedAt(folder) > than || entries.some(name => changedAt(join(folder, name)) > than)
}

/** Unix milliseconds; 0 if it does not exist. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
