// The settings of a running host, changed by the desktop's messages and observed from outside.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createHost, type Host } from '../../../main/host/host.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import { turnableClocks } from '../../support/clocks.ts'
import {
  bytesOf,
  cleanUp,
  freePort,
  localClient,
  newPhone,
  nextEvent,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** A host without options that override settings. */
async function startPlain(settings: object = {}): Promise<Host> {
  const webRoot = temporaryFolder()
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>On the Go</title>')
  const dataDir = temporaryFolder()
  writeFileSync(join(dataDir, 'settings.json'), JSON.stringify({ port: 0, bind: 'loopback', ...settings }))
  const host = await createHost({
    dataDir,
    webRoot,
    version: '0.0.0-test',
    shell: ['/bin/sh'],
    home: tmpdir(),
    env: { PATH: process.env.PATH, PS1: '$ ', LANG: 'C.UTF-8' },
  })
  onCleanUp(() => host.stop())
  return host
}

const fileOf = (host: Host) => join(host.dataDir, 'settings.json')
const inFile = (host: Host) => JSON.parse(readFileSync(fileOf(host), 'utf8')) as Record<string, unknown>

const health = async (port: number) => (await fetch(`http://127.0.0.1:${port}/health`)).status

describe('the settings', () => {
  it('are sent with their defaults and the names that options override', async () => {
    const host = await startHost()
    const { values, defaults, fixed } = await localClient(host).settings()
    expect(defaults).toEqual({
      session_megabytes: 50,
      total_megabytes: 2000,
      retention_days: 30,
      idle_hours: 24,
      end_busy: false,
      single_client: false,
      agents_may_control: false,
      device_days: 90,
      ask_again_days: 0,
      obscure_typing: false,
      keystore: 'off',
      upload_megabytes: 100,
      uploads_total_megabytes: 1000,
      push: true,
      notify_kinds: ['blocked', 'done', 'ended', 'failed', 'message', 'bell'],
      notify_trouble: true,
      login_environment: true,
      log_level: 'info',
      quiet_hours: null,
      ntfy: null,
      webhook: null,
      shell: null,
      port: null,
      bind: 'private',
      allow_hosts: [],
      tls: null,
    })
    expect(values).toEqual(defaults)
    expect(fixed).toEqual(['port', 'bind'])
  })

  it('do not change what an option overrides', async () => {
    const host = await startHost({ single_client: false })
    const client = localClient(host)
    await client.changeSettings({ single_client: true })
    expect(await client.settings()).toMatchObject({
      values: { single_client: true },
      fixed: expect.arrayContaining(['single_client']),
    })
    const { session_id } = await client.create({ command: ['cat'] })
    await nextEvent(client.attach(session_id, new Recorder()), 'caught_up')
    await nextEvent(localClient(host).attach(session_id, new Recorder()), 'caught_up')
  })

  it.each([
    ['an unknown setting', { sesion_megabytes: 5 }, /^sesion_megabytes/],
    ['a name that every object has', { constructor: 5 }, /^constructor/],
    ['a number out of bounds', { idle_hours: -1 }, /^idle_hours/],
    ['not a number', { total_megabytes: 'much' }, /^total_megabytes/],
    ['an impossible port', { port: 70_000 }, /^port/],
    ['an invalid address', { bind: 'here' }, /^bind: here is not an address/],
    ['an invalid host name', { allow_hosts: ['ok.example', 'no name'] }, /^allow_hosts\.1: no name is not a host name/],
    ['half a certificate', { tls: { cert: '/a' } }, /^tls/],
    ['a shell that does not exist', { shell: '/no/such/shell' }, /^shell: \/no\/such\/shell/],
    ['an empty shell', { shell: [] }, /^shell/],
    ['one good and one bad', { device_days: 5, retention_days: -3 }, /^retention_days/],
  ])('reject %s by name, and nothing changes', async (_what, change, why) => {
    const host = await startPlain()
    const client = localClient(host)
    const before = readFileSync(fileOf(host), 'utf8')
    const { values } = await client.settings()
    await expect(client.changeSettings(change)).rejects.toMatchObject({
      code: 'settings_invalid',
      message: expect.stringMatching(why),
    })
    expect((await client.settings()).values).toEqual(values)
    expect(readFileSync(fileOf(host), 'utf8')).toBe(before)
  })

  it('are only for the desktop, not for a phone with full access', async () => {
    const host = await startHost()
    const phone = webClient(host)
    await expect(phone.settings()).rejects.toMatchObject({ code: 'forbidden' })
    await expect(phone.changeSettings({ shell: '/bin/cat' })).rejects.toMatchObject({ code: 'forbidden' })
    expect((await localClient(host).settings()).values.shell).toBe(null)
  })
})

describe('the file', () => {
  it('contains only what was set, with mode 0600, and null removes it', async () => {
    const host = await startPlain()
    const client = localClient(host)
    await client.changeSettings({ device_days: 5, single_client: true })
    expect(inFile(host)).toEqual({ port: 0, bind: 'loopback', device_days: 5, single_client: true })
    expect(statSync(fileOf(host)).mode & 0o777).toBe(0o600)
    await client.changeSettings({ device_days: null })
    expect(inFile(host)).toEqual({ port: 0, bind: 'loopback', single_client: true })
    expect((await client.settings()).values.device_days).toBe(90)
  })

  it('survives a restart of the host', async () => {
    const host = await startHost()
    await localClient(host).changeSettings({ retention_days: 3 })
    await host.stop()
    const again = await startHost({ dataDir: host.dataDir })
    expect((await localClient(again).settings()).values.retention_days).toBe(3)
  })

  it('keeps changes that a user made in it while the host runs', async () => {
    const host = await startPlain()
    writeFileSync(fileOf(host), '{"port": 0, "bind": "loopback", "total_megabytes": 77}')
    const client = localClient(host)
    await client.changeSettings({ retention_days: 3 })
    expect(inFile(host)).toEqual({ port: 0, bind: 'loopback', total_megabytes: 77, retention_days: 3 })
    expect((await client.settings()).values).toMatchObject({ total_megabytes: 77, retention_days: 3 })
  })

  it('is not overwritten if it was damaged while the host runs', async () => {
    const host = await startPlain()
    writeFileSync(fileOf(host), '{"port": 0,')
    await expect(localClient(host).changeSettings({ retention_days: 3 })).rejects.toMatchObject({
      code: 'settings_invalid',
      message: expect.stringContaining(fileOf(host)),
    })
    expect(readFileSync(fileOf(host), 'utf8')).toBe('{"port": 0,')
  })

  it('leaves everything as it was, including the port, if it cannot be written', async () => {
    const host = await startPlain()
    const client = localClient(host)
    const { port } = host
    const block = `${fileOf(host)}.new`
    mkdirSync(join(block, 'x'), { recursive: true })
    const other = await freePort()
    await expect(client.changeSettings({ port: other, single_client: true })).rejects.toMatchObject({
      code: 'data_dir_unusable',
    })
    expect((await client.settings()).values).toMatchObject({ port: 0, single_client: false })
    expect(await health(host.port)).toBe(200)
    expect(host.port).not.toBe(other)
    expect(host.port).toBe(port)
    rmSync(block, { recursive: true })
    await client.changeSettings({ single_client: true })
    expect((await client.settings()).values.single_client).toBe(true)
  })

  it('contains both of two simultaneous changes', async () => {
    const host = await startPlain()
    const [one, other] = [localClient(host), localClient(host)]
    await Promise.all([one.changeSettings({ device_days: 5 }), other.changeSettings({ retention_days: 6 })])
    expect((await one.settings()).values).toMatchObject({ device_days: 5, retention_days: 6 })
  })
})

describe('a change', () => {
  it('is sent to watching clients', async () => {
    const host = await startHost()
    const watching = localClient(host)
    const told: HostMessageOf<'settings'>[] = []
    watching.on('settings', settings => told.push(settings))
    watching.watchSettings()
    await until(() => told.length === 1)
    await localClient(host).changeSettings({ idle_hours: 2 })
    await until(() => told.length === 2)
    expect(told[1]!.values.idle_hours).toBe(2)
  })

  it('applies the shell to the next session', async () => {
    const host = await startHost()
    const client = localClient(host)
    const before = await client.create({})
    await client.changeSettings({ shell: ['/bin/sh', '-c', 'echo mine; exec cat'] })
    const { session_id, command } = await client.create({})
    expect(command[2]).toBe('echo mine; exec cat')
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('mine')
    await client.changeSettings({ shell: 'cat' })
    expect((await client.create({})).command).toEqual(['cat'])
    await client.changeSettings({ shell: null })
    expect((await client.create({})).command).toEqual(['/bin/sh'])
    expect((await client.list()).find(one => one.session_id === before.session_id)?.state).toBe('running')
  })

  it('applies the limit of one client at a time to a running session', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['cat'] })
    await nextEvent(client.attach(session_id, new Recorder()), 'caught_up')
    await client.changeSettings({ single_client: true })
    const refused = await nextEvent(localClient(host).attach(session_id, new Recorder()), 'failed')
    expect(refused.code).toBe('session_busy')
    await client.changeSettings({ single_client: false })
    await nextEvent(localClient(host).attach(session_id, new Recorder()), 'caught_up')
  })

  it('applies idle_hours to a session that has already been silent', async () => {
    const clocks = turnableClocks()
    const host = await startHost({ clocks })
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['sleep', '1000'] })
    const state = async () => (await client.list()).find(one => one.session_id === session_id)
    // The shortest value is 36 s, longer than a test can wait.
    clocks.pass(60_000)
    await client.changeSettings({ idle_hours: 0.01 })
    expect(await state()).toMatchObject({ state: 'running', idle: true })
    await client.changeSettings({ idle_hours: 24 })
    expect(await state()).toMatchObject({ state: 'running', idle: false })
    await client.changeSettings({ idle_hours: 0.01, end_busy: true })
    await until(async () => (await state())?.state === 'expired')
  })

  it('applies the limits: the history is trimmed', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'seq 1 600000; echo end; exec cat'] })
    await until(async () => (await client.screen(session_id)).lines.includes('end'), 'the end of the flood')
    const stored = async () => {
      const terminal = new Recorder()
      const attached = client.attach(session_id, terminal, { history_bytes: 1e12, catch_up_bytes: 1e12 })
      await nextEvent(attached, 'caught_up')
      client.detach(attached)
      return terminal.bytes.length
    }
    expect(await stored()).toBeGreaterThan(4_500_000)
    await client.changeSettings({ session_megabytes: 1 })
    await until(async () => (await stored()) < 3_000_000, 'the trimmed history')
  })

  it('applies device_days: a device that did not connect for longer is unknown', async () => {
    const clocks = turnableClocks()
    const host = await startHost({ clocks })
    const client = localClient(host)
    await newPhone(host)
    await until(async () => (await client.devices()).devices[0]?.connected === 0)
    clocks.pass(2 * 24 * 3_600_000)
    await client.changeSettings({ device_days: 1 })
    expect((await client.devices()).devices).toEqual([])
  })
})

