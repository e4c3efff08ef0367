// Whatever a history has said it keeps survives the death of its process. Real processes, killed for good.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { LOG_START } from '../../../protocol/position.ts'
import { cleanUpHistories, databaseFile, fileBytes, openDatabase, openHistory, readAll } from '../../support/history.ts'
import { repeatable } from '../../support/repeat.ts'

const KILLS = 20

/** A second is promised; the machine that tests run on may be busy. */
const PROMISED_MS = 1_500

/** At random, but while it floods: between the first commits and a few segments later. */
const LONGEST_MS = 250

const children = new Set<ChildProcess>()

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await cleanUpHistories()
})

interface Told {
  session_id: string
  /** Bytes that were told to be committed. */
  committed: number
  /** Bytes that were appended PROMISED_MS before the end. */
  old: number
}

it(`after ${KILLS} kills in the middle of a flood all that was committed is there, and the database is whole`, async () => {
  const file = databaseFile()
  const sessions: Told[] = []
  const random = repeatable()
  for (let kill = 0; kill < KILLS; kill++) sessions.push(await floodAndKill(file, random() * LONGEST_MS))
  const database = openDatabase(file)
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  database.close()
  const history = await openHistory(file)
  for (const { session_id, committed } of sessions) {
    const { session, end } = await history.session(session_id)
    expect(session.state).toBe('host_crashed')
    expect(session.bytes).toBe(end.offset)
    expect(end.offset).toBeGreaterThanOrEqual(committed)
    const { bytes } = await readAll(history, session_id, LOG_START)
    expect(bytes.length).toBe(end.offset)
    expect(firstWrong(bytes)).toBe(-1)
  }
  expect(sessions.some(({ committed }) => committed > 1_000_000)).toBe(true)
  expect(fileBytes(file)).toBeGreaterThan(0)
}, 60_000)

it('what was printed slowly is there but for the last second', async () => {
  const file = databaseFile()
  const { session_id, old } = await floodAndKill(file, 3_000, 'slow')
  const history = await openHistory(file)
  const { bytes } = await readAll(history, session_id, LOG_START)
  expect(old).toBeGreaterThan(1_000)
  expect(bytes.length).toBeGreaterThanOrEqual(old)
  expect(firstWrong(bytes)).toBe(-1)
})

/** A child prints numbered lines into one session and tells what is committed, until it is killed. */
function floodAndKill(file: string, ms: number, ...how: string[]): Promise<Told> {
  const child = fork(fileURLToPath(new URL('../../support/history-flood.ts', import.meta.url)), [file, ...how], {
    execArgv: [],
    stdio: 'inherit',
  })
  children.add(child)
  const told: Told = { session_id: '', committed: 0, old: 0 }
  const appended: [number, number][] = []
  return new Promise((resolve, reject) => {
    child.on('message', (message: { session_id: string; committed?: number; appended?: number }) => {
      if (!told.session_id) setTimeout(() => child.kill('SIGKILL'), ms)
      told.session_id = message.session_id
      if (message.committed !== undefined) told.committed = message.committed
      if (message.appended !== undefined) appended.push([performance.now(), message.appended])
    })
    child.on('exit', (code, signal) => {
      children.delete(child)
      const end = performance.now()
      told.old = appended.findLast(([at]) => at < end - PROMISED_MS)?.[1] ?? 0
      if (signal === 'SIGKILL') resolve(told)
      else reject(new Error(`the flood ended by itself (${code})`))
    })
  })
}

/** Where the numbered lines are not what they should be; -1: nowhere. */
function firstWrong(bytes: Buffer): number {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const line = `${i} the quick brown fox jumps over the lazy dog\r\n`
    const end = Math.min(at + line.length, bytes.length)
    if (bytes.toString('latin1', at, end) !== line.slice(0, end - at)) return at
    at = end
  }
  return -1
}
