// The history stays within its limits, and its file does too. Real database files, the real thread.
import { afterEach, describe, expect, it } from 'vitest'
import type { History } from '../../../main/host/history/write/history.ts'
import type { StoredSession } from '../../../main/host/recording/types.ts'
import { LOG_START } from '../../../protocol/position.ts'
import {
  buildLog,
  cleanUpHistories,
  databaseFile,
  fileBytes,
  openDatabase,
  openHistory,
  Recording,
  readResults,
  sessionInfo,
  until,
} from '../../support/history.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'

afterEach(cleanUpHistories)

const KB = 1000
const MB = 1000 * KB
const DAY = 24 * 3_600_000

/** `count` sealed segments of `size` bytes that do not compress, each with a keyframe at its beginning. */
function record(recording: Recording, count: number, size: number, seed = 1): void {
  for (let i = 0; i < count; i++) {
    recording.keyframe(`state at ${recording.end.offset}`)
    recording.print(incompressibleBytes(size, seed * 1000 + i))
    recording.seal()
  }
}

const startOf = async (history: History, { session_id }: Recording) => (await history.session(session_id)).start.offset

/** What is stored when trimming has finished. */
async function settled(history: History): Promise<StoredSession[]> {
  let before = ''
  return until(async () => {
    const sessions = await history.sessions(1_000)
    const now = JSON.stringify(sessions)
    if (now === before) return sessions
    before = now
    return undefined
  })
}

describe('a session that exceeds its limit', () => {
  it('loses its oldest segments with their text and keyframes, and names the gap', async () => {
    const file = databaseFile()
    const history = await openHistory(file, { session_bytes: 500 * KB })
    const recording = new Recording(history)
    record(recording, 20, 100 * KB)
    await until(async () => (await startOf(history, recording)) === 1_500_000)
    recording.print('tail')
    const [first, second] = await readResults(history, recording.session_id)
    expect(first).toMatchObject({
      kind: 'gap',
      reason: 'trimmed',
      from: LOG_START,
      to: { offset: 1_500_000, n: 0 },
      keyframe: { position: { offset: 1_500_000, n: 0 } },
    })
    expect(second).toMatchObject({ kind: 'segment', position: { offset: 1_500_000 } })
    expect(await history.startingPoint(recording.session_id, 0)).toMatchObject({ position: { offset: 1_500_000 } })
    await until(async () => (await history.stats()).text_pending === 0)
    const database = openDatabase(file)
    const count = (sql: string) => database.prepare(sql).pluck().get()
    expect(count('SELECT min(offset) FROM keyframes')).toBe(1_500_000)
    expect(count("SELECT count(*) FROM pieces WHERE kind = 'sealed'")).toBe(5)
    expect(count('SELECT count(*) FROM text')).toBe(5)
    // A keyframe that arrives late, for trimmed output, is not kept.
    recording.keyframe('late', { offset: 100_000, n: 0 })
    await history.flush()
    expect(count('SELECT min(offset) FROM keyframes')).toBe(1_500_000)
    expect((await history.session(recording.session_id)).session.bytes).toBe(recording.end.offset)
  })

  it('begins at a keyframe, if there is one', async () => {
    const history = await openHistory(databaseFile(), { session_bytes: 500 * KB })
    const recording = new Recording(history)
    for (let i = 0; i < 10; i++) {
      if (i % 3 === 0) recording.keyframe('x')
      recording.print(incompressibleBytes(100 * KB, i + 1))
      recording.seal()
    }
    await history.flush()
    await until(async () => (await startOf(history, recording)) === 600_000)
    const bare = new Recording(history)
    for (let i = 0; i < 10; i++) {
      bare.print(incompressibleBytes(100 * KB, i + 1))
      bare.seal()
    }
    await until(async () => (await startOf(history, bare)) === 500_000)
    expect(await history.startingPoint(bare.session_id, 0)).toBeUndefined()
    expect((await readResults(history, bare.session_id))[0]).toEqual({
      kind: 'gap',
      reason: 'trimmed',
      from: LOG_START,
      to: { offset: 500_000, n: 0 },
    })
  })

  it('is trimmed when the limit is lowered, and its file shrinks', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    record(recording, 20, 1 * MB)
    await history.flush()
    expect((await history.stats()).segment_bytes).toBeGreaterThan(20 * MB)
    history.setLimits({ session_bytes: 2 * MB, total_bytes: 1000 * MB, retention_ms: DAY })
    await until(() => fileBytes(file) < 4.5 * MB, 10_000)
    expect(await startOf(history, recording)).toBe(18 * MB)
  })
})

