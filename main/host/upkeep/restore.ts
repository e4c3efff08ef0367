// Puts what a backup has into a data folder that no host uses.
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { syncFolder } from '../files/atomic-file.ts'
import { becomeDatabase, readBackup } from '../store/backup-database.ts'
import { holdFolderAndFile } from '../store/file-lock.ts'
import { Store } from '../store/store.ts'
import { BACKUP_FILES, BACKUP_FOLDERS } from './backup.ts'
import { checkStore } from './check.ts'

const DATABASE = 'otg.db'
const LOCK = 'lock.db'

/** Folders with what was there before. */
export const BEFORE_RESTORE = 'before-restore-'

/** Of a folder while it is filled. */
const UNFINISHED = 'restoring'

export interface RestoreOptions {
  backup: string
  folder: string
  /** What is in the folder is kept beside it. */
  force: boolean
  now: Date
}

export interface RestoreResult {
  folder: string
  /** When the backup was made, in Unix milliseconds. */
  made_at: number
  sessions: number
  /** Damage that the backup has. */
  damaged: number
  /** Where the folder's former files are; left out: there were none. */
  kept?: string
}

/** Throws `backup_unusable`, `host_running`, `data_dir_in_use`, `data_dir_unusable`; then nothing has changed. */
export function restore({ backup, folder, force, now }: RestoreOptions): RestoreResult {
  const { files, made_at } = readBackup(backup)
  const unknown = files.find(({ name }) => !isBackupFile(name))
  if (unknown) throw new CodedError('backup_unusable', `${backup} cannot be restored: it has a file ${unknown.name}`)
  const unlock = lock(folder)
  const unfinished = join(folder, UNFINISHED)
  try {
    const present = readdirSync(folder).filter(name => !OWN.test(name))
    if (present.some(name => isData(folder, name)) && !force)
      throw new CodedError(
        'data_dir_in_use',
        `${folder} has a history or keys; name another --data-dir, or use --force`,
      )
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { mode: 0o700 })
    const database = join(unfinished, DATABASE)
    writeFileSync(database, '', { mode: 0o600 })
    copyFileSync(backup, database)
    becomeDatabase(database)
    const { sessions, damage } = checked(database, backup)
    for (const { name, content } of files) write(join(unfinished, name), content)
    const kept = present.length > 0 ? keep(folder, present, now) : undefined
    // The history comes last: without it, a host would notice that something is missing.
    for (const name of readdirSync(unfinished).sort(last => (last === DATABASE ? 1 : -1)))
      renameSync(join(unfinished, name), join(folder, name))
    if (process.platform !== 'win32') syncFolder(folder)
    return { folder, made_at, sessions, damaged: damage.length, ...(kept && { kept }) }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new CodedError('data_dir_unusable', `${folder} cannot be written: ${(cause as Error).message}`, { cause })
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
    unlock()
  }
}

/** What the folder has while it is restored into, and what was kept before. */
const OWN = new RegExp(`^(${LOCK}.*|${UNFINISHED}|${BEFORE_RESTORE}.*)$`)

/** A host that never ran leaves nothing that would be missed. */
function isData(folder: string, name: string): boolean {
  if (!BACKUP_FILES.includes(name) && name !== DATABASE) return false
  return statSync(join(folder, name)).size > 0
}

function isBackupFile(name: string): boolean {
  if (BACKUP_FILES.includes(name)) return true
  const [folder, file, ...more] = name.split('/')
  return BACKUP_FOLDERS.includes(folder!) && /^[\w-][\w.-]*$/.test(file ?? '') && more.length === 0
}

/** Throws `host_running`, `data_dir_unusable`. */
function lock(folder: string): () => void {
  let unlock: (() => void) | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, LOCK), '', { flag: 'a', mode: 0o600 })
    unlock = holdFolderAndFile(folder, join(folder, LOCK))
  } catch (cause) {
    throw new CodedError('data_dir_unusable', `${folder} cannot be used: ${(cause as Error).message}`, { cause })
  }
  if (!unlock)
    throw new CodedError('host_running', `a host runs on ${folder}; stop it first, or name another --data-dir`)
  return unlock
}

/** Throws `backup_unusable` unless all of it can be read. */
function checked(database: string, backup: string) {
  const store = new Store(database, Date.now)
  try {
    const report = checkStore(store)
    if (report.database.length === 0) return report
    throw new CodedError('backup_unusable', `${backup} is damaged: ${report.database[0]}`)
  } finally {
    store.close()
  }
}

function write(file: string, content: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function keep(folder: string, names: readonly string[], now: Date): string {
  const kept = join(folder, `${BEFORE_RESTORE}${now.toISOString().replace(/[:.]/g, '-')}`)
  mkdirSync(kept, { mode: 0o700 })
  for (const name of names) renameSync(join(folder, name), join(kept, name))
  return kept
}
