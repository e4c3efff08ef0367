// Encrypting and decrypting a whole database (cases 136 and 137).
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { convertDatabase, isEncrypted } from '../../../main/host/at-rest/convert-database.ts'
import { MIGRATIONS } from '../../../main/host/store/migrations.ts'
import { type DatabaseFile, openDatabase } from '../../../main/host/store/open-database.ts'
import { buildLog, cleanUpHistories, databaseFile, openHistory, Recording, until } from '../../support/history.ts'

afterEach(cleanUpHistories)

/** What SQLite and the conversion have in the folder. */
const databasesBeside = (path: string) => readdirSync(dirname(path)).filter(name => name.startsWith('otg.db'))

const SECRET = 'hunter2-in-plain-sight'

/** Everything that a database holds, also what SQLite does not list as tables. */
function contents(file: DatabaseFile): Record<string, unknown> {
  const database = openDatabase(file, { readonly: true })
  try {
    const schema = database
      .prepare<[], { name: string; sql: string; type: string; rootpage: number }>(
        'SELECT name, sql, type, rootpage FROM sqlite_schema ORDER BY type, name',
      )
      .all()
    const pragmas = ['user_version', 'auto_vacuum', 'page_size', 'application_id', 'integrity_check']
    return {
      schema: schema.map(({ name, sql, type }) => ({ name, sql, type })),
      pragmas: pragmas.map(name => database.pragma(name, { simple: true })),
      tables: schema
        .filter(({ type, rootpage }) => type === 'table' && rootpage > 0)
        .map(({ name }) => [name, database.prepare(`SELECT * FROM "${name}"`).all()]),
      found: database.prepare("SELECT rowid FROM words WHERE words MATCH 'module'").all(),
    }
  } finally {
    database.close()
  }
}

/** A history with segments, a keyframe, rendered text and its index, a mark and a tail. */
async function recordedFile(): Promise<string> {
  const file = databaseFile()
  const history = await openHistory(file)
  const recording = new Recording(history)
  recording.print(buildLog(300_000))
  recording.seal()
  recording.keyframe('$ ')
  recording.print(`${SECRET}\r\n`)
  await history.flush()
  await history.mark(recording.session_id, { offset: 10, at: 0 }, 'here')
  await until(async () => (await history.stats()).text_pending === 0)
  await history.close()
  return file
}

describe('converting a database', () => {
  it('keeps every table, index and word in both directions (case 136)', async () => {
    const path = await recordedFile()
    const key = randomBytes(32)
    const before = contents(path)
    expect(before.found).not.toEqual([])
    expect(convertDatabase(path, key, 'encrypted')).toEqual({ file: { path, key }, isConverted: true })
    expect(isEncrypted(path)).toBe(true)
    expect(readFileSync(path).includes(SECRET)).toBe(false)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(contents({ path, key })).toEqual(before)
    expect(convertDatabase(path, key, 'encrypted')).toEqual({ file: { path, key }, isConverted: false })
    expect(convertDatabase(path, key, 'plain')).toEqual({ file: path, isConverted: true })
    expect(contents(path)).toEqual(before)
    expect(databasesBeside(path)).toEqual(['otg.db'])
  })

  it('leaves no word of the write-ahead log behind, and loses none of it (case 136)', async () => {
    const path = databaseFile()
    const writer = openDatabase(path, {})
    for (const sql of MIGRATIONS) writer.exec(sql)
    writer.pragma('journal_mode = WAL')
    writer.pragma('wal_autocheckpoint = 0')
    writer.exec(`CREATE TABLE secrets (word TEXT); INSERT INTO secrets VALUES ('${SECRET}')`)
    // As a crash leaves it.
    const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)]
    writer.close()
    writeFileSync(path, database)
    writeFileSync(`${path}-wal`, log)
    const key = randomBytes(32)
    convertDatabase(path, key, 'encrypted')
    expect(existsSync(`${path}-wal`)).toBe(false)
    expect(readFileSync(path).includes(SECRET)).toBe(false)
    const encrypted = openDatabase({ path, key }, {})
    expect(encrypted.prepare('SELECT word FROM secrets').pluck().all()).toEqual([SECRET])
    encrypted.close()
  })

  it('keeps the database as it is while another program has it open, and says so (case 137)', async () => {
    const path = await recordedFile()
    const before = contents(path)
    const viewer = openDatabase(path, {})
    viewer.pragma('journal_mode = WAL')
    viewer.exec('BEGIN; SELECT count(*) FROM sessions')
    const { file, isConverted, error } = convertDatabase(path, randomBytes(32), 'encrypted')
    expect({ file, isConverted, error }).toEqual({ file: path, isConverted: false, error: expect.any(String) })
    viewer.close()
    expect(contents(path)).toEqual(before)
  })

  it('keeps a damaged database as it is, and says so (case 137)', async () => {
    const path = await recordedFile()
    const bytes = readFileSync(path)
    // Pages in the middle.
    bytes.fill(0x55, 4 * 4096, 12 * 4096)
    writeFileSync(path, bytes)
    const { file, isConverted, error } = convertDatabase(path, randomBytes(32), 'encrypted')
    expect({ file, isConverted, error }).toEqual({ file: path, isConverted: false, error: expect.any(String) })
    expect(readFileSync(path).subarray(100, 4096).equals(bytes.subarray(100, 4096))).toBe(true)
    expect(databasesBeside(path)).toEqual(['otg.db'])
  })
})
