import fs, { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { connect, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import type { listenLocal } from '../../../main/host/listen/local-socket.ts'
import { streamTransport } from '../../../main/host/listen/stream-transport.ts'
import { createLog, LOG_BYTES } from '../../../main/host/log/host-log.ts'
import { GIVE_UP_MS, KILL_AFTER_MS } from '../../../main/host/processes/process-group.ts'
import { ScreenPool } from '../../../main/host/screen/screen-pool.ts'
import { Pty } from '../../../main/host/session/pty.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { transportPair } from '../../../protocol/transport.ts'
import {
  bytesOf,
  cleanUp,
  localClient,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

/** Replaces the local socket, so that a host can fail to start at its last step. */
let instead: typeof listenLocal | undefined
vi.mock('../../../main/host/listen/local-socket.ts', async original => {
  const real = await original<typeof import('../../../main/host/listen/local-socket.ts')>()
  const listen: typeof listenLocal = (...args) => (instead ?? real.listenLocal)(...args)
  return { ...real, listenLocal: listen }
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  instead = undefined
  await cleanUp()
})

const logOf = (host: Host) => readFileSync(join(host.dataDir, 'host.log'), 'utf8')

const isThere = (pid: number) => existsSync(`/proc/${pid}`)

/** Refuses every signal, as for a program that was started with sudo. */
function refuseSignals(): void {
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
  })
}

describe('output with many side effects', () => {
  /** A screen that has parsed `times` copies of `bytes`, and the events of that. */
  async function flooded(bytes: string, times: number) {
    const pool = new ScreenPool('0', new Map(), { maxWorkers: 1 })
    onCleanUp(() => pool.close())
    const heard = { turns: 0, bells: 0, titles: [] as string[], folders: [] as string[], answers: [] as string[] }
    const screen = pool.open(80, 24, {
      parsed: () => void heard.turns++,
      answer: text => void heard.answers.push(text),
      title: title => void heard.titles.push(title),
      cwd: cwd => void heard.folders.push(cwd),
      bell: () => void heard.bells++,
      notice: () => {},
      failed: error => {
        throw error
      },
    })
    for (let i = 0; i < times; i++) screen.write(bytesOf(bytes))
    await screen.text()
    return heard
  }
  const TIMES = 8
  /** A turn parses at least 64 bytes. */
  const MAX_TURNS = (TIMES * 64 * 1024) / 64

  it('reports a flood of bells once per turn', async () => {
    const { bells } = await flooded('\x07'.repeat(64 * 1024), TIMES)
    expect(bells).toBeGreaterThan(0)
    expect(bells).toBeLessThanOrEqual(MAX_TURNS)
  })

  it('reports only the last title and folder of each turn', async () => {
    const some = Array.from({ length: 1000 }, (_, i) => `\x1b]0;title ${i}\x07\x1b]7;file:///tmp/${i}\x07`).join('')
    const { titles, folders, turns } = await flooded(some, TIMES)
    expect(titles.length).toBeLessThanOrEqual(turns)
    expect(titles.at(-1)).toBe('title 999')
    expect(folders.length).toBeLessThanOrEqual(turns)
    expect(folders.at(-1)).toBe('/tmp/999')
  })

  it('answers a flood of queries in one message per turn, at most 64 KiB long', async () => {
    const { answers } = await flooded('\x1b[>q'.repeat(16 * 1024), TIMES)
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.length).toBeLessThanOrEqual(MAX_TURNS)
    expect(answers.join('').length).toBeLessThanOrEqual(TIMES * 64 * 1024)
    for (const answer of answers) {
      expect(answer.length).toBeLessThanOrEqual(64 * 1024)
      expect(answer).toMatch(/^(\x1bP>\|On the Go 0\x1b\\)+$/)
    }
  })

  it('answers a few queries in order', async () => {
    const { answers } = await flooded('\x1b[5n\x1b[>q\x1b[6n', 1)
    expect(answers.join('')).toBe('\x1b[0n\x1bP>|On the Go 0\x1b\\\x1b[1;1R')
  })

  it('reports a session that rings continuously once a second', async () => {
    const host = await startHost()
    const client = localClient(host)
    client.watch()
    let rings = 0
    client.on('attention', () => void rings++)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    const before = performance.now()
    for (let i = 0; i < 20; i++) {
      attached.type(bytesOf(`\x07 ${i}.\n`))
      await terminal.shows(` ${i}.\r`)
      await client.screen(session_id) // the screen has it, too
    }
    expect(rings).toBeGreaterThan(0)
    expect(rings).toBeLessThanOrEqual(1 + (performance.now() - before) / 1000)
  })

  it('does not report a title that is set again', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    const titles: string[] = []
    attached.on('title', title => void titles.push(title))
    await terminal.shows('ready')
    for (const [i, title] of ['one', 'one', 'one', 'two', 'two'].entries()) {
      attached.type(bytesOf(`\x1b]0;${title}\x07 ${i}.\n`))
      await terminal.shows(` ${i}.\r`)
      await client.screen(session_id)
    }
    await until(() => titles.includes('two'))
    expect(titles).toEqual(['one', 'two'])
  })
})