describe('ended sessions', () => {
  it('are deleted when they ended too long ago; others and running ones are kept', async () => {
    const file = databaseFile()
    const first = await openHistory(file)
    const old = new Recording(first)
    record(old, 3, 1 * MB)
    old.finish('exited', Date.now() - 31 * DAY)
    const recent = new Recording(first)
    recent.finish('killed', Date.now() - 29 * DAY)
    const running = new Recording(first, sessionInfo({ created_at: Date.now() - 90 * DAY }))
    await until(async () => (await first.sessions(10)).length === 2)
    const left = (await first.sessions(10)).map(({ session }) => session.session_id)
    expect(left).toEqual([recent.session_id, running.session_id])
    await until(() => fileBytes(file) < 1.5 * MB)
  })

  it('are deleted first when the total is too large, in the order in which they ended', async () => {
    const file = databaseFile()
    const total_bytes = 8 * MB
    const history = await openHistory(file, { total_bytes })
    const running = new Recording(history)
    record(running, 2, 1 * MB)
    const ended: Recording[] = []
    for (let i = 0; i < 12; i++) {
      const one = new Recording(history)
      record(one, 1, 1 * MB, i + 1)
      // In another order than they were started.
      one.finish('exited', Date.now() - ((i * 5) % 12) * 1000)
      ended.push(one)
      await history.flush()
      await until(() => fileBytes(file) <= total_bytes)
    }
    const left = new Set((await history.sessions(100)).map(({ session }) => session.session_id))
    expect(left.has(running.session_id)).toBe(true)
    expect(await startOf(history, running)).toBe(0)
    expect(left.size).toBeLessThan(8)
    expect(left.size).toBeGreaterThan(3)
  })

  it('are deleted before the oldest output of the largest running session', async () => {
    const file = databaseFile()
    const total_bytes = 8 * MB
    const history = await openHistory(file, { total_bytes })
    const small = new Recording(history)
    record(small, 1, 1 * MB)
    const large = new Recording(history)
    for (let i = 0; i < 20; i++) {
      record(large, 1, 1 * MB, i + 1)
      await history.flush()
      await until(() => fileBytes(file) <= total_bytes)
    }
    expect(await startOf(history, small)).toBe(0)
    expect(await startOf(history, large)).toBeGreaterThan(13 * MB)
    expect((await readResults(history, large.session_id))[0]).toMatchObject({ kind: 'gap', reason: 'trimmed' })
  })
})

describe('deleting a session', () => {
  it('frees its disk space, even if nothing else is written', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    record(recording, 10, 1 * MB)
    await history.flush()
    expect((await history.stats()).file_bytes).toBeGreaterThan(10 * MB)
    await history.delete(recording.session_id)
    await until(() => fileBytes(file) < 1.5 * MB)
  })
})

describe('a week of use', () => {
  it('stays within its limits, opens fast, and names trimmed output', async () => {
    const file = databaseFile()
    const limits = { session_bytes: 3 * MB, total_bytes: 20 * MB, retention_ms: 3 * DAY }
    const log = buildLog(1 * MB)
    const now = Date.now()
    let largest = 0
    let slowest = 0
    let trimmed = 0
    for (let day = 0; day < 7; day++) {
      const begin = performance.now()
      const history = await openHistory(file, limits)
      slowest = Math.max(slowest, performance.now() - begin)
      const today = now - (7 - day) * DAY
      for (let i = 0; i < 30; i++) {
        const one = new Recording(history, sessionInfo({ created_at: today + i * 60_000 }))
        one.keyframe('')
        // Most are short, some compress, a few are long; every tenth is still running when the host dies.
        const segments = i % 10 === 5 ? 6 : i % 3 === 0 ? 1 : 0
        for (let s = 0; s < segments; s++) {
          one.print(i % 2 === 0 ? log : incompressibleBytes(1 * MB, day * 100 + i))
          one.seal()
          one.keyframe(`state ${s}`)
        }
        one.at = 30_000
        one.print(`$ exit ${i}\r\n`.repeat(20))
        if (i % 10 !== 9) {
          one.seal()
          one.finish('exited', today + i * 60_000 + 30_000)
        }
        await history.flush()
        largest = Math.max(largest, fileBytes(file))
      }
      for (const { session, start, end } of await settled(history)) {
        expect(end.offset - start.offset).toBeLessThanOrEqual(limits.session_bytes + 2 * MB)
        const results = await readResults(history, session.session_id)
        if (start.offset > 0) {
          trimmed++
          expect(results[0]).toMatchObject({ kind: 'gap', reason: 'trimmed', to: start, keyframe: { position: start } })
        }
        expect(results.filter(result => result.kind === 'gap').length).toBe(start.offset > 0 ? 1 : 0)
      }
      // Retention counts from the end of a session; a crashed one ended when that was noticed.
      for (const { session } of await history.sessions(1_000))
        if (session.state === 'exited') expect(session.ended_at).toBeGreaterThan(now - 3 * DAY - 3_600_000)
      await history.close()
      largest = Math.max(largest, fileBytes(file))
    }
    const database = openDatabase(file)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(database.pragma('foreign_key_check')).toEqual([])
    expect(
      database
        .prepare('SELECT count(*) FROM keyframes k JOIN sessions s USING (session) WHERE k.offset < s.start_offset')
        .pluck()
        .get(),
    ).toBe(0)
    expect(trimmed).toBeGreaterThan(3)
    expect(largest).toBeLessThanOrEqual(limits.total_bytes)
    expect(slowest).toBeLessThan(2_000)
  })
})
