// Tells whether what `npm run build` makes is there and newer than what it is made of. Knows no build step.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['main', 'protocol', 'terminal', 'ui', 'web-client', 'renderer', 'assets']
const SETTINGS = /^(package(-lock)?\.json|tsconfig.*\.json|vite\.config\.ts)$/

/** The last that a build writes are the pages, whole and anew each time; so their age is the build's. */
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
  // Folders count too: a file that was deleted changes nothing else.
  return changedAt(folder) > than || entries.some(name => changedAt(join(folder, name)) > than)
}

/** Milliseconds; 0 when it is not there. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
