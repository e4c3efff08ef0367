// Something deletes, replaces or overwrites the history's files while the host runs, or before it starts.
import {
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { History } from '../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS } from '../../main/host/history/write/worker-protocol.ts'
import type { Host } from '../../main/host/host.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../protocol/client/log-applier.ts'
import { recordReports } from '../support/history.ts'
import { cleanUp, localClient, startHost, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

/** An ended session is in the history, and a running one that has printed `before`. */
async function recordingHost(dataDir = join(temporaryFolder(), 'data')) {
  const host = await startHost({ dataDir })
  const client = localClient(host)
  const ended = await client.create({ command: ['sh', '-c', 'echo the first one'] })
  await until(() => isFound(client, 'the first one'), 'the first session')
  await until(async () => (await client.list()).every(session => session.state === 'exited'), 'its end')
  const running = await client.create({
    command: ['sh', '-c', 'echo before; while read line; do echo "got $line"; done'],
  })
  await until(() => isFound(client, 'before'), 'the output before')
  return { host, client, dataDir, file: join(dataDir, 'otg.db'), ended: ended.session_id, running: running.session_id }
}

async function kinds(client: LocalClient): Promise<string[]> {
  return (await client.troubles()).map(({ kind }) => kind)
}

async function textOf(dataDir: string, session_id: string): Promise<string> {
  const history = await History.open(join(dataDir, 'otg.db'), DEFAULT_LIMITS, recordReports())
  try {
    let text = ''
    for (let position = { offset: 0, n: 0 }; ; ) {
      const read = await history.read(session_id, position)
      if (read.kind === 'end') return text
      if (read.kind === 'gap') {
        text += `[${read.reason}]`
        position = read.to
        continue
      }
      text += Buffer.from(read.compressed ? (await import('node:zlib')).zstdDecompressSync(read.blob) : read.blob)
      position = read.end
    }
  } finally {
    await history.close()
  }
}

async function isFound(client: LocalClient, text: string): Promise<boolean> {
  return (await client.history.search(text)).hits.length > 0
}

/** Types a word; resolves when the session has answered. */
async function type(client: LocalClient, session_id: string, word: string): Promise<void> {
  let text = ''
  const sink: TerminalSink = {
    write: (bytes, done) => {
      text += Buffer.from(bytes).toString()
      done()
    },
    resize: () => {},
    reset: () => {},
  }
  client.attach(session_id, sink).type(Buffer.from(`${word}\n`))
  await until(() => text.includes(`got ${word}`), `the answer to ${word}`)
}

async function printMore(client: LocalClient, session_id: string, word: string): Promise<void> {
  await type(client, session_id, word)
  await until(() => isFound(client, `got ${word}`), `${word} to be recorded`)
}

function anotherDatabase(file: string): void {
  const database = new Database(file)
  database.exec('CREATE TABLE other (a); INSERT INTO other VALUES (1)')
  database.close()
}

const FAULTS: Record<string, (file: string) => void> = {
  'its files are deleted': file => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  },
  'only the database is deleted': file => rmSync(file),
  'another database is moved to its place': file => {
    anotherDatabase(`${file}.other`)
    renameSync(`${file}.other`, file)
  },
  'it is cut to nothing': file => truncateSync(file, 0),
  'its last page is cut off': file => {
    const descriptor = openSync(file, 'r+')
    ftruncateSync(descriptor, 4096 * 3)
  },
  'its beginning is overwritten': file => {
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Buffer.alloc(4096), 0, 4096, 0)
  },
  'another database is written into it': file => {
    anotherDatabase(`${file}.other`)
    copyFileSync(`${file}.other`, file)
  },
}