describe('a program that belongs to another user', () => {
  const STUBBORN = ['sh', '-c', 'trap "" HUP TERM INT; echo ready; while :; do sleep 0.1; done']

  it('does not delay a stopping host: its terminal is closed and it is abandoned', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id, pid } = await client.create({ command: STUBBORN })
    onCleanUp(() => process.kill(-pid!, 'SIGKILL'))
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('ready')
    refuseSignals()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stopped = host.stop()
    await vi.advanceTimersByTimeAsync(KILL_AFTER_MS + GIVE_UP_MS)
    vi.useRealTimers()
    await stopped
    vi.restoreAllMocks()
    expect(isThere(pid!)).toBe(true)
    const database = new Database(join(host.dataDir, 'otg.db'), { readonly: true })
    onCleanUp(() => database.close())
    const stored = database.prepare('SELECT state, exit_code, signal FROM sessions WHERE session_id = ?')
    expect(stored.get(session_id)).toEqual({ state: 'host_stopped', exit_code: null, signal: null })
  })

  it('is ended by the hang-up of its terminal, which needs no permission', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id, pid } = await client.create({ command: ['sh', '-c', 'echo ready; exec sleep 1000'] })
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('ready')
    refuseSignals()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stopped = host.stop()
    await vi.advanceTimersByTimeAsync(KILL_AFTER_MS + GIVE_UP_MS)
    vi.useRealTimers()
    await stopped
    await until(() => !isThere(pid!))
  })

  it('stays paused: a signal that fails does not mean that it is gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    let read = 0
    let began = () => {}
    const begun = new Promise<void>(resolve => {
      began = resolve
    })
    const options = { cwd: '/', env: { PATH: process.env.PATH! }, cols: 80, rows: 24 }
    const pty = new Pty(
      { ...options, command: ['yes'] },
      {
        data: bytes => {
          read += bytes.length
          began()
        },
        exit: () => {},
      },
    )
    onCleanUp(() => process.kill(pty.pid, 'SIGKILL'))
    await begun
    pty.pause()
    refuseSignals()
    read = 0
    vi.advanceTimersByTime(1000)
    vi.restoreAllMocks()
    // If it had resumed, its output would have been read during another program's whole life.
    await new Promise<void>(resolve => {
      new Pty({ ...options, command: ['echo', 'hello'] }, { data: () => {}, exit: () => resolve() })
    })
    expect(read).toBe(0)
  })
})

describe('the log', () => {
  it('can be on a full disk: the host starts and runs', async () => {
    const dataDir = temporaryFolder()
    symlinkSync('/dev/full', join(dataDir, 'host.log'))
    const host = await startHost({ dataDir })
    const client = webClient(host)
    await client.connect()
    expect(await client.list()).toEqual([])
    expect(await client.troubles()).toMatchObject([
      { kind: 'log_unwritable', severity: 'warning', message: expect.stringContaining('ENOSPC') },
    ])
    await host.stop()
  })

  it('counts the lines lost on a full disk once there is room again', () => {
    const file = join(temporaryFolder(), 'host.log')
    const log = createLog(file)
    onCleanUp(() => log.close())
    const { appendFileSync } = fs
    const restore = () => {
      fs.appendFileSync = appendFileSync
      syncBuiltinESMExports()
    }
    onCleanUp(restore)
    const told: (string | undefined)[] = []
    log.onFailing(error => told.push(error?.message))
    log.info({}, 'before')
    fs.appendFileSync = descriptor => {
      fs.writeSync(descriptor as number, '{"half a li')
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    syncBuiltinESMExports()
    for (let i = 0; i < 3; i++) log.info({ i }, 'lost')
    restore()
    expect(told).toEqual(['ENOSPC'])
    log.info({}, 'after')
    expect(told).toEqual(['ENOSPC', undefined])
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('{"level"'))
      .map(line => JSON.parse(line) as object)
    expect(lines).toMatchObject([{ msg: 'before' }, { dropped: 3 }, { msg: 'after' }])
  })

  it('does not grow without bound: a few full files are kept, numbered from the newest', () => {
    const file = join(temporaryFolder(), 'host.log')
    const log = createLog(file)
    onCleanUp(() => log.close())
    const text = 'x'.repeat(64 * 1024)
    const folder = dirname(file)
    for (let i = 0; i < 200; i++) log.info({ i, text }, 'a long line')
    const names = ['host.log', 'host.log.1', 'host.log.2', 'host.log.3']
    expect(readdirSync(folder).sort()).toEqual(names)
    const first = names.map(name => JSON.parse(readFileSync(join(folder, name), 'utf8').split('\n')[0]!).i as number)
    expect(first).toEqual(first.toSorted((a, b) => b - a))
    for (const one of names.map(name => join(folder, name))) {
      expect(statSync(one).size).toBeLessThanOrEqual(LOG_BYTES)
      expect(statSync(one).mode & 0o777).toBe(0o600)
    }
    const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!
    expect(JSON.parse(last)).toMatchObject({ i: 199 })
  })
})

