// Files of a data folder that nothing uses any more, and that only a person may remove: what a repair, a restore or a lost history
// left, and uploads of sessions that are gone.
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../store/store.ts'
import { BEFORE_RESTORE } from './restore.ts'

export type KeptKind = 'database' | 'before_restore' | 'uploads'

export interface KeptFile {
  kind: KeptKind
  /** In the data folder; with slashes on every system. */
  name: string
  bytes: number
}

/** In one report: a folder has a few. */
const MAX_KEPT = 1_000

/** By a repair (repair.ts), or because something else changed the file while a host ran (history/write/file-guard.ts). */
const DATABASE = /^otg\.db\.(damaged|deleted|replaced|truncated|overwritten)-/

/** Of a session: the beginning of its ID. */
const UPLOADS = /^[\w-]+$/

/** `store`: the history; undefined: it cannot be read, so that all uploads may belong to a session. */
export function findKeptFiles(folder: string, store: Store | undefined): KeptFile[] {
  const found: KeptFile[] = []
  const add = (kind: KeptKind, name: string) => found.push({ kind, name, bytes: bytesOf(join(folder, name)) })
  for (const name of readdirSync(folder).sort()) {
    if (DATABASE.test(name)) add('database', name)
    if (name.startsWith(BEFORE_RESTORE)) add('before_restore', name)
  }
  if (store) {
    const ids = [...store.sessions.iterate()].map(({ session_id }) => session_id)
    for (const name of namesIn(join(folder, 'uploads')))
      if (UPLOADS.test(name) && !ids.some(id => id.startsWith(name))) add('uploads', `uploads/${name}`)
  }
  return found.slice(0, MAX_KEPT)
}

/** No host may use the folder meanwhile. Throws errors of the file system. */
export function removeKeptFiles(folder: string, kept: readonly KeptFile[]): void {
  // Symbolic links are removed, not followed (Node's docs, fs.rm).
  for (const { name } of kept) rmSync(join(folder, name), { recursive: true, force: true })
}

function namesIn(folder: string): string[] {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  return isFolder ? readdirSync(folder).sort() : []
}

/** Without what symbolic links lead to. */
function bytesOf(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return found?.size ?? 0
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
}
