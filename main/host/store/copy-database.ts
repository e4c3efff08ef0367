// Copies a whole database into a new file, which may be encrypted where the first is not, or the other way round. (VACUUM INTO
// keeps the key, and the backup interface the pages' layout.)
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { type DatabaseFile, encrypting, keyOf, pathOf, rawKey, setKey } from './open-database.ts'

/** How long the source may be held by a backup or a viewer before that is an error. */
const BUSY_MS = 2_000

/** What SQLite keeps beside a database. */
const COMPANIONS = ['', '-wal', '-shm', '-journal']

interface Entry {
  type: string
  name: string
  sql: string
  /** Of a virtual table: 0. */
  rootpage: number
}

/**
 * Writes a copy of `from` to `to`, which must not exist: all tables, indexes and triggers, with their contents as they are at
 * one moment. When it returns, the copy was checked and is on disk; when it throws, there is none. It is not in WAL mode.
 */
export function copyDatabase(from: DatabaseFile, to: DatabaseFile): void {
  const path = pathOf(to)
  // SQLite would create it with the umask.
  closeSync(openSync(path, 'wx', 0o600))
  try {
    write(from, to)
    check(to)
    const descriptor = openSync(path, 'r+')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    removeDatabase(path)
    throw error
  }
}

/** Removes a database with what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const companion of COMPANIONS) rmSync(path + companion, { force: true })
}

/** Opened by the library with ciphers in any case: it reads plain and encrypted databases beside each other. */
function openEither(file: DatabaseFile): Database.Database {
  const database = new (encrypting())(pathOf(file), { timeout: BUSY_MS })
  const key = keyOf(file)
  if (key) setKey(database, key)
  else database.pragma("cipher = 'aegis'")
  return database
}

function write(from: DatabaseFile, to: DatabaseFile): void {
  const key = keyOf(from)
  const copy = openEither(to)
  try {
    copy.prepare(`ATTACH ? AS old KEY ?`).run(pathOf(from), key ? rawKey(key) : '')
    // Tables of the search index are written like any other.
    copy.unsafeMode(true)
    for (const pragma of ['page_size', 'auto_vacuum'])
      copy.pragma(`main.${pragma} = ${copy.pragma(`old.${pragma}`, { simple: true })}`)
    // Until it is complete, the copy is worth nothing; no temporary file holds any of it.
    for (const pragma of ['journal_mode = OFF', 'synchronous = OFF']) copy.pragma(`main.${pragma}`)
    copy.pragma('temp_store = MEMORY')
    copy.pragma('foreign_keys = OFF')
    const entries = copy
      .prepare<[], Entry>(
        "SELECT type, name, sql, rootpage FROM old.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
      )
      .all()
    const tables = entries.filter(({ type }) => type === 'table')
    // A virtual table creates the tables that it consists of.
    for (const { sql, rootpage } of tables) if (rootpage === 0) copy.exec(sql)
    const exists = copy.prepare<[string]>('SELECT 1 FROM main.sqlite_schema WHERE name = ?')
    copy.exec('BEGIN')
    for (const { name, sql, rootpage } of tables) {
      if (rootpage === 0) continue
      if (!exists.get(name)) copy.exec(sql)
      copyRows(copy, name)
    }
    if (copy.prepare("SELECT 1 FROM old.sqlite_schema WHERE name = 'sqlite_sequence'").get())
      copyRows(copy, 'sqlite_sequence')
    for (const { type, sql } of entries) if (type !== 'table') copy.exec(sql)
    for (const pragma of ['user_version', 'application_id'])
      copy.pragma(`main.${pragma} = ${copy.pragma(`old.${pragma}`, { simple: true })}`)
    copy.exec('COMMIT')
  } finally {
    copy.close()
  }
}

/** Throws when not all of them arrived. */
function copyRows(copy: Database.Database, table: string): void {
  const name = `"${table.replaceAll('"', '""')}"`
  copy.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM old.${name}`)
  const count = (schema: string) => copy.prepare(`SELECT count(*) FROM ${schema}.${name}`).pluck().get()
  if (count('main') !== count('old')) throw new Error(`the copy of ${table} is not complete`)
}

function check(file: DatabaseFile): void {
  const database = openEither(file)
  try {
    const result = database.pragma('quick_check', { simple: true })
    if (result !== 'ok') throw new Error(`the copy is damaged: ${result}`)
  } finally {
    database.close()
  }
}
