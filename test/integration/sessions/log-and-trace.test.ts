// The host's log and the frame trace: what their lines say, and that they never contain what terminals print.
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import { FrameTrace } from '../../../main/host/log/frame-trace.ts'
import { createLog } from '../../../main/host/log/host-log.ts'
import { ackFrame, inputFrames, jsonFrames } from '../../../protocol/frames.ts'
import { environment, otg, sessions, start } from '../../support/cli.ts'
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

afterEach(cleanUp)

type Line = Record<string, unknown>

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))

const logOf = (host: Host) => linesOf(join(host.dataDir, 'host.log'))

const isPrivate = (file: string) => (statSync(file).mode & 0o777).toString(8)

describe('the log', () => {
  it('names the connection of a client and the session on each line about them', async () => {
    const host = await startHost({ log_level: 'debug' })
    const client = webClient(host)
    const { session_id } = await client.create({})
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('$')
    await client.kill(session_id)
    await host.stop()
    const log = logOf(host)
    const line = (msg: string) => log.find(one => one.msg === msg && (one.session ?? session_id) === session_id)
    const { connection } = line('session created')!
    expect(connection).toEqual(expect.any(Number))
    expect(log.filter(one => one.connection === connection).map(one => one.msg)).toEqual(
      expect.arrayContaining(['channel opened', 'client connected', 'session created', 'attached', 'client gone']),
    )
    for (const msg of ['session created', 'attached', 'session is killed', 'session ended'])
      expect(line(msg)).toMatchObject({ session: session_id })
    const others = log.filter(one => one.msg === 'client connected').map(one => one.connection)
    expect(new Set(others).size).toBe(others.length)
  })

  it('has no lines below its level', async () => {
    const folder = temporaryFolder()
    const log = createLog(join(folder, 'host.log'), 'warn')
    const client = log.child({ connection: 1 })
    for (const one of [log, client])
      for (const level of ['debug', 'info', 'warn', 'error'] as const) one[level]({}, level)
    log.close()
    expect(linesOf(join(folder, 'host.log')).map(({ msg, connection }) => [msg, connection])).toEqual([
      ['warn', undefined],
      ['error', undefined],
      ['warn', 1],
      ['error', 1],
    ])
  })

  it('has another level from the moment when the setting changes, also for what is open', async () => {
    const host = await startHost()
    const client = localClient(host)
    await client.list()
    await client.changeSettings({ log_level: 'error' })
    const before = logOf(host).length
    await expect(client.changeSettings({ log_level: 'loud' })).rejects.toMatchObject({ code: 'settings_invalid' })
    await client.create({ command: ['true'] })
    await until(async () => (await client.list())[0]?.state === 'exited')
    // A line about the change itself may still be of the old level.
    expect(
      logOf(host)
        .slice(before)
        .map(({ level }) => level),
    ).toEqual([])
    await client.changeSettings({ log_level: 'debug' })
    await client.create({ command: ['true'] })
    await until(() => logOf(host).some(({ msg }) => msg === 'session ended'))
  })
})

describe('otg host', () => {
  it('takes the level from OTG_LOG and the trace file from --trace', async () => {
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const env = { ...environment(dataDir), OTG_LOG: 'error' }
    const host = start(dataDir, ['host', '--port', '0', '--trace', 'trace'], { env, cwd: folder })
    await until(() => host.stdout().includes('http'))
    await sessions(dataDir)
    host.child.kill('SIGTERM')
    expect(await host.finished).toMatchObject({ code: 0 })
    expect(readFileSync(join(dataDir, 'host.log'), 'utf8')).toBe('')
    expect(linesOf(join(folder, 'trace'))).toContainEqual(expect.objectContaining({ direction: 'in', type: 'list' }))
  })

  it('takes the level from --log-level rather than from OTG_LOG', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const env = { ...environment(dataDir), OTG_LOG: 'debug' }
    const host = start(dataDir, ['host', '--port', '0', '--log-level', 'error'], { env })
    await until(() => host.stdout().includes('http'))
    await sessions(dataDir)
    host.child.kill('SIGTERM')
    expect(await host.finished).toMatchObject({ code: 0 })
    expect(readFileSync(join(dataDir, 'host.log'), 'utf8')).toBe('')
    const { code, stderr } = await otg(dataDir, ['host', '--log-level', 'loud'])
    expect([code, stderr]).toEqual([
      2,
      'otg: --log-level takes debug, info, warn, error, not loud; see: otg host --help\n',
    ])
  })

  it('rejects a level that does not exist', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const { code, stderr } = await otg(dataDir, ['host'], { env: { ...environment(dataDir), OTG_LOG: 'loud' } })
    expect(code).toBe(2)
    expect(stderr).toBe('otg: OTG_LOG takes debug, info, warn, error, not loud; see: otg host --help\n')
  })
})

