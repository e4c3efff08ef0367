import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_PORT } from '../../../main/host/host.ts'
import { encodeBase64url } from '../../../protocol/channel/keys.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  connectWebSocket,
  localClient,
  nextEvent,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { pairingUrl, pairPhone, parsePairingUrl } from '../../support/pairing.ts'

afterEach(cleanUp)

it('disconnects clients, ends processes, and removes the socket, host.json and the WAL when it stops', async () => {
  const host = await startHost()
  const client = localClient(host)
  const phone = webClient(host, { reconnect: false })
  await phone.connect()
  const { session_id, pid } = await client.create({ command: ['sleep', '1000'] })
  await host.stop()
  expect(() => process.kill(pid!, 0)).toThrow()
  expect(existsSync(join(host.dataDir, 'otg.sock'))).toBe(false)
  expect(existsSync(join(host.dataDir, 'host.json'))).toBe(false)
  expect(existsSync(join(host.dataDir, 'otg.db-wal'))).toBe(false)
  await until(() => phone.state.name === 'closed')
  const database = new Database(join(host.dataDir, 'otg.db'), { readonly: true })
  onCleanUp(() => database.close())
  expect(database.prepare('SELECT state FROM sessions WHERE session_id = ?').get(session_id)).toEqual({
    state: 'host_stopped',
  })
})

it('kills a process that ignores SIGHUP when it stops', async () => {
  const host = await startHost()
  const client = localClient(host)
  const { session_id, pid } = await client.create({
    command: ['sh', '-c', 'trap "" HUP TERM INT; echo ready; while :; do sleep 0.1; done'],
  })
  const terminal = new Recorder()
  client.attach(session_id, terminal)
  await terminal.shows('ready')
  await host.stop()
  expect(() => process.kill(pid!, 0)).toThrow()
})

it('does not start on a data folder that another host uses, and names its process', async () => {
  const host = await startHost()
  const second = startHost({ dataDir: host.dataDir })
  await expect(second).rejects.toMatchObject({
    code: 'host_running',
    message: expect.stringContaining(`pid ${process.pid}`),
  })
})

it('starts on the data folder of a host that crashed, and marks its sessions as crashed', async () => {
  const host = await startHost()
  await localClient(host).create({ command: ['cat'] })
  await host.stop()
  const database = new Database(join(host.dataDir, 'otg.db'))
  database.exec("UPDATE sessions SET state = 'running'")
  database.close()
  writeFileSync(join(host.dataDir, 'otg.sock'), '')
  const again = await startHost({ dataDir: host.dataDir })
  expect(await localClient(again).list()).toEqual([])
  await again.stop()
  const after = new Database(join(host.dataDir, 'otg.db'), { readonly: true })
  onCleanUp(() => after.close())
  expect(after.prepare('SELECT state FROM sessions').all()).toEqual([{ state: 'host_crashed' }])
})

it('fails for a port that is taken, and leaves nothing behind', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onCleanUp(() => server.close())
  await until(() => server.listening)
  const { port } = server.address() as { port: number }
  const dataDir = join(temporaryFolder(), 'data')
  await expect(startHost({ port, dataDir })).rejects.toMatchObject({ code: 'port_in_use' })
  expect(existsSync(join(dataDir, 'otg.sock'))).toBe(false)
  await startHost({ dataDir })
})

it('uses another port if the default one is taken, and says so', async () => {
  const server = createServer()
  onCleanUp(() => server.close())
  await new Promise<void>(resolve => {
    server.once('error', () => resolve()) // taken already: just as good
    server.listen(DEFAULT_PORT, '127.0.0.1', () => resolve())
  })
  const webRoot = temporaryFolder()
  writeFileSync(join(webRoot, 'index.html'), '')
  const { createHost } = await import('../../../main/host/host.ts')
  const host = await createHost({
    dataDir: join(temporaryFolder(), 'data'),
    webRoot,
    version: '0',
    shell: ['/bin/sh'],
    home: '/',
    env: process.env,
  })
  onCleanUp(() => host.stop())
  expect(host.otherPort).toBe(true)
  expect(host.port).not.toBe(DEFAULT_PORT)
})

it('fails for a folder that cannot be written', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(startHost({ dataDir: join(file, 'data') })).rejects.toMatchObject({ code: 'data_dir_unusable' })
})

it('fails for a database of a newer version, and does not change it', async () => {
  const host = await startHost()
  await host.stop()
  const file = join(host.dataDir, 'otg.db')
  const database = new Database(file)
  database.pragma('user_version = 9999')
  database.close()
  await expect(startHost({ dataDir: host.dataDir })).rejects.toMatchObject({ code: 'store_newer' })
  const after = new Database(file, { readonly: true })
  onCleanUp(() => after.close())
  expect(after.pragma('user_version', { simple: true })).toBe(9999)
})

