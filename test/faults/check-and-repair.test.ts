// `otg check` finds what is damaged and says what is gone; with `--repair`, everything else can be read afterwards.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { checkHistory, repairHistory } from '../../main/host/upkeep/repair.ts'
import { otg } from '../support/cli.ts'
import { askEverything, damage, errorsIn, recordedFolder, SEGMENT_BYTES } from '../support/damage.ts'
import { cleanUpHistories } from '../support/history.ts'
import { cleanUp, keepAfterCleanUp, localClient, startHost, temporaryFolder } from '../support/host.ts'
import { seededRandom } from '../support/network/fault-proxy.ts'

const PAGE_BYTES = 4096

/** Rounds of random damage. */
const ROUNDS = Number(process.env.OTG_FAULT_ROUNDS ?? 4)

let recorded: Awaited<ReturnType<typeof recordedFolder>>
let removeRecorded: () => Promise<void>

beforeAll(async () => {
  recorded = await recordedFolder()
  removeRecorded = keepAfterCleanUp()
}, 60_000)
afterEach(cleanUp)
afterAll(async () => {
  await removeRecorded()
  await cleanUpHistories()
})

function copy(): { folder: string; file: string } {
  const folder = join(temporaryFolder(), 'data')
  cpSync(recorded.folder, folder, { recursive: true })
  return { folder, file: join(folder, 'otg.db') }
}

const isSecond = `offset > 0 AND offset < ${SEGMENT_BYTES * 1.5} AND kind = 'sealed'`

describe('what a data folder keeps', () => {
  it('case 176: is listed with its size, unless something uses it, and removed, but not what links in it lead to', async () => {
    const { folder, file } = copy()
    const put = (name: string, bytes: number) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), Buffer.alloc(bytes))
    }
    const gone = '00000000-0000'
    put('otg.db.damaged-2026-01-02T03-04-05-678Z', 1_000)
    put('otg.db.overwritten-2026-01-02T030405.678Z-wal', 2_000)
    put('before-restore-2026-01-02T03-04-05-678Z/otg.db', 3_000)
    put('before-restore-2026-01-02T03-04-05-678Z/rules/mine.json', 300)
    put(`uploads/${gone}/photo.png`, 4_000)
    const elsewhere = temporaryFolder()
    writeFileSync(join(elsewhere, 'mine'), 'mine')
    symlinkSync(elsewhere, join(folder, 'before-restore-2026-01-02T03-04-05-678Z', 'link'))
    symlinkSync(elsewhere, join(folder, 'otg.db.deleted-2026-01-02T030405.678Z'))
    const used = ['otg.db.before-12', `uploads/${recorded.long.slice(0, 13)}/notes.txt`, 'rules/mine.json']
    for (const name of used) put(name, 5)
    const kept = [
      ['before_restore', 'before-restore-2026-01-02T03-04-05-678Z', 3_300 + elsewhere.length],
      ['database', 'otg.db.damaged-2026-01-02T03-04-05-678Z', 1_000],
      ['database', 'otg.db.deleted-2026-01-02T030405.678Z', elsewhere.length],
      ['database', 'otg.db.overwritten-2026-01-02T030405.678Z-wal', 2_000],
      ['uploads', `uploads/${gone}`, 4_000],
    ].map(([kind, name, bytes]) => ({ kind, name, bytes }))
    expect(checkHistory(file).kept).toEqual(kept)
    const isThere = () => kept.map(({ name }) => existsSync(join(folder, String(name))))

    damage(folder, 'pieces', 'blob', isSecond)
    const refused = await otg(folder, ['check', '--remove-kept'])
    expect(refused).toMatchObject({ code: 4 })
    expect(refused.stdout).toContain('Keep them until the history is intact')
    expect(isThere()).toEqual(kept.map(() => true))
    repairHistory(file, new Date())
    const listed = await otg(folder, ['check'])
    expect(listed.stdout).toContain(`uploads/${gone}: 4.0 kB, files uploaded to a session that is gone`)
    expect(isThere()).toEqual(kept.map(() => true))
    const removed = await otg(folder, ['check', '--remove-kept'])
    expect(removed).toMatchObject({ code: 0 })
    expect(removed.stdout).toContain('Removed, 10.')
    expect(readFileSync(join(elsewhere, 'mine'), 'utf8')).toBe('mine')
    expect(isThere()).toEqual(kept.map(() => false))
    expect(used.map(name => existsSync(join(folder, name)))).toEqual([true, true, true])
    expect(checkHistory(file)).toMatchObject({ database: [], damage: [], kept: [] })
  })

  it('is not taken for kept if the history cannot tell whose it is', () => {
    const { folder, file } = copy()
    mkdirSync(join(folder, 'uploads', '00000000-0000'), { recursive: true })
    overwrite(file, 0, PAGE_BYTES)
    expect(checkHistory(file)).toMatchObject({ kept: [] })
  })
})

