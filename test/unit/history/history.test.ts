// What is recorded reads back; what is lost is a gap. Real database files, the real thread.
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { QUEUE_BYTES } from '../../../main/host/history/write/queue.ts'
import type { ReadResult } from '../../../main/host/recording/types.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import {
  buildLog,
  cleanUpHistories,
  databaseFile,
  inflate,
  openDatabase,
  openHistory,
  Recording,
  readAll,
  readResults,
  recordReports,
  sessionInfo,
  storedTiming,
  until,
} from '../../support/history.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { scaledRuns } from '../../support/repeat.ts'

afterEach(cleanUpHistories)

/** The threads that are started during the test, the oldest first. */
function watchWorkers(): Worker[] {
  const workers: Worker[] = []
  const add = (worker: Worker) => workers.push(worker)
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  return workers
}

const MB = 1024 * 1024

type Step =
  | { kind: 'print'; size: number; seed: number; text: boolean }
  | { kind: 'resize'; cols: number; rows: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'seal'; back: number }
  | { kind: 'flush' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('print' as const),
      size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 })),
      seed: fc.nat(1000),
      text: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      cols: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('seal' as const), back: fc.nat(50_000) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
)

describe('appended output', () => {
  it('reads back from every position, whatever the batches and seals were', async () => {
    const history = await openHistory()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
        const recording = new Recording(history)
        const places: Position[] = [LOG_START]
        for (const each of steps) {
          if (each.kind === 'print')
            recording.print(each.text ? buildLog(each.size, each.seed) : incompressibleBytes(each.size, each.seed + 1))
          else if (each.kind === 'resize') recording.resize(each.cols, each.rows)
          else if (each.kind === 'wait') recording.at += each.ms
          else if (each.kind === 'flush') await history.flush()
          else recording.seal(places.findLast(place => place.offset <= recording.end.offset - each.back) ?? LOG_START)
          places.push(recording.end)
        }
        const { bytes, resizes } = recording
        for (const position of places) {
          const read = await readAll(history, recording.session_id, position)
          expect(read.from.offset).toBeLessThanOrEqual(position.offset)
          expect(read.bytes.equals(bytes.subarray(read.from.offset))).toBe(true)
          expect(read.resizes).toEqual(resizes.slice(read.from.n))
        }
        const { session, end } = await history.session(recording.session_id)
        expect(end).toEqual(recording.end)
        expect(session.bytes).toBe(bytes.length)
        await history.delete(recording.session_id)
      }),
      scaledRuns(60),
    )
  })

  it('keeps its timing to a hundredth of a second, even when sealed', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    const moments = [0, 5, 9, 40, 41, 1000, 1000, 90_000]
    for (const at of moments) {
      recording.at = at
      recording.print('abc')
    }
    recording.at = 95_000
    recording.resize(100, 30)
    const expected = {
      runs: [0, 9, 40, 6, 1000, 6, 90_000, 3],
      resizes: [{ offset: 24, n: 1, cols: 100, rows: 30, at: 95_000 }],
    }
    await history.flush()
    expect(await storedTiming(history, recording.session_id)).toMatchObject(expected)
    recording.seal()
    expect(await storedTiming(history, recording.session_id)).toMatchObject(expected)
    const { session } = await history.session(recording.session_id)
    expect(session.last_activity).toBe(recording.info.created_at + 95_000)
    expect([session.cols, session.rows]).toEqual([100, 30])
  })

  it('is read as one segment when it is small, however many commits it took', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 100; i++) {
      recording.print(`line ${i}\r\n`.repeat(20))
      await history.flush()
    }
    const results = await readResults(history, recording.session_id)
    expect(results.map(result => result.kind)).toEqual(['segment', 'end'])
  })

  it('is divided into segments of about 1 MiB when a seal is late', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 60; i++) recording.print(buildLog(100_000, i))
    recording.seal()
    const results = (await readResults(history, recording.session_id)).filter(result => result.kind === 'segment')
    expect(results.length).toBeGreaterThanOrEqual(4)
    for (const result of results) expect(result.size).toBeLessThan(1.6 * MB)
    expect(Buffer.concat(results.map(inflate)).equals(recording.bytes)).toBe(true)
  })

  it('is committed within a second and a half, without a flush', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    recording.print('still here')
    expect(history.behind).toBe(10)
    await until(() => history.behind === 0, 1_500)
    const row = openDatabase(file).prepare('SELECT end_offset FROM sessions').pluck().get()
    expect(row).toBe(10)
  })

  it('can be sent twice without harm', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print('first,')
    await history.flush()
    history.append(recording.session_id, { kind: 'output', offset: 3, bytes: Buffer.from('st,second'), at: 0 })
    const { bytes } = await readAll(history, recording.session_id)
    expect(bytes.toString()).toBe('first,second')
  })

  it('has a gap where output was never received', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print('first')
    history.append(recording.session_id, { kind: 'output', offset: 100, bytes: Buffer.from('later'), at: 7 })
    recording.keyframe('later', { offset: 105, n: 0 })
    await history.flush()
    const results = await readResults(history, recording.session_id)
    expect(results.map(result => result.kind)).toEqual(['segment', 'gap', 'segment', 'end'])
    expect(results[1]).toMatchObject({
      reason: 'unrecorded',
      from: { offset: 5 },
      to: { offset: 100 },
      keyframe: { position: { offset: 105, n: 0 } },
    })
  })
})

