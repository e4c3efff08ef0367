import { afterEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import type { AttachOptions } from '../../../protocol/client/client-attachment.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../../protocol/client/log-applier.ts'
import type { Transport } from '../../../protocol/transport.ts'
import {
  bytesOf,
  cleanUp,
  connectWebSocket,
  localClient,
  nextEvent,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'

afterEach(cleanUp)

/** A phone whose connection a test can drop; it reconnects by itself at once. */
function phone(host: Host): { client: LocalClient; drop: () => void } {
  let transport: Transport | undefined
  const client = webClient(host, {
    via: async () => {
      transport = await connectWebSocket(host)
      return transport
    },
    reconnect: { first: 1, max: 10, give_up: 60_000 },
  })
  return { client, drop: () => transport?.close({ code: 'connection_lost', reason: 'dropped by the test' }) }
}

/** All output of a session, read from its start and never skipped. */
const EVERYTHING: AttachOptions = { history_bytes: 1e12, catch_up_bytes: 1e12 }

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\r\n`).join('')

describe('a client that reconnects', () => {
  it('receives what it missed, and nothing that it has', async () => {
    const host = await startHost()
    const { client, drop } = phone(host)
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty -echo; seq 1 100; read go; seq 101 200; read go; seq 201 300; exec cat'],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, EVERYTHING)
    await terminal.shows('100\r\n')
    drop()
    await until(() => client.state.name !== 'ready')
    const desk = localClient(host).attach(session_id, new Recorder())
    desk.type(bytesOf('\n'))
    const session = await nextEvent(attached, 'session')
    expect(session.resumed).toBe(true)
    await terminal.shows('200\r\n')
    attached.type(bytesOf('\n'))
    await terminal.shows('300\r\n')
    expect(terminal.text).toBe(lines(1, 300))
  })

  it('misses and repeats nothing after many reconnects during output', async () => {
    const host = await startHost()
    const { client, drop } = phone(host)
    const { session_id } = await client.create({
      command: [
        'sh',
        '-c',
        'stty -echo; echo ready; read go; for i in 1 2 3 4 5 6 7 8; do seq 1 20000; sleep 0.05; done; echo end; exec cat',
      ],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, { ...EVERYTHING, window: 64 * 1024 })
    let drops = 0
    const dropSoon = () => {
      // Each connection lasts only for a little output.
      const before = terminal.bytes.length
      if (drops < 40)
        void until(() => terminal.bytes.length > before + 10_000 || terminal.text.includes('end\r\n')).then(() => {
          drops++
          drop()
        })
    }
    await terminal.shows('ready')
    attached.on('session', dropSoon)
    attached.type(bytesOf('\n'))
    dropSoon()
    await terminal.shows(/end\r\n$/)
    expect(drops).toBeGreaterThan(10)
    expect(terminal.text).toBe(`ready\r\n${lines(1, 20_000).repeat(8)}end\r\n`)
  })

  it('delivers each key once and in order while typing', async () => {
    const host = await startHost()
    const { client, drop } = phone(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, EVERYTHING)
    await terminal.shows('ready')
    let expected = ''
    for (let i = 0; i < 300; i++) {
      const key = `${i},`
      attached.type(bytesOf(key))
      expected += key
      if (i % 20 === 10) drop()
      if (i % 7 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    await terminal.shows('299,')
    expect(terminal.text.slice(terminal.text.indexOf('0,1,'))).toBe(expected)
  })

  it('asks before it sends input that was typed long ago', async () => {
    const host = await startHost()
    let now = 0
    let transport: Transport | undefined
    let open = true
    const client = webClient(host, {
      via: async () => {
        if (!open) throw new Error('no network')
        transport = await connectWebSocket(host)
        return transport
      },
      reconnect: { first: 1, max: 5, give_up: 1e9 },
      now: () => now,
    })
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, { ask_stale_input: true })
    await terminal.shows('ready')
    for (const send of [false, true]) {
      open = false
      transport!.close({ code: 'connection_lost', reason: '' })
      await until(() => client.state.name !== 'ready')
      attached.type(bytesOf(`typed-${send}\n`))
      now += 60_000
      open = true
      const stale = await nextEvent(attached, 'stale_input')
      expect(Buffer.concat(stale).toString()).toBe(`typed-${send}\n`)
      attached.confirmInput(send)
    }
    await terminal.shows('typed-true')
    expect(terminal.text).not.toContain('typed-false')
  })

  it('receives the resizes that it missed at their position', async () => {
    const host = await startHost()
    const { client, drop } = phone(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    drop()
    await until(() => client.state.name !== 'ready')
    const desk = localClient(host).attach(session_id, new Recorder())
    desk.resize(100, 30)
    desk.type(bytesOf('wide\n'))
    await terminal.shows('wide\r\n')
    expect(terminal.events.filter(event => event === 'resize 100x30')).toHaveLength(1)
    expect(attached.have).toMatchObject({ n: 1 })
  })
})

describe('a session that ended or was idle', () => {
  const die = { command: ['sh', '-c', 'echo last words; exit 3'] }

  it('tells a reconnecting client that it ended, with its exit code', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create(die)
    await nextEvent(client.attach(session_id, new Recorder()), 'exit')
    const failed = await nextEvent(client.attach(session_id, new Recorder(), { ended: 'fail' }), 'failed')
    expect(failed.code).toBe('session_ended')
  })

  it('can still be attached to read-only after it ended', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create(die)
    await nextEvent(client.attach(session_id, new Recorder()), 'exit')
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    expect(await nextEvent(attached, 'exit')).toMatchObject({ state: 'exited', exit_code: 3 })
    expect(terminal.text).toContain('last words')
    expect(() => attached.type(bytesOf('x'))).toThrow()
  })

  it('is replaced by a new one in the same exchange, if the client requested that', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create(die)
    await nextEvent(client.attach(session_id, new Recorder()), 'exit')
    for (const gone of [session_id, 'never-was']) {
      const terminal = new Recorder()
      const attached = client.attach(gone, terminal, { fallback: { command: ['sh', '-c', 'echo fresh; exec cat'] } })
      const session = await nextEvent(attached, 'session')
      expect(session.session_id).not.toBe(session_id)
      expect(session.resumed).toBe(false)
      await terminal.shows('fresh')
    }
  })

  it('reports session_expired after it expired at its prompt, or starts a new session on request', async () => {
    const host = await startHost({ expiry: { idle_ms: 50, end_busy: false, check_ms: 10 } })
    const client = webClient(host)
    const { session_id } = await client.create({})
    await until(async () => (await client.list())[0]?.state === 'expired')
    const failed = await nextEvent(client.attach(session_id, new Recorder(), { ended: 'fail' }), 'failed')
    expect(failed.code).toBe('session_expired')
    const attached = client.attach(session_id, new Recorder(), { fallback: {} })
    expect((await nextEvent(attached, 'session')).session_id).not.toBe(session_id)
  })

  it('is marked idle instead of ended by the expiry while a command runs in it', async () => {
    const host = await startHost({ expiry: { idle_ms: 100, end_busy: false, check_ms: 10 } })
    const client = localClient(host)
    const { session_id } = await client.create({})
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    attached.type(bytesOf('echo started; sleep 1000\n'))
    await terminal.shows(/started\r\n/)
    client.detach(attached)
    await until(async () => (await client.list())[0]?.idle === true, 'the mark')
    expect((await client.list())[0]).toMatchObject({ session_id, state: 'running' })
  })

  it('is available after a restart of the host, with its screen and all its output', async () => {
    const dataDir = `${temporaryFolder()}/data`
    const first = await startHost({ dataDir })
    const { session_id } = await localClient(first).create({ command: ['sh', '-c', 'seq 1 30000; exec cat'] })
    await until(async () => (await localClient(first).screen(session_id)).lines.includes('30000'))
    await first.stop()
    const second = await startHost({ dataDir })
    const client = webClient(second)
    expect(await client.list()).toEqual([])
    expect((await client.history.sessions()).sessions[0]).toMatchObject({ session_id, state: 'host_stopped' })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, EVERYTHING)
    expect(await nextEvent(attached, 'exit')).toMatchObject({ state: 'host_stopped' })
    expect(terminal.text).toBe(lines(1, 30_000))
    expect((await client.screen(session_id)).lines).toContain('30000')
  })
})

describe('history before the current screen', () => {
  it('is sent completely to a client that requests all of it, from the store if memory no longer has it', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'seq 1 800000; echo end; exec cat'] })
    await until(async () => (await client.screen(session_id)).lines.includes('end'), 'the end of the flood')
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, EVERYTHING)
    await nextEvent(attached, 'caught_up')
    // More than a session keeps in memory (TAIL_BYTES in session/log.ts).
    expect(terminal.bytes.length).toBeGreaterThan(6_000_000)
    expect(terminal.text === `${lines(1, 800_000)}end\r\n`).toBe(true)
  })

  it('is sent as far back as the client requests', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'seq 1 800000; echo end; exec cat'] })
    await until(async () => (await client.screen(session_id)).lines.includes('end'), 'the end of the flood')
    const terminal = new Recorder()
    await nextEvent(client.attach(session_id, terminal, { history_bytes: 1024 * 1024 }), 'caught_up')
    expect(terminal.bytes.length).toBeLessThan(1_500_000)
    expect(terminal.text.endsWith('800000\r\nend\r\n')).toBe(true)
    const none = new Recorder()
    await nextEvent(client.attach(session_id, none, { history_bytes: 0 }), 'caught_up')
    expect(none.bytes.length).toBeLessThan(200_000)
    expect(none.text).toContain('800000')
  })
})

describe('a client that has nothing and requests no history', () => {
  /** Rows on the screen, and those in the scrollback, oldest first. */
  const rowsOf = (screen: Screen, scrolled: number) => {
    const { normal } = coreOf(screen.terminal)._bufferService.buffers
    const first = Math.max(0, normal.ybase - scrolled)
    return Array.from({ length: normal.ybase - first + screen.rows }, (_, at) => {
      const line = normal.lines.get(first + at)!
      return `${line.isWrapped ? '…' : ''}${line.translateToString(true).trimEnd()}`
    })
  }
  const script = (count: number) =>
    `stty -echo; seq 1 ${count} | sed 's/.*/\x1b[3&8;5;&mrow & of many, longer than the terminal is wide, \x1b[1mso that it wraps, 漢字\x1b[m/'; printf '\x1b[5;40Hhere'; read go; echo more; exec cat`

  it.each([
    ['with little output: all of it', 550, true],
    ['with much output: a keyframe with a thousand rows of scrollback', 10_000, false],
  ])('receives a session %s', async (_, count, isAll) => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', script(count)], size: { cols: 60, rows: 20 } })
    const all = screenSink()
    const there = client.attach(session_id, all.sink, EVERYTHING)
    await until(async () => (await client.screen(session_id)).lines.some(line => line.includes('here')), 'its end')
    await until(() => all.screen.lines().some(line => line.includes('here')), 'the end of all')
    const cold = screenSink()
    const keyframes: number[] = []
    const attached = client.attach(session_id, cold.sink)
    attached.on('keyframe', ({ offset }) => keyframes.push(offset))
    await nextEvent(attached, 'caught_up')
    expect(attached.have).toEqual(there.have)
    expect(attached.have!.offset).toBeGreaterThan(isAll ? 40_000 : 900_000)
    expect(keyframes).toEqual([isAll ? 0 : expect.any(Number)])
    expect(cold.bytes).toBeLessThan(250_000)
    // Once more after output: state that was set before shows only then.
    for (let round = 0; round < 2; round++) {
      const scrolled = isAll ? Number.MAX_SAFE_INTEGER : 1_000
      expect(rowsOf(cold.screen, scrolled)).toEqual(rowsOf(all.screen, scrolled))
      expect(rowsOf(cold.screen, 1_000)).toHaveLength(1_020)
      for (const key of ['cursor', 'pen', 'modes', 'join'])
        expect(describeTerminal(cold.screen.terminal)[key]).toBe(describeTerminal(all.screen.terminal)[key])
      if (round === 0) there.type(bytesOf('\n'))
      await until(() => [all, cold].every(({ screen }) => screen.lines().some(line => line.includes('more'))), 'more')
    }
  })

  it('starts with a keyframe even in the middle of a flood, and ends with the same screen', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'seq 1 500000; echo end; exec cat'] })
    const all = screenSink()
    client.attach(session_id, all.sink, EVERYTHING)
    await until(async () => (await client.list())[0]!.bytes > 1_000_000, 'the flood')
    const cold = screenSink()
    const attached = client.attach(session_id, cold.sink)
    await nextEvent(attached, 'keyframe')
    await until(() => [all, cold].every(({ screen }) => screen.lines().includes('end')), 'the end of the flood')
    expect(rowsOf(cold.screen, 1_000)).toEqual(rowsOf(all.screen, 1_000))
  })

  it('receives the last screen of an ended session, with a thousand rows of scrollback', async () => {
    const dataDir = `${temporaryFolder()}/data`
    const first = await startHost({ dataDir })
    const { session_id } = await localClient(first).create({ command: ['sh', '-c', 'seq 1 300000; echo end'] })
    await until(async () => (await localClient(first).list())[0]?.state !== 'running')
    await first.stop()
    const client = webClient(await startHost({ dataDir }))
    const { screen, sink } = screenSink()
    await nextEvent(client.attach(session_id, sink), 'exit')
    const rows = rowsOf(screen, 1_000)
    expect(rows).toHaveLength(1_024)
    expect(rows.slice(-4)).toEqual(['299999', '300000', 'end', ''])
    expect(rows[0]).toBe(String(300_000 - 1_021))
  })
})

/** A terminal like a page's, with its scrollback. */
function screenSink() {
  const screen = new Screen({ cols: 80, rows: 24, scrollback: 10_000 })
  const counted = { bytes: 0 }
  const sink: TerminalSink = {
    write: (bytes, done) => {
      counted.bytes += bytes.length
      screen.write(bytes, done)
    },
    resize: (cols, rows) => screen.resize(cols, rows),
    reset: (cols, rows) => {
      screen.terminal.reset()
      screen.resize(cols, rows)
    },
  }
  return {
    screen,
    sink,
    get bytes() {
      return counted.bytes
    },
  }
}

it('skips a client that falls behind to the current screen, and reports what it missed', async () => {
  const host = await startHost()
  const client = webClient(host)
  const { session_id } = await client.create({
    command: ['sh', '-c', 'stty -echo; read go; seq 1 500000; echo end; exec cat'],
  })
  // A slow terminal: nothing is parsed until the flood is over.
  const waiting: (() => void)[] = []
  let slow = true
  const terminal = new Recorder()
  const write = terminal.write.bind(terminal)
  terminal.write = (bytes, done) => write(bytes, () => (slow ? waiting.push(done) : done()))
  const attached = client.attach(session_id, terminal, { window: 256 * 1024 })
  const missing: unknown[] = []
  attached.on('gap', message => missing.push(message))
  attached.type(bytesOf('\n'))
  await until(async () => (await client.screen(session_id)).lines.includes('end'), 'the end of the flood')
  slow = false
  for (const done of waiting.splice(0)) done()
  await terminal.shows('end')
  expect(missing).toContainEqual(expect.objectContaining({ reason: 'skipped' }))
  expect(terminal.bytes.length).toBeLessThan(2_000_000)
  expect(terminal.text).toContain('500000')
})

describe('a session with single_client', () => {
  it('rejects a second client, and keeps the place of one that reconnects', async () => {
    const host = await startHost({ single_client: true })
    const { client, drop } = phone(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    const other = localClient(host)
    expect((await nextEvent(other.attach(session_id, new Recorder()), 'failed')).code).toBe('session_busy')
    drop()
    await nextEvent(attached, 'session')
    expect((await nextEvent(other.attach(session_id, new Recorder()), 'failed')).code).toBe('session_busy')
    client.detach(attached)
    const third = new Recorder()
    await until(async () => (await client.list())[0]?.clients === 0)
    other.attach(session_id, third)
    await third.shows('ready')
  })
})
