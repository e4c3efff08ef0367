// Before a database is brought to a newer version, a copy is made of it, which a later start removes.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, it } from 'vitest'
import { MIGRATIONS } from '../../../main/host/store/migrations.ts'
import { checkHistory, repairHistory } from '../../../main/host/upkeep/repair.ts'
import {
  cleanUpHistories,
  databaseFile,
  openHistory,
  Recording,
  readAll,
  recordReports,
  until,
} from '../../support/history.ts'

afterEach(cleanUpHistories)

/** A database of the version before checksums, with a session that has output. */
async function oldDatabase(): Promise<{ file: string; session_id: string }> {
  const file = databaseFile()
  const history = await openHistory(file)
  const recording = new Recording(history)
  recording.print('what an earlier version recorded\r\n')
  recording.finish()
  await history.close()
  const database = new Database(file)
  database.exec(`
    DROP TRIGGER text_forgotten;
    ${MIGRATIONS[1]!.slice(MIGRATIONS[1]!.indexOf('CREATE TRIGGER'), MIGRATIONS[1]!.indexOf('-- Everything'))}
    ALTER TABLE sessions DROP COLUMN row_checksum; ALTER TABLE pieces DROP COLUMN row_checksum;
    ALTER TABLE keyframes DROP COLUMN row_checksum; ALTER TABLE text DROP COLUMN checksum;
    ALTER TABLE marks DROP COLUMN row_checksum;
    PRAGMA user_version = 2`)
  database.close()
  return { file, session_id: recording.session_id }
}

it('keeps the earlier database until a start that has nothing to migrate, and reads its rows', async () => {
  const { file, session_id } = await oldDatabase()
  const copy = `${file}.before-2`
  const migrated = await openHistory(file)
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  const earlier = new Database(copy, { readonly: true })
  expect(earlier.pragma('user_version', { simple: true })).toBe(2)
  earlier.close()
  expect((await readAll(migrated, session_id)).bytes.toString()).toContain('earlier version')
  migrated.started()
  await migrated.flush()
  expect(existsSync(copy)).toBe(true)
  await migrated.close()
  const next = await openHistory(file)
  await next.flush()
  expect(existsSync(copy)).toBe(true)
  next.started()
  await until(() => !existsSync(copy))
  expect((await readAll(next, session_id)).bytes.toString()).toContain('earlier version')
})

it('is checked after a start only, and repaired at once', async () => {
  const { file } = await oldDatabase()
  expect(() => checkHistory(file)).toThrow(/start the host once/)
  expect(repairHistory(file, new Date())).toMatchObject({ database: [], damage: [], sessions: 1 })
  expect(checkHistory(file)).toMatchObject({ database: [], damage: [] })
})

it('migrates without a copy where none can be made, and says why', async () => {
  const { file, session_id } = await oldDatabase()
  // Something else has the name.
  mkdirSync(`${file}.before-2`)
  mkdirSync(`${file}.before-2/full`)
  const reasons: string[] = []
  const history = await openHistory(file, {}, { ...recordReports(), notCopied: reason => reasons.push(reason) })
  expect(reasons).toHaveLength(1)
  expect((await readAll(history, session_id)).bytes.toString()).toContain('earlier version')
  expect(readdirSync(dirname(file)).filter(name => name.startsWith(`${basename(file)}.before-2.`))).toEqual([])
})