it('fails for a file that is not a database, and does not change it', async () => {
  const dataDir = temporaryFolder()
  writeFileSync(join(dataDir, 'otg.db'), 'this is no database, '.repeat(100))
  await expect(startHost({ dataDir })).rejects.toMatchObject({ code: 'store_damaged' })
  expect(readFileSync(join(dataDir, 'otg.db'), 'utf8')).toMatch(/^this is no database/)
})

it('fails without a built web client', async () => {
  await expect(startHost({ webRoot: temporaryFolder() })).rejects.toMatchObject({ code: 'web_client_missing' })
})

it('puts the socket of a data folder with a long name elsewhere', async () => {
  const dataDir = join(temporaryFolder(), 'd'.repeat(120))
  await startHost({ dataDir })
  const { socket } = JSON.parse(readFileSync(join(dataDir, 'host.json'), 'utf8')) as { socket: string }
  expect(socket.length).toBeLessThan(104)
  expect(statSync(socket).mode & 0o777).toBe(0o600)
})

describe('settings.json', () => {
  const withSettings = (text: string) => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'settings.json'), text)
    return startHost({ dataDir })
  }

  it.each([
    ['invalid JSON', '{', /not JSON/],
    ['an unknown setting', '{"sesion_megabytes": 5}', /sesion_megabytes/],
    ['a value out of bounds', '{"idle_hours": -1}', /idle_hours/],
    ['a value of the wrong kind', '{"single_client": "yes"}', /single_client/],
  ])('keeps the host from starting when it contains %s, and the error says why', async (_what, text, why) => {
    await expect(withSettings(text)).rejects.toMatchObject({
      code: 'settings_invalid',
      message: expect.stringMatching(why),
    })
  })

  it('is applied when the host starts', async () => {
    const host = await withSettings('{"single_client": true}')
    const client = webClient(host)
    const { session_id } = await client.create({ command: ['cat'] })
    await nextEvent(client.attach(session_id, new Recorder()), 'caught_up')
    const failed = await nextEvent(localClient(host).attach(session_id, new Recorder()), 'failed')
    expect(failed.code).toBe('session_busy')
  })
})

describe('the host’s files', () => {
  const modes = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder)
        .map(name => [name, statSync(join(folder, name))] as const)
        .filter(([, stat]) => !stat.isDirectory())
        .map(([name, stat]) => [name, (stat.mode & 0o777).toString(8)]),
    )

  it('case 50: have mode 0600 in a 0700 folder, even under umask 000', async () => {
    const before = process.umask(0)
    onCleanUp(() => process.umask(before))
    const host = await startHost()
    const client = localClient(host)
    await client.create({ command: ['cat'] })
    expect((statSync(host.dataDir).mode & 0o777).toString(8)).toBe('700')
    const found = modes(host.dataDir)
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['otg.db', 'otg.db-wal', 'host.log', 'host.json', 'otg.sock', 'lock.db']),
    )
    expect(new Set(Object.values(found))).toEqual(new Set(['600']))
    expect((statSync(join(host.dataDir, 'rules')).mode & 0o777).toString(8)).toBe('700')
  })

  it('case 51: lose too-open permissions', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    mkdirSync(dataDir)
    chmodSync(dataDir, 0o755)
    for (const name of ['otg.db', 'host.log']) writeFileSync(join(dataDir, name), '', { mode: 0o644 })
    await startHost({ dataDir })
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700')
    expect(new Set(Object.values(modes(dataDir)))).toEqual(new Set(['600']))
  })
})

it('case 52: the log contains neither the pairing secret nor what is typed or printed', async () => {
  const host = await startHost()
  const url = await pairingUrl(await approvingDesktop(host))
  const phone = await pairPhone(url, () => connectWebSocket(host))
  const client = webClient(host, { phone })
  const { session_id } = await client.create({})
  const terminal = new Recorder()
  const attached = client.attach(session_id, terminal)
  attached.type(bytesOf('echo canary-$((1000 + 234))\r'))
  await terminal.shows('canary-1234')
  await client.kill(session_id)
  await host.stop()
  const log = readFileSync(join(host.dataDir, 'host.log'), 'utf8')
  expect(log).toContain('client connected')
  expect(log).not.toContain('canary')
  for (const secret of [parsePairingUrl(url).secret, phone.keys.secretKey])
    expect(log).not.toContain(encodeBase64url(secret))
})