describe('sessions', () => {
  it('are found by id or by a unique prefix', async () => {
    const history = await openHistory()
    const one = new Recording(history, sessionInfo({ session_id: 'aaaa1111', created_at: 1 }))
    const two = new Recording(history, sessionInfo({ session_id: 'aaaa2222', created_at: 2 }))
    expect((await history.session('aaaa1')).session.session_id).toBe(one.session_id)
    expect((await history.session('aaaa2222')).session).toEqual({ ...two.info, bytes: 0 })
    await expect(history.session('aaaa')).rejects.toMatchObject({ code: 'session_ambiguous' })
    await expect(history.session('b')).rejects.toMatchObject({ code: 'session_unknown' })
    expect((await history.sessions(10)).map(each => each.session.session_id)).toEqual([two.session_id, one.session_id])
    expect(await history.sessions(1)).toHaveLength(1)
  })

  it('are marked as crashed if they ran when the host died, sealed, and returned with their process', async () => {
    const file = databaseFile()
    const process = { pid: 4711, start_time: '815', boot_id: 'a-b-c' }
    const first = await openHistory(file)
    const recording = new Recording(first, sessionInfo(), process)
    recording.print(buildLog(50_000))
    const ended = new Recording(first)
    ended.finish('exited')
    await first.close()

    const second = await openHistory(file)
    expect(second.leftovers).toEqual([{ session_id: recording.session_id, process }])
    const { session } = await second.session(recording.session_id)
    expect(session).toMatchObject({ state: 'host_crashed', pid: null, bytes: 50_000 })
    expect(session.ended_at).toBeGreaterThan(0)
    const database = openDatabase(file)
    await until(() => database.prepare("SELECT count(*) = 0 FROM pieces WHERE kind = 'tail'").pluck().get())
    expect((await readAll(second, recording.session_id)).bytes.equals(recording.bytes)).toBe(true)
    await second.close()
    expect((await openHistory(file)).leftovers).toEqual([])
  })

  it('are deleted with everything that belongs to them', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    recording.print(buildLog(50_000))
    recording.seal()
    recording.keyframe('x')
    recording.print('tail')
    await history.delete(recording.session_id)
    await expect(history.delete(recording.session_id)).rejects.toMatchObject({ code: 'session_unknown' })
    await expect(history.read(recording.session_id, LOG_START)).rejects.toMatchObject({ code: 'session_unknown' })
    recording.print('what arrives later is ignored')
    await history.flush()
    await history.close()
    const database = openDatabase(file)
    for (const table of ['sessions', 'pieces', 'keyframes', 'text'])
      expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0)
  })
})

