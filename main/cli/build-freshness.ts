// Whether the output of `npm run build` exists and is newer than its sources.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['main', 'protocol', 'terminal', 'ui', 'web-client', 'renderer', 'assets']
const SETTINGS = /^(package(-lock)?\.json|tsconfig.*\.json|vite\.config\.ts)$/

/** A build writes the pages last and completely, so their age is the age of the build. */
const PAGES = ['build/web-client/index.html', 'build/renderer/index.html']
const PROGRAMS = ['build/main/cli/otg.js', 'build/main/desktop/entry.js']

export function isStale(root: string): boolean {
  const pages = PAGES.map(file => changedAt(join(root, file)))
  const built = Math.min(...pages)
  if (built === 0 || PROGRAMS.some(file => changedAt(join(root, file)) === 0)) return true
  const settings = readdirSync(root).filter(name => SETTINGS.test(name))
  if (settings.some(name => changedAt(join(root, name)) > built)) return true
  return SOURCES.some(folder => hasNewer(join(root, folder), built))
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
