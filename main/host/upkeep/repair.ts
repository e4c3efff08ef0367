// Checks a history that no host uses, and repairs it: in place if SQLite can read all of it, otherwise into a new file.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { syncFolder } from '../files/atomic-file.ts'
import { removeDatabase } from '../store/copy-database.ts'
import { storeFault } from '../store/faults.ts'
import { type DatabaseFile, pathOf } from '../store/open-database.ts'
import { type Salvage, salvageDatabase } from '../store/salvage-database.ts'
import { Store } from '../store/store.ts'
import { type CheckReport, checkStore, repairStore } from './check.ts'
import { findKeptFiles, type KeptFile } from './kept-files.ts'

/** Of a whole history: also what is beside it. */
export interface HistoryReport extends CheckReport {
  kept: KeptFile[]
}

export interface RepairReport extends HistoryReport {
  /** The file was damaged so that what is left was copied into a new one; the old one is `kept` beside it. */
  salvage?: Salvage & { kept: string }
}

/** Changes nothing. Throws `data_dir_unusable`, `store_older`, `store_newer`. */
export function checkHistory(file: DatabaseFile): HistoryReport {
  if (!existsSync(pathOf(file))) throw new CodedError('data_dir_unusable', `there is no history at ${pathOf(file)}`)
  let store: Store | undefined
  try {
    store = new Store(file, Date.now, { readonly: true })
    return { ...checkStore(store), kept: findKeptFiles(dirname(pathOf(file)), store) }
  } catch (error) {
    const { code, message } = toCoded(error)
    if (code !== 'store_damaged' && !isDamage(error)) throw error
    return unreadable(file, message)
  } finally {
    store?.close()
  }
}

/** No host may use the history meanwhile. `now`: for the name of the file that is kept. */
export function repairHistory(file: DatabaseFile, now: Date): RepairReport {
  const before = checkMigrated(file)
  if (!needsSalvage(before) && repairInPlace(file)) return before
  const path = pathOf(file)
  const repaired = `${path}.repaired`
  const target: DatabaseFile = typeof file === 'string' ? repaired : { path: repaired, key: file.key }
  removeDatabase(repaired)
  const salvage = salvageDatabase(file, target)
  const store = new Store(target, Date.now)
  let report: CheckReport
  try {
    report = repairStore(store)
  } finally {
    store.close()
  }
  const kept = `${path}.damaged-${now.toISOString().replace(/[:.]/g, '-')}`
  renameSync(path, kept)
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept}-wal`)
  rmSync(`${path}-shm`, { force: true })
  renameSync(repaired, path)
  if (process.platform !== 'win32') syncFolder(dirname(path))
  return {
    ...report,
    database: before.database,
    kept: before.kept,
    salvage: { ...salvage, kept },
  }
}

/** A history of an earlier version is brought to this one first, if SQLite can read it. */
function checkMigrated(file: DatabaseFile): HistoryReport {
  try {
    return checkHistory(file)
  } catch (error) {
    if (toCoded(error).code !== 'store_older') throw error
  }
  try {
    new Store(file, Date.now).close()
    return checkHistory(file)
  } catch (error) {
    const { code, message } = toCoded(error)
    if (code !== 'store_damaged') throw error
    return unreadable(file, message)
  }
}

function unreadable(file: DatabaseFile, why: string): HistoryReport {
  return { database: [why], damage: [], sessions: 0, bytes: 0, kept: findKeptFiles(dirname(pathOf(file)), undefined) }
}

/** False: SQLite cannot read or write all of it. */
function repairInPlace(file: DatabaseFile): boolean {
  const store = new Store(file, Date.now)
  try {
    repairStore(store)
    return store.integrity().length === 0
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  } finally {
    store.close()
  }
}

function needsSalvage({ database, damage }: CheckReport): boolean {
  // Problems of indexes go away when these are made again.
  const isIndex = (line: string) => /index|fts5|inverted/i.test(line)
  return database.some(line => !isIndex(line)) || damage.some(({ kind }) => kind === 'unreadable')
}

function isDamage(error: unknown): boolean {
  return storeFault(error).code === 'store_damaged' || (error as { code?: unknown }).code === 'SQLITE_ERROR'
}