describe('a starting point', () => {
  it('is the earliest keyframe at or after an offset, or else the last before it', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    expect(await history.startingPoint(recording.session_id, 0)).toMatchObject({
      position: LOG_START,
      size: 0,
      cols: 80,
    })
    expect(await history.startingPoint(recording.session_id, 10)).toMatchObject({ position: LOG_START })
    recording.print('0123456789')
    const one = recording.keyframe('one')
    recording.resize(100, 30)
    recording.print('0123456789')
    const two = recording.keyframe('two')
    recording.print('0123456789')
    expect(await history.startingPoint(recording.session_id, 0)).toMatchObject({ position: LOG_START })
    expect(await history.startingPoint(recording.session_id, 5)).toEqual(one)
    expect(await history.startingPoint(recording.session_id, 10)).toEqual(one)
    expect(await history.startingPoint(recording.session_id, 11)).toEqual(two)
    expect(await history.startingPoint(recording.session_id, 25)).toEqual(two)
    await expect(history.startingPoint('unknown', 0)).rejects.toMatchObject({ code: 'session_unknown' })
  })
})

describe('damage', () => {
  /** Three sealed segments of 100,000 bytes with a keyframe at each beginning. */
  async function threeSegments(file: string): Promise<Recording> {
    const history = await openHistory(file)
    const recording = new Recording(history)
    for (let i = 0; i < 3; i++) {
      recording.keyframe(`state ${i}`)
      recording.print(buildLog(100_000, i * 1000))
      recording.seal()
    }
    await history.close()
    return recording
  }
  const kinds = (results: ReadResult[]) => results.map(result => result.kind)

  it('turns a segment into a gap with its extent and the keyframe after it', async () => {
    const file = databaseFile()
    const recording = await threeSegments(file)
    openDatabase(file).exec(
      "UPDATE pieces SET blob = CAST(substr(blob, 1, 500) || x'ff' || substr(blob, 502) AS BLOB) WHERE offset = 100000",
    )
    const history = await openHistory(file)
    const results = await readResults(history, recording.session_id)
    expect(kinds(results)).toEqual(['segment', 'gap', 'segment', 'end'])
    expect(results[1]).toMatchObject({
      reason: 'damaged',
      from: { offset: 100_000, n: 0 },
      to: { offset: 200_000, n: 0 },
      keyframe: { position: { offset: 200_000, n: 0 } },
    })
    const stats = await until(async () => {
      const now = await history.stats()
      return now.text_pending === 0 ? now : undefined
    })
    expect(stats.text_bytes).toBeGreaterThan(0)
  })

  it('does not spread from the tail to output that is sealed with it', async () => {
    const file = databaseFile()
    const first = await openHistory(file)
    const recording = new Recording(first)
    for (let i = 0; i < 3; i++) {
      recording.print(incompressibleBytes(20_000, i + 1))
      await first.flush()
    }
    await first.close()
    openDatabase(file).exec('UPDATE pieces SET blob = zeroblob(length(blob)) WHERE offset = 20000')
    const history = await openHistory(file)
    const lost = { kind: 'gap', reason: 'damaged', from: { offset: 20_000 }, to: { offset: 40_000 } }
    expect((await readResults(history, recording.session_id))[1]).toMatchObject(lost)
    const database = openDatabase(file)
    await until(() => database.prepare("SELECT count(*) = 0 FROM pieces WHERE kind = 'tail'").pluck().get())
    const results = await readResults(history, recording.session_id)
    expect(kinds(results)).toEqual(['segment', 'gap', 'segment', 'end'])
    expect(results[1]).toMatchObject(lost)
  })

  it('leaves a gap if it removed a row', async () => {
    const file = databaseFile()
    const recording = await threeSegments(file)
    const database = openDatabase(file)
    database.exec('DELETE FROM pieces WHERE offset = 100000')
    const history = await openHistory(file)
    expect((await readResults(history, recording.session_id))[1]).toMatchObject({
      kind: 'gap',
      reason: 'damaged',
      from: { offset: 100_000 },
      to: { offset: 200_000 },
    })
  })

  it('makes the keyframe after a damaged one the starting point, or none if it was the last', async () => {
    const file = databaseFile()
    const recording = await threeSegments(file)
    openDatabase(file).exec('UPDATE keyframes SET blob = zeroblob(length(blob)) WHERE offset = 100000')
    const history = await openHistory(file)
    expect(await history.startingPoint(recording.session_id, 100_000)).toMatchObject({ position: { offset: 200_000 } })
    expect(await history.startingPoint(recording.session_id, 250_000)).toMatchObject({ position: { offset: 200_000 } })
    openDatabase(file).exec('DELETE FROM keyframes')
    expect(await history.startingPoint(recording.session_id, 250_000)).toMatchObject({ position: LOG_START })
    expect((await readAll(history, recording.session_id)).bytes.equals(recording.bytes)).toBe(true)
  })

  it('is reported at opening if it affects the whole file, and so is a newer version', async () => {
    const file = databaseFile()
    openDatabase(file).exec('PRAGMA user_version = 1000')
    await expect(openHistory(file)).rejects.toMatchObject({ code: 'store_newer' })
    const other = databaseFile()
    await (await import('node:fs/promises')).writeFile(other, 'this is no database, but it is long enough'.repeat(100))
    await expect(openHistory(other)).rejects.toMatchObject({ code: 'store_damaged' })
    await expect(openHistory('/nowhere/at/all.db')).rejects.toMatchObject({ code: 'data_dir_unusable' })
  })
})