describe('while the host runs', () => {
  for (const [what, harm] of Object.entries(FAULTS))
    it(`${what}: that is said within seconds, and what is in memory and what follows is recorded in a new file`, async () => {
      const { client, host, dataDir, file, running, ended } = await recordingHost()
      harm(file)
      await until(async () => (await kinds(client)).includes('history_lost'), 'the loss to be said')
      const [trouble] = await client.troubles()
      expect(trouble!.message).toContain('Missing now: 2 sessions')
      await until(() => isFound(client, 'before'), 'the output before')
      await printMore(client, running, 'more')
      await host.stop()
      expect(await textOf(dataDir, running)).toMatch(/before\r\nmore\r\ngot more\r\n/)
      // It ended, but the host still had its output in memory.
      expect(await textOf(dataDir, ended)).toBe('the first one\r\n')
      expect(new Database(file).pragma('integrity_check', { simple: true })).toBe('ok')
    })

  it('what is found at its place is kept', async () => {
    const { client, file, dataDir } = await recordingHost()
    FAULTS['another database is moved to its place']!(file)
    await until(async () => (await kinds(client)).includes('history_lost'), 'the loss to be said')
    const kept = readdirSync(dataDir).find(name => /^otg\.db\.replaced-[^.]*\.?[^.]*$/.test(name))!
    expect(new Database(join(dataDir, kept)).prepare('SELECT a FROM other').pluck().get()).toBe(1)
  })

  for (const suffix of ['-wal', '-shm'])
    it(`otg.db${suffix} is deleted: nothing is lost`, async () => {
      const { client, host, dataDir, file, running, ended } = await recordingHost()
      rmSync(`${file}${suffix}`)
      await until(() => existsSync(`${file}${suffix}`), 'a new one')
      await printMore(client, running, 'more')
      expect(await kinds(client)).toEqual([])
      await host.stop()
      expect(await textOf(dataDir, running)).toMatch(/before\r\nmore\r\ngot more\r\n/)
      expect(await textOf(dataDir, ended)).toBe('the first one\r\n')
    })

  it('otg.db-wal is cut to nothing: that is said, and what is in memory is recorded again', async () => {
    const { client, host, dataDir, file, running } = await recordingHost()
    // While something is printed, the write-ahead log is not copied into the database, and cutting it loses something.
    await client.create({ command: ['sh', '-c', 'while sleep 0.05; do echo tick; done'] })
    await until(() => isFound(client, 'tick'), 'output that does not end')
    await type(client, running, 'unsaved')
    await until(() => isFound(client, 'got unsaved'), 'the output in the log')
    truncateSync(`${file}-wal`, 0)
    await until(async () => (await kinds(client)).includes('history_lost'), 'the loss to be said')
    await printMore(client, running, 'more')
    await host.stop()
    expect(await textOf(dataDir, running)).toMatch(/before\r\n.*got unsaved\r\n.*got more\r\n/s)
  })

  it('the data folder is moved away and back: that is said, and nothing is lost', async () => {
    const { client, host, dataDir, running } = await recordingHost()
    renameSync(dataDir, `${dataDir}.moved`)
    await until(async () => (await kinds(client)).includes('data_folder_gone'), 'the move to be said')
    await type(client, running, 'meanwhile')
    renameSync(`${dataDir}.moved`, dataDir)
    await until(async () => !(await kinds(client)).includes('data_folder_gone'), 'the return to be noticed')
    await printMore(client, running, 'more')
    await host.stop()
    expect(await textOf(dataDir, running)).toMatch(/before\r\n.*got meanwhile\r\n.*got more\r\n/s)
  })
})

describe('before the host starts', () => {
  const HARM: Record<string, (file: string) => void> = {
    'it is deleted': file => rmSync(file),
    'it is empty': file => writeFileSync(file, ''),
    'another one is at its place': file => {
      rmSync(file)
      copyFileSync(join(file, '..', 'older.db'), file)
    },
  }
  for (const [what, harm] of Object.entries(HARM))
    it(`${what}: that is said to every client, also after the next start, until a person has read it`, async () => {
      const dataDir = join(temporaryFolder(), 'data')
      const first: Host = await startHost({ dataDir })
      await first.stop()
      copyFileSync(join(dataDir, 'otg.db'), join(dataDir, 'older.db'))
      const { host, file } = await recordingHost(dataDir)
      await host.stop()
      harm(file)
      const again = await startHost({ dataDir })
      const [trouble] = await localClient(again).troubles()
      expect(trouble!.kind).toBe('history_lost')
      expect(trouble!.message).toContain('2 sessions')
      await again.stop()
      const third = await startHost({ dataDir })
      const client = localClient(third)
      expect(await kinds(client)).toEqual(['history_lost'])
      await client.dismissTrouble('history_lost')
      expect(await kinds(client)).toEqual([])
    })

  it('says nothing at a first start, and nothing after a session was deleted', async () => {
    const { host, client, ended, running, dataDir } = await recordingHost()
    expect(await kinds(client)).toEqual([])
    await client.kill(running)
    await until(async () => (await client.list()).every(session => session.state !== 'running'), 'its end')
    await client.history.delete(running)
    await client.history.delete(ended)
    await host.stop()
    expect(await kinds(localClient(await startHost({ dataDir })))).toEqual([])
  })
})

it('files that phones uploaded stay when the history of their sessions is gone', async () => {
  const { host, client, dataDir, ended } = await recordingHost()
  client.close()
  await host.stop()
  const folder = join(dataDir, 'uploads', ended.slice(0, 13))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'photo.png'), 'a photo')
  for (const name of ['otg.db', 'otg.db-wal', 'otg.db-shm']) rmSync(join(dataDir, name), { force: true })
  const again = await startHost({ dataDir })
  expect(await kinds(localClient(again))).toContain('history_lost')
  // Stopping waits for what is being removed.
  await again.stop()
  expect(existsSync(join(folder, 'photo.png'))).toBe(true)
})
