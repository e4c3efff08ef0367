// What a history reported as committed survives the death of its process. Real processes, really killed.
import { type ChildProcess, fork } from 'node:child_process'
import { afterEach, expect, it } from 'vitest'
import { LOG_START } from '../../../protocol/position.ts'
import { testProgram } from '../../support/built.ts'
import { cleanUpHistories, databaseFile, fileBytes, openDatabase, openHistory, readAll } from '../../support/history.ts'
import { repeatableRandom, scaled } from '../../support/repeat.ts'

const KILLS = scaled(20)

/** A second is promised; the test machine may be busy. */
const PROMISED_MS = 1_500

/** Each process is killed after another share of this was committed: between the first commits and some segments later. */
const MAX_BYTES = 4_000_000

/** And then at random, in the middle of whatever it does next. */
const MAX_DELAY_MS = 20

const children = new Set<ChildProcess>()

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await cleanUpHistories()
})

interface Outcome {
  session_id: string
  /** Bytes that were reported as committed. */
  committed: number
  /** Bytes that were appended PROMISED_MS before the end. */
  old: number
}

it('everything committed is there after kills in the middle of a flood, and the database is intact', async () => {
  const file = databaseFile()
  const sessions: Outcome[] = []
  const random = repeatableRandom()
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = ((kill + random()) / KILLS) * MAX_BYTES
    const ms = random() * MAX_DELAY_MS
    sessions.push(await floodAndKill(file, ({ committed = 0 }) => (committed >= enough ? ms : undefined)))
  }
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

it('loses at most the last second of slow output', async () => {
  const file = databaseFile()
  const { session_id, old } = await floodAndKill(
    file,
    ({ appended = 0 }) => (appended > 1_000 ? PROMISED_MS + 100 : undefined),
    'slow',
  )
  const history = await openHistory(file)
  const { bytes } = await readAll(history, session_id, LOG_START)
  expect(old).toBeGreaterThan(1_000)
  expect(bytes.length).toBeGreaterThanOrEqual(old)
  expect(firstWrong(bytes)).toBe(-1)
})

interface Report {
  session_id: string
  committed?: number
  appended?: number
}

/**
 * A child prints numbered lines into one session and reports commits. It is killed as many milliseconds after a report as
 * `delayAfter` first returns.
 */
function floodAndKill(
  file: string,
  delayAfter: (report: Report) => number | undefined,
  ...how: string[]
): Promise<Outcome> {
  const child = fork(testProgram('support/history-flood-process.ts'), [file, ...how], {
    execArgv: [],
    stdio: 'inherit',
  })
  children.add(child)
  const outcome: Outcome = { session_id: '', committed: 0, old: 0 }
  const appended: [number, number][] = []
  return new Promise((resolve, reject) => {
    let killing: NodeJS.Timeout | undefined
    child.on('message', (message: Report) => {
      const ms = delayAfter(message)
      if (ms !== undefined) killing ??= setTimeout(() => child.kill('SIGKILL'), ms)
      outcome.session_id = message.session_id
      if (message.committed !== undefined) outcome.committed = message.committed
      if (message.appended !== undefined) appended.push([performance.now(), message.appended])
    })
    child.on('exit', (code, signal) => {
      clearTimeout(killing)
      children.delete(child)
      const end = performance.now()
      outcome.old = appended.findLast(([at]) => at < end - PROMISED_MS)?.[1] ?? 0
      if (signal === 'SIGKILL') resolve(outcome)
      else reject(new Error(`the flood ended by itself (${code})`))
    })
  })
}

/** The offset of the first wrong byte; -1: there is none. */
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