describe('a database that cannot be written', () => {
  it('is tried again until another process no longer holds it', async () => {
    const file = databaseFile()
    const handlers = recordReports()
    const history = await openHistory(file, {}, handlers)
    const recording = new Recording(history)
    recording.print('before,')
    await history.flush()
    const other = openDatabase(file)
    other.exec('BEGIN IMMEDIATE')
    recording.print('meanwhile,')
    const flushed = history.flush()
    await until(() => handlers.reports.length > 0)
    expect(handlers.reports).toEqual(['data_dir_unusable'])
    expect(history.behind).toBe(0)
    expect((await readAll(history, recording.session_id)).bytes.toString()).toBe('before,')
    other.exec('COMMIT')
    await flushed
    expect(handlers.reports).toEqual(['data_dir_unusable', 'recovered'])
    expect((await readAll(history, recording.session_id)).bytes.toString()).toBe('before,meanwhile,')
  })

  it('is reported once if it is read-only, and recovers', async () => {
    const handlers = recordReports()
    const history = await openHistory(databaseFile(), {}, handlers)
    const recording = new Recording(history)
    await history.flush()
    await history.pragma('query_only = 1')
    recording.print('kept')
    const flushed = history.flush()
    await new Promise(resolve => setTimeout(resolve, 1_200))
    expect(handlers.reports).toEqual(['data_dir_unusable'])
    await history.pragma('query_only = 0')
    await flushed
    expect(handlers.reports).toEqual(['data_dir_unusable', 'recovered'])
    expect((await readAll(history, recording.session_id)).bytes.toString()).toBe('kept')
  })

  it('loses only what is too much to keep on a full disk, and records the gap', async () => {
    const file = databaseFile()
    const handlers = recordReports()
    const history = await openHistory(file, {}, handlers)
    const recording = new Recording(history)
    recording.print(incompressibleBytes(1 * MB))
    await history.flush()
    const pages = openDatabase(file).pragma('page_count', { simple: true }) as number
    await history.pragma(`max_page_count = ${pages + 20}`)
    const before = recording.end.offset
    for (let i = 0; i < 60; i++) {
      recording.print(incompressibleBytes(MB / 2, i + 1))
      if (i === 10) recording.resize(90, 20)
      await until(() => history.behind < MB)
    }
    const flushed = history.flush()
    expect(handlers.reports).toEqual(['store_full'])
    expect((await history.session(recording.session_id)).end.offset).toBeLessThan(before + MB)
    await history.pragma('max_page_count = 1000000')
    await flushed
    expect(handlers.reports).toEqual(['store_full', 'recovered'])
    recording.keyframe('after')
    const results = await readResults(history, recording.session_id)
    const lost = results.filter(result => result.kind === 'gap')
    expect(lost).toMatchObject([{ reason: 'unrecorded', keyframe: { position: recording.end } }])
    const kept = results.filter(result => result.kind === 'segment').reduce((sum, result) => sum + result.size, 0)
    const gone = lost[0]!.to.offset - lost[0]!.from.offset
    expect(kept + gone).toBe(recording.end.offset)
    expect(kept).toBeGreaterThan(QUEUE_BYTES - MB)
    const all = recording.bytes
    for (const result of results)
      if (result.kind === 'segment')
        expect(inflate(result).equals(all.subarray(result.position.offset, result.end.offset))).toBe(true)
    expect((await history.session(recording.session_id)).session).toMatchObject({ cols: 90, rows: 20 })
  })

  it('is opened again after its thread died, with a gap for what was lost', async () => {
    const workers = watchWorkers()
    const handlers = recordReports()
    const history = await openHistory(databaseFile(), {}, handlers)
    const [kept, ended] = [new Recording(history), new Recording(history)]
    kept.print('before,')
    await history.flush()
    const question = history.flush()
    const read = history.session(ended.session_id)
    const late = new Recording(history)
    await workers[0]!.terminate()
    await expect(question).rejects.toMatchObject({ code: 'thread_died' })
    expect(handlers.reports).toEqual(['thread_died'])
    kept.print('lost,')
    ended.finish('killed')
    await until(() => handlers.reports.length === 2)
    expect(handlers.reports).toEqual(['thread_died', 'recovered'])
    kept.print('after')
    late.print('new')
    const state = async ({ session_id }: Recording) => (await history.session(session_id)).session.state
    expect((await read).session.session_id, 'a read that waited for the next thread').toBe(ended.session_id)
    expect([await state(kept), await state(ended), await state(late)]).toEqual(['running', 'killed', 'running'])
    await history.flush()
    const [lost] = await readResults(history, kept.session_id, { offset: 7, n: 0 })
    // Output that was still pending in the main loop when the new thread started is not lost.
    if (lost?.kind === 'gap') expect(lost).toMatchObject({ reason: 'unrecorded', to: { offset: 12 } })
    expect((await history.session(kept.session_id)).end).toEqual(kept.end)
    expect((await readAll(history, late.session_id)).bytes.toString()).toBe('new')
  })

  it('is reported once if the thread cannot restart, and calls say that it is restarting', async () => {
    const workers = watchWorkers()
    const handlers = recordReports()
    const file = databaseFile()
    const history = await openHistory(file, {}, handlers)
    const database = openDatabase(file)
    const version = database.pragma('user_version', { simple: true })
    database.pragma('user_version = 1000000')
    await workers[0]!.terminate()
    await expect(history.flush()).rejects.toThrow('restarting')
    await until(() => workers.length === 3)
    database.pragma(`user_version = ${version}`)
    await until(() => handlers.reports.at(-1) === 'recovered')
    expect(handlers.reports).toEqual(['thread_died', 'store_newer', 'recovered'])
    expect(await history.sessions(1)).toEqual([])
  })

  it('does not leave a thread behind when the history is closed during a restart', async () => {
    const workers = watchWorkers()
    const history = await openHistory()
    await workers[0]!.terminate()
    await until(() => workers.length === 2)
    const exited = vi.fn()
    workers[1]!.once('exit', exited)
    await history.close()
    expect(exited).toHaveBeenCalled()
  })

  it('does not prevent the host from stopping', async () => {
    const history = await openHistory()
    new Recording(history).print('lost')
    await history.pragma('query_only = 1')
    const begin = performance.now()
    await history.close()
    await history.close()
    expect(performance.now() - begin).toBeLessThan(2_000)
    await expect(history.sessions(1)).rejects.toMatchObject({ code: 'host_stopping' })
  })
})
