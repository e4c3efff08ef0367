// A thread dies while it works for a client: what only reads is done again in the next thread; everything else is answered with a
// code that says so. `internal` is for bugs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { AtRest } from '../../main/host/at-rest/at-rest.ts'
import { Store } from '../../main/host/store/store.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { cleanUp, localClient, startHost, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

/** By name: how many of the next threads end as soon as they are there, before they can answer. */
const ending = new Map<string, number>()

function endSome(worker: Worker): void {
  const name = nameOf(worker)
  const left = ending.get(name) ?? 0
  if (left === 0) return
  ending.set(name, left - 1)
  void worker.terminate()
}

beforeAll(() => void process.on('worker', endSome))
afterAll(() => void process.off('worker', endSome))

function nameOf(worker: Worker): string {
  return (worker as { threadName?: string }).threadName ?? ''
}

/** The threads of this name that are started from now on. */
function watchWorkers(name: string): Worker[] {
  const workers: Worker[] = []
  const add = (worker: Worker) => void (nameOf(worker) === name && workers.push(worker))
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  return workers
}

/** A host with one session that has ended. */
async function recordedHost(): Promise<{ client: LocalClient; session_id: string }> {
  const host = await startHost()
  const client = localClient(host)
  const { session_id } = await client.create({ command: ['sh', '-c', 'echo needle'] })
  await until(async () => (await client.list())[0]?.state === 'exited', 'its end')
  return { client, session_id }
}

describe('a request of a thread that dies', () => {
  it('is answered by the next thread if it only reads, and with thread_died if that one dies too', async () => {
    const { client, session_id } = await recordedHost()
    const reads: [thread: string, what: string, read: () => Promise<unknown>][] = [
      ['lookup', 'search', () => client.history.search('needle')],
      ['lookup', 'list', () => client.history.sessions({ limit: 1 })],
      ['lookup', 'timeline', () => client.history.timeline(session_id, 10)],
      ['lookup', 'text', () => client.history.read(session_id)],
      ['export', 'export', () => client.history.export(session_id, { format: 'txt' }, () => {})],
      ['upkeep', 'check', () => client.checkHistory()],
    ]
    const lookups = watchWorkers('lookup')
    for (const [thread, what, read] of reads)
      for (const count of [1, 2]) {
        // One that is there already is not the next one.
        await lookups.at(-1)?.terminate()
        ending.set(thread, count)
        const answer = expect(read(), `${what}, after ${count}`)
        if (count === 1) await answer.resolves.toBeDefined()
        else await answer.rejects.toMatchObject({ code: 'thread_died' })
        expect(ending.get(thread), what).toBe(0)
      }
  })

  it('makes a backup at the second try, and leaves no half of the first one', async () => {
    const { client } = await recordedHost()
    const folder = temporaryFolder()
    ending.set('upkeep', 1)
    expect(await client.backUp(join(folder, 'backup'))).toMatchObject({ sessions: 1 })
    expect(readdirSync(folder)).toEqual(['backup'])
    // One that dies while it writes.
    const threads = watchWorkers('upkeep')
    const late = client.backUp(join(folder, 'late'))
    let isOver = false
    void late.then(() => {
      isOver = true
    })
    await until(() => isOver || readdirSync(folder).some(name => name.endsWith('.part')), 'it to begin')
    await threads[0]?.terminate()
    expect(await late).toMatchObject({ sessions: 1 })
    expect(readdirSync(folder)).toEqual(['backup', 'late'])
    ending.set('upkeep', 2)
    await expect(client.backUp(join(folder, 'other'))).rejects.toMatchObject({ code: 'thread_died' })
    expect(readdirSync(folder)).toEqual(['backup', 'late'])
  })

  it('shows a screen that is built again by the next thread', async () => {
    const screens = watchWorkers('screens')
    const { client } = await recordedHost()
    const { session_id } = await client.create({ command: ['sh', '-c', 'echo shown; exec cat'] })
    const isShown = async () => (await client.screen(session_id)).lines.includes('shown')
    await until(isShown, 'the screen')
    const ended = Promise.all(screens.map(worker => worker.terminate()))
    expect(await isShown()).toBe(true)
    await ended
  })
})

describe('a host whose thread that records dies', () => {
  it('starts all the same, and records when the thread lives', async () => {
    ending.set('history', 2)
    const host = await startHost()
    const client = localClient(host)
    expect(readFileSync(join(host.dataDir, 'host.log'), 'utf8')).toContain('"trouble":"recording_failed"')
    await client.create({ command: ['sh', '-c', 'echo from the first second; exec cat'] })
    await until(async () => (await client.history.search('first second').catch(() => undefined))?.hits.length, 'it')
    expect(ending.get('history')).toBe(0)
    await until(async () => (await client.troubles()).length === 0, 'the trouble to be over')
  })
})

it('a history whose conversion dies is used as it is', async () => {
  const folder = temporaryFolder()
  const database = join(folder, 'otg.db')
  new Store(database, Date.now).close()
  const secrets = new Map<string, string>()
  const atRest = await AtRest.open({
    folder,
    database,
    files: [],
    mode: 'all',
    keystore: {
      get: async account => secrets.get(account),
      set: async (account, secret) => void secrets.set(account, secret),
      remove: async () => {},
    },
    log: { info: () => {}, error: () => {} },
  })
  ending.set('convert', 1)
  expect(await atRest.prepareHistory()).toEqual({ file: database, error: 'the thread that converts it ended' })
  expect(await atRest.prepareHistory()).toMatchObject({ file: { path: database } })
})
