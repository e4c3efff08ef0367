// What clients learn when recording fails, and that they learn when it works again.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Host } from '../../main/host/host.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import type { HostClient } from '../../protocol/client/client.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError } from '../../protocol/errors.ts'
import type { Trouble } from '../../protocol/messages.ts'
import type { Transport } from '../../protocol/transport.ts'
import { startCliHost } from '../support/cli.ts'
import {
  approvingDesktop,
  cleanUp,
  connectWebSocket,
  localClient,
  newPhone,
  onCleanUp,
  startHost,
  until,
  webClient,
} from '../support/host.ts'

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

  it('learn after a reconnect that the trouble ended meanwhile', async () => {
    const host = await startHost()
    await printing(host)
    let transport: Transport | undefined
    let isAway = false
    const phone = webClient(host, {
      via: async hostKey => {
        if (isAway) throw new CodedError('unreachable', 'the phone is away')
        transport = await connectWebSocket(host, hostKey)
        return transport
      },
      reconnect: { first: 10, max: 50, give_up: 60_000 },
    })
    const heard = listen(phone)
    await until(() => heard.length > 0)
    await host.pragma('max_page_count = 1')
    await until(() => kinds(heard.at(-1))?.[0] === 'disk_full')
    isAway = true
    transport!.close({ code: 'connection_lost', reason: 'the phone left' })
    await host.pragma('max_page_count = 1000000000')
    const desk = await approvingDesktop(host)
    await until(async () => (await desk.troubles()).length === 0)
    expect(kinds(heard.at(-1))).toEqual(['disk_full'])
    isAway = false
    await until(() => heard.at(-1)!.length === 0)
  })
})

describe('what a trouble costs', () => {
  it('is told with it: the bytes that were dropped because they did not fit into memory', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const heard = listen(desk)
    await until(() => heard.length > 0)
    await host.pragma('max_page_count = 1')
    // More than waits in memory (QUEUE_BYTES), and cannot be compressed.
    await desk.create({ command: ['sh', '-c', 'head -c 24000000 /dev/urandom | base64; exec cat'] })
    await until(() => (heard.at(-1)?.[0]?.bytes ?? 0) > 1_000_000)
    expect(kinds(heard.at(-1))).toEqual(['disk_full'])
  })
})

describe('a session that can never be stored', () => {
  it('is named, until it ends', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const heard = listen(desk)
    await until(() => heard.length > 0)
    const other = new Database(join(host.dataDir, 'otg.db'))
    onCleanUp(() => other.close())
    other.exec("CREATE TRIGGER refuse BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'refused'); END")
    const { session_id } = await desk.create({ command: PRINTING })
    const about = () => heard.at(-1)!.find(({ kind }) => kind === 'session_unrecorded')
    await until(about)
    expect(about()!.sessions).toEqual([session_id])
    other.exec('DROP TRIGGER refuse')
    await desk.kill(session_id)
    await until(() => !about())
  })
})

describe('a thread that keeps dying', () => {
  it('is trouble of its own, even though it is started again each time', async () => {
    const workers = watchWorkers('history')
    const host = await startHost()
    const { desk } = await printing(host)
    const heard = listen(desk)
    for (let death = 1; death <= 3; death++) {
      await until(() => workers.length === death)
      await workers[death - 1]!.terminate()
    }
    await until(() => kinds(heard.at(-1))?.includes('recording_restarts'))
    await until(() => !kinds(heard.at(-1))?.includes('recording_failed'))
    expect(kinds(heard.at(-1))).toEqual(['recording_restarts'])
  })

  it('is told of the thread that looks things up, and of those with the screens', async () => {
    const [lookups, screens] = [watchWorkers('lookup'), watchWorkers('screens')]
    const host = await startHost()
    const { desk } = await printing(host)
    const heard = listen(desk)
    for (let death = 1; death <= 3; death++) {
      await desk.history.sessions({ limit: 1 })
      await until(() => lookups.length === death && screens.length >= death)
      await Promise.all([lookups.at(-1)!.terminate(), screens.at(-1)!.terminate()])
    }
    await until(() => kinds(heard.at(-1))?.length === 2)
    expect(kinds(heard.at(-1))!.sort()).toEqual(['history_unreadable', 'screens_restart'])
  })
})

describe('files and connections', () => {
  it('a list of devices that cannot be saved is trouble until it is', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const heard = listen(desk)
    await until(() => heard.length > 0)
    await newPhone(host)
    const { device_id } = (await desk.devices()).devices[0]!
    const blocker = join(host.dataDir, 'devices.json.new')
    mkdirSync(join(blocker, 'x'), { recursive: true })
    const rename = (name: string) => desk.updateDevice(device_id, { name })
    await expect(rename('one')).rejects.toMatchObject({ code: 'data_dir_unusable' })
    await until(() => kinds(heard.at(-1))?.[0] === 'files_unwritable')
    expect(heard.at(-1)![0]!.path).toBe(join(host.dataDir, 'devices.json'))
    rmSync(blocker, { recursive: true })
    await rename('two')
    await until(() => heard.at(-1)!.length === 0)
  })

  it.runIf(process.platform === 'linux')(
    'a host without free file descriptors tells those that are connected',
    async () => {
      const host = await startCliHost()
      const client = new LocalClient({
        connect: () => connectLocal(join(host.dataDir, 'otg.sock')),
        client: { kind: 'cli', name: 'test' },
        reconnect: false,
      })
      onCleanUp(() => client.close())
      await client.connect()
      const heard = listen(client)
      await until(() => heard.length > 0)
      const limit = (files: string) =>
        execFileSync('prlimit', ['--pid', String(host.pid), `--nofile=${files}`], { stdio: 'ignore' })
      limit('8:')
      await until(() => kinds(heard.at(-1))?.includes('files_exhausted'))
      limit('1024:')
      await until(() => heard.at(-1)!.length === 0)
    },
  )
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