describe('a check', () => {
  it('finds nothing in an intact history, and changes nothing', () => {
    const { file } = copy()
    const before = readFileSync(file)
    expect(checkHistory(file)).toMatchObject({ database: [], damage: [], sessions: 2 })
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it.each([
    ['pieces', 'blob', isSecond, ['output']],
    ['pieces', 'at', isSecond, ['timing']],
    ['pieces', 'timing', isSecond, ['timing']],
    ['keyframes', 'blob', 'offset > 0', ['keyframe', 'keyframe', 'keyframe']],
    ['text', 'blob', '1', ['text', 'text', 'text']],
    ['marks', 'label', '1', ['mark']],
    ['sessions', 'title', "title = 'long'", ['record']],
  ])('names what is damaged in %s.%s, and a repair leaves an intact history', async (table, column, where, kinds) => {
    const { folder, file } = copy()
    expect(damage(folder, table, column, where)).toBe(kinds.length)
    const found = checkHistory(file)
    expect(found.damage.map(({ kind }) => kind)).toEqual(kinds)
    expect(found.damage.every(({ session_id }) => session_id === recorded.long)).toBe(true)
    expect(repairHistory(file, new Date()).damage).toEqual(found.damage)
    expect(checkHistory(file)).toMatchObject({ database: [], damage: [] })
    const host = await startHost({ dataDir: folder })
    const answers = await askEverything(localClient(host), recorded.long)
    expect(errorsIn(answers)).toEqual([])
    const gaps = (answers.playback as string[]).filter(part => part.startsWith('damaged'))
    const [lost] = found.damage
    expect(gaps).toEqual(kinds[0] === 'output' ? [`damaged ${lost!.from}-${lost!.to}`] : [])
  })
})

describe('a database that SQLite cannot read as a whole', () => {
  const harms: [string, (file: string) => void][] = [
    ['whose header is overwritten', file => overwrite(file, 0, 100)],
    ['whose first page is overwritten', file => overwrite(file, 0, PAGE_BYTES)],
    ['that is cut in half', file => truncateSync(file, Math.floor(readFileSync(file).length / 2 / 512) * 512)],
    ['that lost its last page', file => truncateSync(file, readFileSync(file).length - PAGE_BYTES)],
    ['whose tables begin with zeros', file => overwrite(file, 2 * PAGE_BYTES, 2 * PAGE_BYTES)],
  ]
  it.each(harms)('%s is salvaged: what is left can be read, and the damaged file is kept', async (_, harm) => {
    const { folder, file } = copy()
    harm(file)
    const damaged = readFileSync(file)
    expect(checkHistory(file).database).not.toEqual([])
    const { salvage } = repairHistory(file, new Date())
    expect(readFileSync(salvage!.kept).equals(damaged)).toBe(true)
    expect(checkHistory(file)).toMatchObject({ database: [], damage: [] })
    const host = await startHost({ dataDir: folder })
    const { sessions } = await localClient(host).history.sessions()
    for (const { session_id } of sessions)
      expect(errorsIn(await askEverything(localClient(host), session_id))).toEqual([])
  })

  it('loses no row when only its first page is overwritten', () => {
    const { file } = copy()
    const { bytes } = checkHistory(file)
    overwrite(file, 0, PAGE_BYTES)
    const report = repairHistory(file, new Date())
    expect(report).toMatchObject({ sessions: 2, bytes, salvage: { lost_records: 0 } })
  })

  it('keeps the output of sessions whose records are lost', () => {
    const { folder, file } = copy()
    damage(folder, 'sessions', 'title', '0')
    const page = pageOf(file, 'long')
    overwrite(file, page * PAGE_BYTES, PAGE_BYTES)
    const report = repairHistory(file, new Date())
    expect(report.salvage!.lost_records).toBe(2)
    expect(report.sessions).toBe(2)
    expect(report.bytes).toBeGreaterThan(3 * SEGMENT_BYTES - 1_000)
  })
})

describe('random damage', () => {
  const seed = Number(process.env.OTG_FAULT_SEED ?? 4711)

  it.each(Array.from({ length: ROUNDS }, (_, round) => seed + round))(
    'of some bytes and pages (seed %i) makes no answer internal, and is repaired',
    async seed => {
      const random = seededRandom(seed)
      const { folder, file } = copy()
      const bytes = readFileSync(file)
      for (let count = 1 + Math.floor(random() * 8); count > 0; count--) {
        const at = Math.floor(random() * bytes.length)
        if (random() < 0.3) bytes.fill(0, at - (at % PAGE_BYTES), at - (at % PAGE_BYTES) + PAGE_BYTES)
        else bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8))
      }
      writeFileSync(file, bytes)
      expect(await codesOf(folder)).toEqual([])
      for (const companion of ['-wal', '-shm']) rmSync(file + companion, { force: true })
      writeFileSync(file, bytes)
      repairHistory(file, new Date())
      expect(checkHistory(file)).toMatchObject({ database: [], damage: [] })
      const host = await startHost({ dataDir: folder })
      for (const { session_id } of (await localClient(host).history.sessions()).sessions)
        expect(errorsIn(await askEverything(localClient(host), session_id))).toEqual([])
    },
  )
})

/** Codes of what a host on this folder answers, other than those that say that the history is damaged. */
async function codesOf(folder: string): Promise<string[]> {
  let host: Awaited<ReturnType<typeof startHost>>
  try {
    host = await startHost({ dataDir: folder })
  } catch (error) {
    const { code } = error as { code?: string }
    return code === 'store_damaged' ? [] : [`start: ${code}`]
  }
  const errors = errorsIn(await askEverything(localClient(host), recorded.long))
  await host.stop()
  return errors.filter(error => !/: (store_damaged|session_unknown) /.test(error))
}

function overwrite(file: string, from: number, length: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0, from, from + length)
  writeFileSync(file, bytes)
}

/** The number of the page that has a text, counted from 0. */
function pageOf(file: string, text: string): number {
  return Math.floor(readFileSync(file).indexOf(`${text}["make"`) / PAGE_BYTES)
}
