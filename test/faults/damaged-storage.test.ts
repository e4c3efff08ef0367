// One changed byte in anything that is stored: what is derived is made again from the log, what is lost is a gap of its exact
// extent, and no answer is `internal`.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Answers, askEverything, damage, errorsIn, recordedFolder, SEGMENT_BYTES } from '../support/damage.ts'
import { cleanUpHistories } from '../support/history.ts'
import { cleanUp, keepAfterCleanUp, localClient, startHost, temporaryFolder } from '../support/host.ts'

let recorded: Awaited<ReturnType<typeof recordedFolder>>
let intact: Answers
let removeRecorded: () => Promise<void>

beforeAll(async () => {
  recorded = await recordedFolder()
  removeRecorded = keepAfterCleanUp()
  intact = await answersOf(copy())
  await cleanUp()
}, 60_000)
afterEach(cleanUp)
afterAll(async () => {
  await removeRecorded()
  await cleanUpHistories()
})

/** A copy of the recorded data folder. */
function copy(): string {
  const folder = join(temporaryFolder(), 'data')
  cpSync(recorded.folder, folder, { recursive: true })
  return folder
}

async function answersOf(folder: string): Promise<Answers> {
  const host = await startHost({ dataDir: folder })
  return askEverything(localClient(host), recorded.long)
}

/** More columns, which are checked like those that are always tried. */
const more = <T>(...columns: T[]): T[] => (process.env.OTG_FAULT_ROUNDS ? columns : [])

const DERIVED: [string, string][] = [
  ['text', 'blob'],
  ['text', 'size'],
  ['keyframes', 'blob'],
  ['keyframes', 'cols'],
  ['pieces', 'timing'],
  ...more<[string, string]>(['text', 'lines'], ['text', 'blocks'], ['keyframes', 'size'], ['keyframes', 'checksum']),
]
const SEGMENT = ['blob', 'resizes', 'end_offset', 'at', ...more('end_n', 'checksum', 'blob_checksum', 'compressed')]
const RECORD = ['title', 'command', 'state', 'end_offset', ...more('cwd', 'created_at', 'ended_at', 'cols')]
const MORE_RECORD = more('start_offset', 'end_n', 'born_cols')
const MARK = ['label', ...more('at', 'offset')]

describe('one changed byte', () => {
  it.each(DERIVED)('in %s.%s loses no line and no byte', async (table, column) => {
    const folder = copy()
    expect(damage(folder, table, column)).toBeGreaterThan(0)
    const answers = await answersOf(folder)
    expect(errorsIn(answers)).toEqual([])
    expect(answers.read).toEqual(intact.read)
    expect(answers.search).toEqual(intact.search)
    expect(answers.playback).toEqual(intact.playback)
    expect(answers.exports.txt).toEqual(intact.exports.txt)
    expect(answers.exports.raw).toEqual(intact.exports.raw)
  })

  it.each(SEGMENT)('in pieces.%s of one segment makes a gap of exactly that segment', async column => {
    const folder = copy()
    const where = `offset > 0 AND offset < ${SEGMENT_BYTES * 1.5} AND kind = 'sealed'`
    expect(damage(folder, 'pieces', column, where)).toBe(1)
    const answers = await answersOf(folder)
    expect(errorsIn(answers)).toEqual([])
    const [first, second, ...rest] = intact.playback as string[]
    expect(answers.playback).toEqual([first, `damaged ${second}`, ...rest])
    expect(answers.list).toEqual(intact.list)
  })

  it.each([...RECORD, ...MORE_RECORD])(
    'in sessions.%s is not shown as true, and the whole log is read',
    async column => {
      const folder = copy()
      damage(folder, 'sessions', column)
      const answers = await answersOf(folder)
      expect(errorsIn(answers)).toEqual([])
      expect(answers.list).not.toContainEqual(['long', 'exited'])
      expect(JSON.stringify(answers.list)).toContain('damaged')
      expect(answers.playback).toEqual(intact.playback)
      expect(answers.exports.raw).toEqual(intact.exports.raw)
    },
  )

  it.each(MARK)('in marks.%s leaves the mark out', async column => {
    const folder = copy()
    expect(damage(folder, 'marks', column)).toBe(1)
    const answers = await answersOf(folder)
    expect(errorsIn(answers)).toEqual([])
    expect((answers.timeline as { marks: unknown[] }).marks).toEqual([])
  })
})
