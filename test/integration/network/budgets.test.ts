// What a paired device can take from the other clients of a host.
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { Host } from '../../../main/host/host.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { MAX_WINDOW_BYTES } from '../../../protocol/limits.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  localClient,
  nextEvent,
  openSocket,
  Recorder,
  startHost,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** A phone that may only look. */
async function lookingPhone(host: Host): Promise<LocalClient> {
  const desk = await approvingDesktop(host)
  const before = new Set((await desk.devices()).devices.map(({ device_id }) => device_id))
  const client = webClient(host)
  await client.connect()
  const { devices } = await desk.devices()
  const { device_id } = devices.find(one => !before.has(one.device_id))!
  await desk.updateDevice(device_id, { read_only: true })
  await until(() => client.state.name === 'ready' && client.host?.read_only, 'the phone to be back')
  return client
}

async function shell(client: LocalClient) {
  const { session_id } = await client.create({ command: ['sh', '-c', 'echo ready; exec cat'] })
  return session_id
}

describe('case 99: with single_client, a client that only looks', () => {
  it('gives way to a client that types', async () => {
    const host = await startHost({ single_client: true })
    const owner = localClient(host)
    const session_id = await shell(owner)
    const looker = await lookingPhone(host)
    const seen = new Recorder()
    const looking = looker.attach(session_id, seen)
    await seen.shows('ready')
    const failed = nextEvent(looking, 'failed')
    const terminal = new Recorder()
    owner.attach(session_id, terminal).type(bytesOf('hello\n'))
    await terminal.shows('hello')
    expect((await failed).code).toBe('session_busy')
  })

  it('is refused while another is attached, and keeps no place of one that reconnects', async () => {
    const host = await startHost({ single_client: true })
    const owner = webClient(host)
    await owner.connect()
    const session_id = await shell(owner)
    const terminal = new Recorder()
    const attached = owner.attach(session_id, terminal)
    await terminal.shows('ready')
    const looker = await lookingPhone(host)
    const another = await lookingPhone(host)
    for (const client of [looker, another])
      expect((await nextEvent(client.attach(session_id, new Recorder()), 'failed')).code).toBe('session_busy')
    owner.detach(attached)
    await until(async () => (await looker.list())[0]?.clients === 0)
    const seen = new Recorder()
    looker.attach(session_id, seen)
    await seen.shows('ready')
    expect((await nextEvent(another.attach(session_id, new Recorder()), 'failed')).code).toBe('session_busy')
    const again = new Recorder()
    owner.attach(session_id, again)
    await again.shows('ready')
  })
})

it('case 99: one device has one export, and phones leave a place for the desktop', async () => {
  const host = await startHost()
  const desk = localClient(host)
  const { session_id } = await desk.create({ command: ['seq', '1', '300000'] })
  await until(async () => (await desk.list())[0]?.state === 'exited')
  const never = () => new Promise<void>(() => {})
  const phones = [webClient(host), webClient(host), webClient(host), webClient(host)]
  const began: Promise<void>[] = []
  for (const phone of phones.slice(0, 3)) {
    await phone.connect()
    let hasBegun = () => {}
    began.push(
      new Promise(resolve => {
        hasBegun = resolve
      }),
    )
    const take = () => {
      hasBegun()
      return never()
    }
    phone.history.export(session_id, { format: 'raw' }, take).catch(() => {})
  }
  await Promise.all(began)
  const refused = { code: 'history_busy' }
  await expect(phones[0]!.history.export(session_id, { format: 'raw' }, () => {})).rejects.toMatchObject(refused)
  // Another phone waits for its turn.
  await phones[3]!.connect()
  const stop = new AbortController()
  let beats = 0
  const progress = () => void beats++
  const waits = phones[3]!.history.export(session_id, { format: 'raw', signal: stop.signal, progress }, () => {})
  await until(() => beats > 0, 'a sign that it waits')
  stop.abort()
  await expect(waits).rejects.toMatchObject({ code: 'cancelled' })
  expect((await desk.history.export(session_id, { format: 'raw' }, () => {})).bytes).toBeGreaterThan(1_000_000)
})

it('case 100: what a read-only device views still needs attention, until another client views it', async () => {
  const host = await startHost()
  const desk = localClient(host)
  const { session_id } = await desk.create({ command: ['sh', '-c', "echo ready; read x; printf 'rung\\a'; exec cat"] })
  const looker = await lookingPhone(host)
  const seen = new Recorder()
  const looking = looker.attach(session_id, seen)
  looking.setPresent(true)
  await seen.shows('ready')
  const typist = desk.attach(session_id, new Recorder(), { window: 0 })
  typist.type(bytesOf('\n'))
  const attention = async () => (await desk.list())[0]?.attention?.kind
  await until(async () => (await attention()) === 'bell', 'the bell, while a read-only device views the session')
  looking.setPresent(false)
  looking.setPresent(true)
  await looker.list()
  expect(await attention()).toBe('bell')
  desk.attach(session_id, new Recorder())
  await until(async () => (await attention()) === undefined)
})

it('case 98: a device that reads nothing gets no more than its budget, and the rest when it reads', async () => {
  const host = await startHost()
  const desk = localClient(host)
  const script = 'stty -echo; echo ready; read x; head -c 7000000 /dev/urandom | base64; echo the end; exec cat'
  const ids: string[] = []
  for (let n = 0; n < 3; n++) ids.push((await desk.create({ command: ['sh', '-c', script] })).session_id)
  let socket: WebSocket | undefined
  const phone = webClient(host, {
    via: async () => {
      socket = await openSocket(host)
      return socketTransport(socket)
    },
  })
  await phone.connect()
  const screens = ids.map(id => {
    const terminal = new Recorder()
    phone.attach(id, terminal, { window: MAX_WINDOW_BYTES, catch_up_bytes: Number.MAX_SAFE_INTEGER })
    return terminal
  })
  for (const terminal of screens) await terminal.shows('ready')
  socket!.pause()
  for (const id of ids) desk.attach(id, new Recorder(), { window: 0 }).type(bytesOf('\n'))
  for (const id of ids)
    await until(async () => (await desk.screen(id)).lines.includes('the end'), 'the output, which no one waits for')
  expect(screens.every(({ text }) => !text.includes('the end'))).toBe(true)
  socket!.resume()
  for (const terminal of screens) {
    await terminal.shows('the end')
    expect(terminal.bytes.length).toBeGreaterThan(9_000_000)
  }
})
