// Copies what can be read of a damaged database into a new one, table by table and row by row. SQLite's own `.recover` is a part of its
// shell, and needs an extension that better-sqlite3 leaves out.
import { randomUUID } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { removeDatabase } from './copy-database.ts'
import { type DatabaseFile, openDatabase, pathOf } from './open-database.ts'
import { PAGE_BYTES, Store } from './store.ts'

/** Tables in the order in which they are copied, with their row numbers. Text and its index are made again. */
const TABLES = { sessions: 'session', pieces: 'piece', keyframes: 'keyframe', marks: 'mark_id' } as const
type Table = keyof typeof TABLES

/**
 * How often ranges of rows are divided to get around damaged pages: some seconds. The largest ranges come first, so that what
 * is left out is what surrounds damage.
 */
const MAX_DIVISIONS = 20_000

/** More than any table has, where not even its last row is known. */
const LAST_ROW = 2 ** 31

/** The title of a session of which only output is left. */
const LOST_TITLE = '(lost record)'

export interface Salvage {
  /** Rows by table. */
  rows: Record<Table, number>
  /** Sessions whose records are gone, but not their output. */
  lost_records: number
}

/**
 * Writes what is left of `from` to `to`, which must not exist. Nothing of `from` changes; a copy of it is made beside it meanwhile.
 * What it copies may be damaged itself: check the result.
 */
export function salvageDatabase(from: DatabaseFile, to: DatabaseFile): Salvage {
  const copy = `${pathOf(from)}.salvage`
  new Store(to, Date.now).close()
  const target = openDatabase(to, {})
  try {
    target.pragma('foreign_keys = OFF')
    // Until it is complete it is worth nothing.
    target.pragma('synchronous = OFF')
    const source = openBest(from, copy, pathOf(to))
    try {
      const rows = { sessions: 0, pieces: 0, keyframes: 0, marks: 0 }
      target.transaction(() => {
        for (const table of Object.keys(TABLES) as Table[]) rows[table] = copyTable(source, target, table)
        target.exec("INSERT OR IGNORE INTO text (piece) SELECT piece FROM pieces WHERE kind = 'sealed'")
      })()
      return { rows, lost_records: addLostRecords(target) }
    } finally {
      source.close()
    }
  } finally {
    target.close()
    removeDatabase(copy)
  }
}

/** The damaged database, with its first page mended in the way that makes most rows readable. */
function openBest(from: DatabaseFile, copy: string, fresh: string): Database.Database {
  const fileOf = (path: string): DatabaseFile => (typeof from === 'string' ? path : { path, key: from.key })
  let best: { mend: (path: string) => void; rows: number } | undefined
  const mends: ((path: string) => void)[] = [() => {}]
  // Pages of an encrypted database cannot be mended.
  if (typeof from === 'string') mends.push(mendCounts, path => replaceFirstPage(path, fresh))
  const prepare = (mend: (path: string) => void) => {
    removeDatabase(copy)
    for (const companion of ['', '-wal'])
      if (existsSync(pathOf(from) + companion)) copyFileSync(pathOf(from) + companion, copy + companion)
    settle(fileOf(copy))
    mend(copy)
    const database = openDatabase(fileOf(copy), {})
    database.unsafeMode(true)
    return database
  }
  for (const mend of mends) {
    const database = prepare(mend)
    const rows = countRows(database)
    database.close()
    if (!best || rows > best.rows) best = { mend, rows }
  }
  return prepare(best!.mend)
}

/** Applies the write-ahead log as far as it is intact. */
function settle(file: DatabaseFile): void {
  const database = openDatabase(file, {})
  try {
    database.pragma('journal_mode = DELETE')
  } catch {
    // The first page is damaged. Without the log, what was written last is missing.
  } finally {
    database.close()
  }
}

function countRows(database: Database.Database): number {
  let count = 0
  for (const table of ['sessions', 'pieces'] as const)
    try {
      for (const _ of readableRows(database, table, `${TABLES[table]} AS key`)) count++
    } catch {
      // Without its schema there is no such table.
    }
  return count
}

/** The file was cut, or its list of free pages is damaged. https://sqlite.org/fileformat.html#the_database_header */
function mendCounts(path: string): void {
  editFirstPage(path, (page, pages) => writeCounts(page, pages))
}

/**
 * The header or the schema is damaged: those of a new database take its place, whose tables are at the same pages, because the same
 * statements made them. Pages of the schema besides the first are appended.
 */
function replaceFirstPage(path: string, fresh: string): void {
  const donor = readFileSync(fresh)
  editFirstPage(path, (page, pages, append) => {
    donor.copy(page, 0, 0, PAGE_BYTES)
    const HEADER = 100
    if (page[HEADER] === INTERIOR_TABLE_PAGE) {
      const cells = page.readUInt16BE(HEADER + 3)
      const children = [HEADER + 8]
      for (let cell = 0; cell < cells; cell++) children.push(page.readUInt16BE(HEADER + 12 + 2 * cell))
      for (const at of children) {
        const child = page.readUInt32BE(at)
        page.writeUInt32BE(append(donor.subarray((child - 1) * PAGE_BYTES, child * PAGE_BYTES)), at)
      }
    }
    // Not in WAL mode.
    page[18] = page[19] = 1
    writeCounts(page, pages)
  })
}

