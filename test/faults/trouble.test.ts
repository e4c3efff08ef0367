// What clients learn when recording fails, and that they learn when it works again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Host } from '../../main/host/host.ts'
import type { HostClient } from '../../protocol/client/client.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { Trouble } from '../../protocol/messages.ts'
import { approvingDesktop, cleanUp, localClient, onCleanUp, startHost, until, webClient } from '../support/host.ts'

afterEach(cleanUp)

/** Prints now and then what takes up space, so that something is always to be recorded. */
const PRINTING = ['sh', '-c', 'while :; do head -c 30000 /dev/urandom | base64; sleep 0.2; done']

/** What a client was told, list by list. */
function listen(client: HostClient): Trouble[][] {
  const heard: Trouble[][] = []
  client.on('troubles', troubles => heard.push(troubles))
  client.watchHealth()
  return heard
}

const kinds = (troubles: readonly Trouble[] | undefined) => troubles?.map(({ kind }) => kind)

async function printing(host: Host): Promise<{ desk: LocalClient; session_id: string }> {
  const desk = await approvingDesktop(host)
  const { session_id } = await desk.create({ command: PRINTING })
  return { desk, session_id }
}

function watchWorkers(name: string): Worker[] {
  const workers: Worker[] = []
  const add = (worker: Worker) => {
    // The name is the last part of the thread's title.
    if ((worker as { threadName?: string }).threadName === name) workers.push(worker)
  }
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  return workers
}

describe('clients that watch the health of a host', () => {
  it('learn at once that the disk is full, since when and what to do, and when it is over', async () => {
    const host = await startHost()
    const { desk } = await printing(host)
    const phone = webClient(host)
    const told = [listen(desk), listen(phone)]
    await until(() => told.every(heard => heard.length > 0))
    expect(told.map(heard => heard[0])).toEqual([[], []])

    const before = Date.now()
    await host.pragma('max_page_count = 1')
    await until(() => told.every(heard => heard.at(-1)!.length > 0))
    for (const heard of told) {
      expect(heard.at(-1)).toMatchObject([
        {
          kind: 'disk_full',
          severity: 'error',
          title: 'Not recording: the disk is full',
          happens: expect.stringContaining('not recorded'),
          todo: expect.stringContaining('Free some space'),
          dismissible: false,
        },
      ])
      expect(heard.at(-1)![0]!.since).toBeGreaterThanOrEqual(before)
    }
    // Also one that connects while it lasts.
    const late = localClient(host)
    expect(kinds(await late.troubles())).toEqual(['disk_full'])
    expect((await late.status()).recording.state).toBe('off')

    await host.pragma('max_page_count = 1000000000')
    await until(() => told.every(heard => heard.at(-1)!.length === 0))
    expect(await late.troubles()).toEqual([])
    expect((await late.status()).recording.state).toBe('on')
    const log = readFileSync(join(host.dataDir, 'host.log'), 'utf8')
    expect(log).toContain('"trouble":"disk_full"')
    expect(log).toContain('over: Not recording: the disk is full')
  })

  it('learn that the database is read-only, or locked by another program', async () => {
    const host = await startHost()
    const { desk } = await printing(host)
    const heard = listen(desk)
    await host.pragma('query_only = 1')
    await until(() => kinds(heard.at(-1))?.[0] === 'recording_refused')
    await host.pragma('query_only = 0')
    await until(() => heard.at(-1)!.length === 0)

    const other = new Database(join(host.dataDir, 'otg.db'))
    onCleanUp(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    await until(() => kinds(heard.at(-1))?.[0] === 'recording_refused')
    expect(heard.at(-1)![0]!.message).toContain('locked')
    other.exec('COMMIT')
    await until(() => heard.at(-1)!.length === 0)
  })

  it('learn that the thread that records died, and that it records again', async () => {
    const workers = watchWorkers('history')
    const host = await startHost()
    const { desk } = await printing(host)
    const heard = listen(desk)
    await until(() => heard.length > 0)
    await workers[0]!.terminate()
    await until(() => kinds(heard.at(-1))?.includes('recording_failed'))
    await until(() => heard.at(-1)!.length === 0)
  })

  it('hear nothing of the trouble of an earlier connection after they reconnect', async () => {
    const host = await startHost()
    const { desk } = await printing(host)
    await host.pragma('max_page_count = 1')
    const phone = webClient(host)
    const heard = listen(phone)
    await until(() => kinds(heard.at(-1))?.[0] === 'disk_full')
    await host.pragma('max_page_count = 1000000000')
    await until(() => heard.at(-1)!.length === 0)
    expect(await desk.troubles()).toEqual([])
  })
})

describe('a trouble whose cause lasts', () => {
  it('cannot be dismissed', async () => {
    const host = await startHost()
    const { desk } = await printing(host)
    await host.pragma('max_page_count = 1')
    await until(async () => (await desk.troubles()).length > 0)
    await desk.dismissTrouble('disk_full')
    await desk.dismissTrouble('no_such_kind')
    expect(kinds(await desk.troubles())).toEqual(['disk_full'])
  })
})