it('does not wait for a local client that does not close its socket', async () => {
  const path = join(temporaryFolder(), 'socket')
  const server = createServer({ allowHalfOpen: true })
  const connected = new Promise<Socket>(resolve => server.once('connection', resolve))
  await new Promise<void>(resolve => server.listen(path, resolve))
  const peer = connect({ path, allowHalfOpen: true })
  onCleanUp(() => peer.destroy())
  const ours = await connected
  const transport = streamTransport(ours)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const told = new Promise<void>(resolve => peer.once('end', resolve))
  peer.resume()
  transport.close({ code: 'hello_expected', reason: '' })
  await told
  await vi.advanceTimersByTimeAsync(2_000)
  vi.useRealTimers()
  await new Promise(resolve => server.close(resolve))
})

it('a screen that fails does not affect other screens', async () => {
  const pool = new ScreenPool('0', new Map(), { maxWorkers: 1 })
  onCleanUp(() => pool.close())
  const failures: string[] = []
  const open = (name: string) =>
    pool.open(80, 24, {
      parsed: () => {},
      answer: () => {},
      title: () => {},
      cwd: () => {},
      bell: () => {},
      notice: () => {},
      failed: error => void failures.push(`${name}: ${error.code}`),
    })
  const [bad, good] = [open('bad'), open('good')]
  good.write(bytesOf('still here'))
  bad.resize(80.5, 24) // xterm.js throws
  const asked = bad.keyframe()
  await expect(asked).rejects.toMatchObject({ code: 'screen_failed' })
  await expect(bad.text()).rejects.toMatchObject({ code: 'screen_failed' })
  expect((await good.text()).lines[0]).toBe('still here')
  expect(failures).toEqual(['bad: screen_failed'])
})

describe('a client that is gone before it was admitted', () => {
  it('does no harm if it closed its transport', async () => {
    const host = await startHost()
    const [ours] = transportPair()
    ours.close({ code: 'connection_lost', reason: '' })
    expect(() => host.accept(ours)).not.toThrow()
    expect(logOf(host)).toContain('client gone')
  })

  it('receives the reason if its early hello was rejected', async () => {
    const host = await startHost()
    const [ours, theirs] = transportPair()
    const gone = new Promise<string>(resolve => {
      theirs.start({ frame: () => {}, close: ({ code }) => resolve(code) })
    })
    theirs.send(new Uint8Array([9, 0, 1]))
    await Promise.resolve()
    expect(() => host.accept(ours)).not.toThrow()
    expect(await gone).toBe('bad_frame')
    await host.stop()
  })
})

describe('stopping a host', () => {
  it('continues after a part that fails to stop, and logs it', async () => {
    const host = await startHost()
    const socket = join(host.dataDir, 'otg.sock')
    rmSync(socket)
    mkdirSync(socket) // cannot be removed as a file
    await host.stop()
    expect(existsSync(join(host.dataDir, 'host.json'))).toBe(false)
    expect(logOf(host)).toContain('could not be taken apart')
    rmdirSync(socket)
    await startHost({ dataDir: host.dataDir })
  })

  it('undoes the steps of a host that fails to start', async () => {
    let pid = 0
    instead = async (_path, accept) => {
      const [ours, theirs] = transportPair()
      accept(ours, { pid: () => undefined })
      const kind = { kind: 'cli', name: 'test' } as const
      const client = new LocalClient({ connect: async () => theirs, client: kind, reconnect: false })
      await client.connect()
      pid = (await client.create({ command: ['sleep', '1000'] })).pid!
      throw new Error('this step failed')
    }
    await expect(startHost()).rejects.toThrow('this step failed')
    expect(pid).toBeGreaterThan(0)
    expect(isThere(pid)).toBe(false)
  })
})