describe('the frame trace', () => {
  it('has a line per frame of each connection, without contents, readable by its user only', async () => {
    const trace = join(temporaryFolder(), 'trace')
    writeFileSync(trace, 'from an earlier host', { mode: 0o644 })
    const host = await startHost({ trace })
    const client = localClient(host)
    const { session_id } = await client.create({})
    const terminal = new Recorder()
    const attachment = client.attach(session_id, terminal)
    attachment.type(bytesOf('echo canary-$((1000 + 234))\r'))
    await terminal.shows('canary-1234')
    await host.stop()
    expect(isPrivate(trace)).toBe('600')
    expect(readFileSync(trace, 'utf8')).not.toMatch(/canary|earlier/)
    const lines = linesOf(trace)
    const [hello] = lines
    expect(hello).toEqual({
      time: expect.any(Number),
      connection: expect.any(Number),
      direction: 'in',
      kind: 'json',
      length: expect.any(Number),
      type: 'hello',
    })
    const mine = lines.filter(({ connection }) => connection === hello!.connection)
    const seen = (line: Line) => expect(mine).toContainEqual(expect.objectContaining(line))
    seen({ direction: 'out', kind: 'json', type: 'welcome' })
    seen({ direction: 'in', kind: 'json', type: 'attach', request_id: expect.any(Number) })
    seen({ direction: 'in', kind: 'input', handle: 1, seq: expect.any(Number) })
    seen({ direction: 'out', kind: 'output', handle: 1, offset: expect.any(Number), size: expect.any(Number) })
    seen({ direction: 'in', kind: 'ack', handle: 1, offset: expect.any(Number) })
  })

  it('ends with a line that reports that it is full', () => {
    const folder = temporaryFolder()
    const log = createLog(join(folder, 'host.log'))
    const trace = new FrameTrace(join(folder, 'trace'), log, 1_000)
    onCleanUp(() => log.close())
    const connection = trace.connection(7)
    for (let i = 0; i < 100; i++) connection.sent(ackFrame(1, i))
    trace.close()
    const lines = linesOf(join(folder, 'trace'))
    expect(lines.at(-1)).toEqual({ time: expect.any(Number), ended: 'the trace is full' })
    expect(lines.length).toBeGreaterThan(5)
    expect(statSync(join(folder, 'trace')).size).toBeLessThan(1_100)
    expect(linesOf(join(folder, 'host.log'))).toMatchObject([{ msg: 'the trace of frames is full and ends' }])
  })

  it('case 107: replaces a link of its name and does not follow it', () => {
    const folder = temporaryFolder()
    const log = createLog(join(folder, 'host.log'))
    onCleanUp(() => log.close())
    writeFileSync(join(folder, 'victim'), 'untouched')
    symlinkSync(join(folder, 'victim'), join(folder, 'trace'))
    const trace = new FrameTrace(join(folder, 'trace'), log)
    trace.connection(7).sent(ackFrame(1, 1))
    trace.close()
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched')
    expect(linesOf(join(folder, 'trace'))).toHaveLength(1)
    expect(statSync(join(folder, 'trace')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['host.log', 'trace', 'victim'])
  })

  it('names a message that spans several frames on its last one, and continues after invalid frames', () => {
    const folder = temporaryFolder()
    const log = createLog(join(folder, 'host.log'))
    const trace = new FrameTrace(join(folder, 'trace'), log)
    onCleanUp(() => log.close())
    const connection = trace.connection(1)
    const long = jsonFrames({ type: 'rename', request_id: 3, title: 'x'.repeat(100_000) })
    expect(long.length).toBeGreaterThan(1)
    for (const frame of long) connection.received(frame)
    connection.received(new Uint8Array([9, 0, 1]))
    connection.received(jsonFrames({ type: 'not a message name: canary' })[0]!)
    for (const frame of inputFrames(2, 5, bytesOf('canary'))) connection.received(frame)
    trace.close()
    expect(readFileSync(join(folder, 'trace'), 'utf8')).not.toContain('canary')
    expect(linesOf(join(folder, 'trace'))).toMatchObject([
      ...long.slice(1).map(() => ({ kind: 'json', more: true })),
      { kind: 'json', type: 'rename', request_id: 3 },
      { kind: 'unknown', length: 3, invalid: true },
      { kind: 'json' },
      { kind: 'input', handle: 2, seq: 5 },
    ])
  })

  it('keeps a host from starting when its file cannot be written', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const trace = join(dataDir, 'no', 'such', 'folder')
    await expect(startHost({ dataDir, trace })).rejects.toMatchObject({ code: 'trace_unusable' })
    expect(existsSync(join(dataDir, 'host.json'))).toBe(false)
  })
})
