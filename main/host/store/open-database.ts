// Opens database files. Plain ones are better-sqlite3's. Encrypted ones take better-sqlite3-multiple-ciphers, the same
// library with page encryption built into SQLite, which is loaded only for them.
import { createRequire } from 'node:module'
import Database from 'better-sqlite3'

/** A plain database, or an encrypted one with its key (KEY_BYTES). */
export type DatabaseFile = string | { path: string; key: Uint8Array }

/**
 * AEGIS-256 (draft-irtf-cfrg-aegis-aead): authenticated, a random nonce each time a page is written, and fast where the
 * processor has AES instructions. It covers the database, its write-ahead log and its journal.
 */
const CIPHER = 'aegis'

export function pathOf(file: DatabaseFile): string {
  return typeof file === 'string' ? file : file.path
}

export function keyOf(file: DatabaseFile): Uint8Array | undefined {
  return typeof file === 'string' ? undefined : file.key
}

/** Nothing is read yet: a wrong key shows at the first access, as SQLITE_NOTADB. */
export function openDatabase(file: DatabaseFile, options: Database.Options): Database.Database {
  if (typeof file === 'string') return new Database(file, options)
  const database = new (encrypting())(file.path, options)
  setKey(database, file.key)
  return database
}

/** SQLite's own temporary files are not encrypted, so there are none. */
export function setKey(database: Database.Database, key: Uint8Array): void {
  database.pragma(`cipher = '${CIPHER}'`)
  database.pragma(`key = '${rawKey(key)}'`)
  database.pragma('temp_store = MEMORY')
}

/** As SQLite3 Multiple Ciphers takes a key that no password is derived to. */
export function rawKey(key: Uint8Array): string {
  return `raw:${Buffer.from(key).toString('hex')}`
}

const require = createRequire(import.meta.url)

export function encrypting(): typeof Database {
  return require('better-sqlite3-multiple-ciphers') as typeof Database
}
