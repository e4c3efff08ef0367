// A copy of the database from before it was brought to a newer version, kept until a later start found all well.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf } from './faults.ts'

/** Room that stays on the disk beside the copy: what the migration itself and the next output may need. */
const SPARE_BYTES = 64 * 1024 * 1024

/**
 * Copies the database file to `FILE.before-VERSION` (0600); nothing of it may wait in a write-ahead log. Returns why there is no
 * copy: the migration then goes on without one, because it is one transaction, and a host that does not start records nothing.
 */
export function copyBeforeMigration(file: string, version: number): string | undefined {
  const copy = `${file}.before-${version}`
  const unfinished = `${copy}.new`
  try {
    const { size } = statSync(file)
    const { bavail, bsize } = statfsSync(dirname(file))
    if (bavail * bsize < size + SPARE_BYTES)
      return `the disk has no room for a copy of the history (${Math.ceil(size / 1e6)} MB)`
    rmSync(unfinished, { force: true })
    closeSync(openSync(unfinished, 'wx', 0o600))
    // Where the file system can, the copy shares its blocks, and takes no time.
    copyFileSync(file, unfinished, constants.COPYFILE_FICLONE)
    // It takes the permissions of what it copies, too.
    chmodSync(unfinished, 0o600)
    const descriptor = openSync(unfinished, 'r+')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(unfinished, copy)
    return undefined
  } catch (error) {
    rmQuietly(unfinished)
    return messageOf(error)
  }
}

/** After a start that had nothing to migrate: the one before has proved itself. */
export function removeMigrationCopies(file: string): void {
  const prefix = `${basename(file)}.before-`
  try {
    for (const name of readdirSync(dirname(file)))
      if (name.startsWith(prefix) && /^\d+(\.new)?$/.test(name.slice(prefix.length))) rmSync(join(dirname(file), name))
  } catch {
    // The next start tries again.
  }
}

function rmQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}