const INTERIOR_TABLE_PAGE = 5

function writeCounts(page: Buffer, pages: number): void {
  page.writeUInt32BE(pages, 28)
  page.writeUInt32BE(0, 32)
  page.writeUInt32BE(0, 36)
  // The number of pages counts only if these are equal.
  page.copy(page, 92, 24, 28)
}

function editFirstPage(
  path: string,
  edit: (page: Buffer, pages: number, append: (page: Uint8Array) => number) => void,
): void {
  const descriptor = openSync(path, 'r+')
  try {
    let pages = Math.floor(fstatSync(descriptor).size / PAGE_BYTES)
    const page = Buffer.alloc(PAGE_BYTES)
    readSync(descriptor, page, 0, PAGE_BYTES, 0)
    edit(page, pages, appended => {
      writeSync(descriptor, appended, 0, PAGE_BYTES, pages * PAGE_BYTES)
      return ++pages
    })
    page.writeUInt32BE(pages, 28)
    writeSync(descriptor, page, 0, PAGE_BYTES, 0)
  } finally {
    closeSync(descriptor)
  }
}

function copyTable(source: Database.Database, target: Database.Database, table: Table): number {
  const columns = target.prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`).pluck().all()
  let known: string[]
  try {
    const present = source.prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`).pluck().all()
    known = columns.filter(name => present.includes(name))
  } catch {
    return 0
  }
  if (known.length === 0) return 0
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${known.join(', ')}) VALUES (${known.map(name => `@${name}`).join(', ')})`,
  )
  let count = 0
  for (const row of readableRows(source, table, `${TABLES[table]} AS key, ${known.join(', ')}`)) {
    const { key: _, ...values } = row
    try {
      count += insert.run(values).changes
    } catch {
      // Values of a type that no one wrote.
    }
  }
  return count
}

/** Rows in any order: forward to the first damaged page, backward to the last one, and the same again for each half between them. */
function* readableRows(
  database: Database.Database,
  table: Table,
  columns: string,
): Generator<{ key: number } & Record<string, unknown>> {
  const key = TABLES[table]
  const select = (order: string) =>
    database.prepare<[number, number], { key: number } & Record<string, unknown>>(
      `SELECT ${columns} FROM ${table} NOT INDEXED WHERE ${key} BETWEEN ? AND ? ORDER BY ${key} ${order}`,
    )
  const forward = select('ASC')
  const backward = select('DESC')
  let divisions = 0
  const ranges: [number, number][] = [[0, lastRow(database, table)]]
  for (let range = ranges.shift(); range; range = ranges.shift()) {
    let [from, to] = range
    let row: ({ key: number } & Record<string, unknown>) | undefined
    // One statement at a time, because one that failed goes on failing.
    const rows = forward.iterate(from, to)
    try {
      for (let next = rows.next(); !next.done; next = rows.next()) {
        row = next.value
        from = row.key + 1
        yield row
      }
      continue
    } catch {
      rows.return?.()
    }
    const reversed = backward.iterate(from, to)
    try {
      for (let next = reversed.next(); !next.done; next = reversed.next()) {
        row = next.value
        to = row.key - 1
        yield row
      }
      continue
    } catch {
      reversed.return?.()
    }
    if (from >= to || ++divisions > MAX_DIVISIONS) continue
    const middle = Math.floor((from + to) / 2)
    ranges.push([from, middle], [middle + 1, to])
  }
}

function lastRow(database: Database.Database, table: Table): number {
  for (const query of [
    `SELECT max(${TABLES[table]}) FROM ${table} NOT INDEXED`,
    `SELECT seq FROM sqlite_sequence WHERE name = '${table}'`,
  ])
    try {
      const last = database.prepare<[], number>(query).pluck().get()
      if (typeof last === 'number' && last >= 0) return Math.min(last, LAST_ROW)
    } catch {
      // The next one.
    }
  return LAST_ROW
}

/** Sessions of which there is only output. */
function addLostRecords(target: Database.Database): number {
  const lost = target
    .prepare<[], { session: number; at: number }>(
      `SELECT session, max(at) AS at FROM pieces WHERE session NOT IN (SELECT session FROM sessions) GROUP BY session`,
    )
    .all()
  const add = target.prepare(
    `INSERT OR IGNORE INTO sessions (session, session_id, title, command, cwd, state, created_at, ended_at, last_activity,
       cols, rows, born_cols, born_rows, start_offset, start_n, end_offset, end_n)
     SELECT @session, @session_id, @title, '["?"]', '', 'host_crashed', @now, @now, @now, 80, 24, 80, 24,
       (SELECT offset FROM pieces WHERE session = @session ORDER BY offset, n LIMIT 1),
       (SELECT n FROM pieces WHERE session = @session ORDER BY offset, n LIMIT 1),
       (SELECT end_offset FROM pieces WHERE session = @session ORDER BY offset DESC, n DESC LIMIT 1),
       (SELECT end_n FROM pieces WHERE session = @session ORDER BY offset DESC, n DESC LIMIT 1)`,
  )
  const now = Date.now()
  for (const { session } of lost) add.run({ session, session_id: randomUUID(), title: LOST_TITLE, now })
  return lost.length
}