describe('reopening the network side', () => {
  it('listens on another port, while sessions continue', async () => {
    const host = await startPlain({ port: await freePort() })
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await nextEvent(attached, 'caught_up')
    const before = host.port
    const port = await freePort()
    await client.changeSettings({ port })
    expect(host.port).toBe(port)
    expect(await health(port)).toBe(200)
    await expect(health(before)).rejects.toThrow()
    attached.type(bytesOf('still here\n'))
    await terminal.shows('still here')
  })

  it('lets a connected phone reconnect by itself', async () => {
    const host = await startPlain({ port: await freePort() })
    const phone = webClient(host)
    // Right after its start, the process may still have the host's listening sockets.
    const { session_id } = await phone.create({ command: ['cat'] })
    const terminal = new Recorder()
    const attached = phone.attach(session_id, terminal)
    await nextEvent(attached, 'caught_up')
    const { port } = host
    const lost = new Promise<void>(resolve => phone.on('state', ({ name }) => name === 'waiting' && resolve()))
    await localClient(host).changeSettings({ allow_hosts: ['phone.example'] })
    expect(host.port).toBe(port)
    await lost
    await until(() => phone.state.name === 'ready')
    attached.type(bytesOf('typed after it\n'))
    await terminal.shows('typed after it')
  })

  it('accepts an added name, and rejects a removed one', async () => {
    const host = await startPlain({ port: await freePort() })
    const client = localClient(host)
    const { request } = await import('node:http')
    const ask = () =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port: host.port, path: '/health', headers: { host: 'tunnel.example' } }, answer =>
          resolve(answer.resume().statusCode),
        )
          .once('error', reject)
          .end()
      })
    expect(await ask()).toBe(421)
    await client.changeSettings({ allow_hosts: ['tunnel.example'] })
    expect(await ask()).toBe(200)
    await client.changeSettings({ allow_hosts: [] })
    expect(await ask()).toBe(421)
  })

  it('puts the new port into the shown code', async () => {
    const host = await startPlain({ port: await freePort() })
    const client = localClient(host)
    const ports: string[] = []
    client.on('pairing', ({ addresses }) => ports.push(new URL(addresses[0]!.url).port))
    client.showPairing()
    await until(() => ports.length > 0)
    const port = await freePort()
    await client.changeSettings({ port })
    await until(() => ports.at(-1) === String(port))
  })

  it.each([
    ['a port that is taken', async (taken: number) => ({ port: taken }), 'port_in_use'],
    ['an address that this computer does not have', async () => ({ bind: '192.0.2.1' }), 'bind_refused'],
    ['a certificate that does not exist', async () => ({ tls: { cert: '/no/cert', key: '/no/key' } }), 'tls_unusable'],
  ])('rejects %s, and keeps the old configuration', async (_what, change, code) => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    onCleanUp(() => taken.close())
    const host = await startPlain({ port: await freePort() })
    const { port } = host
    const client = localClient(host)
    const asked = await change((taken.address() as AddressInfo).port)
    await expect(client.changeSettings(asked)).rejects.toMatchObject({ code })
    expect(host.port).toBe(port)
    expect(await health(port)).toBe(200)
    expect(inFile(host)).toEqual({ port, bind: 'loopback' })
    // And it can be changed afterwards.
    const other = await freePort()
    await client.changeSettings({ port: other })
    expect(await health(other)).toBe(200)
  })
})
