// A history whose database is encrypted (cases 134 and 135): real databases, real threads, and what is in the files.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Lookup } from '../../../main/host/history/lookup/lookup.ts'
import type { DatabaseFile } from '../../../main/host/store/open-database.ts'
import { cleanUpHistories, databaseFile, openHistory, Recording, readAll, until } from '../../support/history.ts'

afterEach(cleanUpHistories)

const SECRET = 'hunter2-in-plain-sight'

function encryptedFile(): { path: string; key: Uint8Array } {
  return { path: databaseFile(), key: randomBytes(32) }
}

/** The files beside a database, itself included, that contain `text` in plain. */
function filesWith(path: string, text: string): string[] {
  const folder = dirname(path)
  return readdirSync(folder).filter(name => {
    const file = join(folder, name)
    return statSync(file).isFile() && readFileSync(file).includes(text)
  })
}

async function searchFor(file: DatabaseFile, query: string): Promise<string[]> {
  const lookup = new Lookup(file)
  try {
    const request = { query, filter: {}, limit: 50, context: 0, cursor: undefined, live: [] }
    const { hits } = await lookup.call('search', { client: 'a client', ...request })
    return hits.map(({ line }) => line)
  } finally {
    await lookup.close()
  }
}

describe('an encrypted history', () => {
  it('records, reads, searches and opens again like a plain one (case 134)', async () => {
    const file = encryptedFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    recording.print(`${SECRET}\r\n`)
    recording.seal()
    recording.print('and on it goes\r\n')
    await history.flush()
    expect((await readAll(history, recording.session_id)).bytes).toEqual(recording.bytes)
    recording.finish()
    await until(async () => (await history.stats()).text_pending === 0)
    expect(await searchFor(file, SECRET)).toEqual([SECRET])
    await history.close()
    const again = await openHistory(file)
    expect((await readAll(again, recording.session_id)).bytes).toEqual(recording.bytes)
  })

  it('leaves nothing readable in any of its files, while it is written and after (case 134)', async () => {
    const file = encryptedFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    for (let i = 0; i < 200; i++) recording.print(`${SECRET} ${i} ${'x'.repeat(1000)}\r\n`)
    await history.flush()
    expect(readdirSync(dirname(file.path))).toContain('otg.db-wal')
    expect(filesWith(file.path, SECRET)).toEqual([])
    // Neither the schema, nor a session's title.
    expect(filesWith(file.path, 'CREATE TABLE')).toEqual([])
    await history.close()
    expect(filesWith(file.path, SECRET)).toEqual([])
  })

  it('is not opened with another key, nor without one, and stays as it is (case 135)', async () => {
    const file = encryptedFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    recording.print(`${SECRET}\r\n`)
    await history.close()
    const before = readFileSync(file.path)
    await expect(openHistory({ ...file, key: randomBytes(32) })).rejects.toMatchObject({ code: 'store_damaged' })
    await expect(openHistory(file.path)).rejects.toMatchObject({ code: 'store_damaged' })
    expect(readFileSync(file.path).equals(before)).toBe(true)
    const again = await openHistory(file)
    expect((await readAll(again, recording.session_id)).bytes).toEqual(recording.bytes)
  })
})
