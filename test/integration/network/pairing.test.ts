// Phones that pair, and attackers that must not: a real host, real sockets, real files.
import crypto from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { MAX_SPENT_CODES } from '../../../main/host/access/pairing.ts'
import type { Host } from '../../../main/host/host.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import { openChannel } from '../../../protocol/channel/channel.ts'
import { encodeBase64url, generateKeyPair, generateSecret, type Pairing } from '../../../protocol/channel/keys.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { inputFrames, jsonFrames } from '../../../protocol/frames.ts'
import { type ClientMessage, type HostMessage, VERSIONS } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { turnableClocks } from '../../support/clocks.ts'
import {
  bytesOf,
  cleanUp,
  connectWebSocket,
  localClient,
  newPhone,
  nextEvent,
  onCleanUp,
  openSocket,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { RawWebSocket } from '../../support/network/raw-websocket.ts'
import {
  answerPairingRequests,
  connectDesktop,
  nextPairing,
  openReturnChannel,
  type PhoneIdentity,
  pairingClient,
  pairingUrl,
  pairPhone,
  parsePairingUrl,
  requestPairing,
} from '../../support/pairing.ts'

afterEach(cleanUp)

/** A desktop that answers no request by itself. */
async function deskOf(host: Host): Promise<LocalClient> {
  const desk = await connectDesktop(host)
  onCleanUp(() => desk.close())
  return desk
}

/** The code that is currently shown. */
const shownBy = async (desk: LocalClient) => parsePairingUrl(await pairingUrl(desk))

interface Asking {
  client: LocalClient
  identity: PhoneIdentity
  connected: Promise<string>
}

/** A phone that has scanned the code; `connected` resolves with `ready` or the code of its refusal. */
function scan(host: Host, pairing: Pairing, { keys = generateKeyPair(), name = 'new phone' } = {}): Asking {
  const client = pairingClient(pairing, () => connectWebSocket(host), { keys, name })
  onCleanUp(() => client.close())
  const connected = client.connect().then(
    () => 'ready',
    error => error.code as string,
  )
  return { client, identity: { hostKey: pairing.hostKey, keys }, connected }
}

/** A phone that reconnects, and the outcome. */
function comesBack(host: Host, phone: PhoneIdentity): { client: LocalClient; connected: Promise<string> } {
  const client = webClient(host, { phone, reconnect: false })
  const connected = client.connect().then(
    () => 'ready',
    error => error.code as string,
  )
  return { client, connected }
}

const asks = (client: LocalClient) =>
  until(() => client.state.name === 'awaiting_approval', 'the phone to wait for an answer')

const requests = async (desk: LocalClient) => (await desk.devices()).requests
const devices = async (desk: LocalClient) => (await desk.devices()).devices

async function answer(desk: LocalClient, allow: boolean, read_only = false): Promise<void> {
  const [request] = await requests(desk)
  await desk.answerPairing(request!.pairing_id, { allow, read_only })
}

/** The first message of a phone's handshake, as an eavesdropper would record it. */
async function firstMessage(open: (transport: Transport) => unknown): Promise<Uint8Array> {
  return new Promise(resolve => {
    open({ start: () => {}, send: frame => resolve(frame.slice()), buffered: 0, close: () => {} })
  })
}

const pairing1 = ({ hostKey, secret }: Pairing, keys = generateKeyPair()) =>
  firstMessage(transport =>
    openChannel({ transport, mode: 'pair', psk: secret, staticKey: keys, remoteStatic: hostKey, suite: NATIVE_SUITE }),
  )

/** Passes on a phone's first handshake message; what it sends once it has the host's waits for `release`. */
function heldAfterHandshake(inner: Transport) {
  const held: Uint8Array[] = []
  let sent = 0
  let isFree = false
  let reach = () => {}
  const reached = new Promise<void>(resolve => {
    reach = resolve
  })
  const transport: Transport = {
    start: handlers => inner.start(handlers),
    send: frame => {
      if (sent++ === 0 || isFree) return inner.send(frame)
      held.push(frame)
      reach()
    },
    get buffered() {
      return inner.buffered
    },
    close: reason => inner.close(reason),
  }
  const release = () => {
    isFree = true
    for (const frame of held.splice(0)) inner.send(frame)
  }
  return { transport, reached, release }
}

/** Sends a first message; returns what came back, and how it ended. */
async function replay(host: Host, message: Uint8Array) {
  const socket = await openSocket(host)
  const heard: Buffer[] = []
  socket.on('message', (data: Buffer) => heard.push(data))
  const closed = closeOf(socket)
  socket.send(message)
  return { socket, heard, closed }
}

const closeOf = (socket: WebSocket) =>
  once(socket, 'close').then(([code, reason]) => `${code} ${(reason as Buffer).toString()}`)

/** A connection whose messages the test sends itself. */
async function speak(host: Host, phone: PhoneIdentity, inside?: Transport) {
  const transport = openReturnChannel(phone, inside ?? (await connectWebSocket(host)))
  const heard: HostMessage[] = []
  let closed: string | undefined
  transport.start({
    frame: frame => {
      if (frame[0] === 0) heard.push(JSON.parse(new TextDecoder().decode(frame.subarray(2))))
    },
    close: ({ code }) => {
      closed = code
    },
  })
  const say = (message: ClientMessage) => {
    for (const frame of jsonFrames(message)) transport.send(frame)
  }
  say({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } })
  return {
    transport,
    heard,
    say,
    closed: () => closed,
    answerTo: async (request_id: number) => {
      const find = () => heard.find(one => 'request_id' in one && one.request_id === request_id)
      await until(find, `an answer to ${request_id}`)
      return find()!
    },
  }
}

describe('cases 4 and 10: a replayed first message', () => {
  it('requests nothing, takes no place and does not spend the secret when a pairing phone sent it', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const keys = generateKeyPair()
    const message = await pairing1(pairing, keys)
    const replays = await Promise.all(Array.from({ length: 5 }, () => replay(host, message)))
    // The host has completed its part of the handshake each time, and waits for a transport frame.
    await until(() => replays.every(({ heard }) => heard.length === 1), 'the second messages')
    for (const { socket } of replays) socket.send(incompressibleBytes(64))
    for (const { closed } of replays) expect(await closed).toBe('4000 channel_refused')
    expect(await requests(desk)).toEqual([])
    const owner = scan(host, pairing, { keys })
    await asks(owner.client)
    expect(await requests(desk)).toHaveLength(1)
    // Now the secret is spent, and not even the handshake is answered.
    const late = await replay(host, message)
    expect(await late.closed).toBe('4000 channel_refused')
    expect(late.heard).toEqual([])
    await answer(desk, true)
    expect(await owner.connected).toBe('ready')
    expect(await devices(desk)).toHaveLength(1)
  })

  it('does not count as the phone when a paired phone sent it', async () => {
    const host = await startHost()
    const phone = await newPhone(host)
    const desk = await deskOf(host)
    await until(async () => (await devices(desk))[0]!.connected === 0)
    const [before] = await devices(desk)
    const message = await firstMessage(transport => openReturnChannel(phone, transport))
    const replays = await Promise.all(Array.from({ length: 3 }, () => replay(host, message)))
    await until(() => replays.every(({ heard }) => heard.length === 1), 'the second messages')
    expect(await devices(desk)).toEqual([before])
    for (const { socket } of replays) socket.send(Buffer.alloc(64))
    for (const { closed } of replays) expect(await closed).toBe('4000 channel_refused')
    expect(await devices(desk)).toEqual([before])
  })

  it('case 31: is disconnected in time when no frame follows it', async () => {
    const host = await startHost({ timing: { handshake_ms: 300 } })
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const { heard, closed } = await replay(host, await pairing1(pairing))
    expect(await closed).toBe('4000 channel_timeout')
    expect(heard).toHaveLength(1)
    expect(await requests(desk)).toEqual([])
  })
})

describe('cases 12 and 13: a pairing code', () => {
  it('a second phone is rejected, even after the first was admitted', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const first = scan(host, pairing)
    await asks(first.client)
    expect(await scan(host, pairing).connected).toBe('channel_refused')
    await answer(desk, true)
    expect(await first.connected).toBe('ready')
    expect(await scan(host, pairing).connected).toBe('channel_refused')
    expect(await requests(desk)).toEqual([])
  })

  it('exactly one of two simultaneous phones is admitted to wait, and the code is spent even if it is declined', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    // Both have completed the handshake before either sends a frame.
    const both = await Promise.all(
      [0, 1].map(async () => {
        const { hostKey, secret } = pairing
        const held = heldAfterHandshake(await connectWebSocket(host))
        const channel = openChannel({
          transport: held.transport,
          mode: 'pair',
          psk: secret,
          staticKey: generateKeyPair(),
          remoteStatic: hostKey,
          suite: NATIVE_SUITE,
        })
        const heard: string[] = []
        channel.start({
          frame: frame => heard.push(JSON.parse(new TextDecoder().decode(frame.subarray(2))).type),
          close: ({ code }) => heard.push(code),
        })
        await held.reached
        return { channel, heard, release: held.release }
      }),
    )
    const hello = { type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } }
    for (const { channel, release } of both) {
      channel.send(jsonFrames(hello)[0]!)
      release()
    }
    await until(() => both.every(({ heard }) => heard.length === 1), 'both to be told')
    expect(both.map(({ heard }) => heard[0]).sort()).toEqual(['awaiting_approval', 'channel_refused'])
    expect(await requests(desk)).toHaveLength(1)
    await answer(desk, false)
    await until(() => both.some(({ heard }) => heard.includes('error')), 'the no')
    expect(await scan(host, pairing).connected).toBe('channel_refused')
    expect(await devices(desk)).toEqual([])
  })

  it('the desktop shows a new code at once', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const changed = nextChange(desk)
    await asks(scan(host, pairing).client)
    const another = parsePairingUrl((await changed).addresses[0]!.url)
    expect(another.secret).not.toEqual(pairing.secret)
    await asks(scan(host, another).client)
    expect(await requests(desk)).toHaveLength(2)
  })
})

/** The next pairing message that is not a reply. */
function nextChange(desk: LocalClient) {
  return new Promise<Awaited<ReturnType<typeof nextPairing>>>(resolve => {
    const off = desk.on('pairing', message => {
      off()
      resolve(message)
    })
  })
}

it('cases 14 and 15: a wrong secret is rejected at the first message, and wrong attempts do not spend the right one', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  const { hostKey, secret } = await shownBy(desk)
  const flipped = secret.slice()
  flipped[31]! ^= 0x80
  for (const wrong of [flipped, new Uint8Array(32), generateSecret(), generateSecret()]) {
    const { heard, closed } = await replay(host, await pairing1({ hostKey, secret: wrong }))
    expect(await closed).toBe('4000 channel_refused')
    expect(heard).toEqual([])
  }
  await asks(scan(host, { hostKey, secret }).client)
})

describe('case 16: a phone that waits for approval', () => {
  it('is not enrolled, and can do nothing', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const phone = scan(host, pairing)
    await asks(phone.client)
    expect(await devices(desk)).toEqual([])
    expect(existsSync(join(host.dataDir, 'devices.json'))).toBe(false)
    // A message while it waits ends its connection.
    const insists = await speak(host, phone.identity)
    await until(() => insists.heard.some(({ type }) => type === 'awaiting_approval'))
    insists.say({ type: 'create', request_id: 1, spec: {} })
    await until(() => insists.closed())
    expect(insists.closed()).toBe('hello_expected')
    expect(await desk.list()).toEqual([])
    expect(await devices(desk)).toEqual([])
  })

  it('shows the same six digits as the desktop', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const seen: string[] = []
    const pairing = await shownBy(desk)
    const channel = openChannel({
      transport: await connectWebSocket(host),
      mode: 'pair',
      psk: pairing.secret,
      staticKey: generateKeyPair(),
      remoteStatic: pairing.hostKey,
      authenticated: ({ code }) => seen.push(code!),
    })
    channel.start({ frame: () => {}, close: () => {} })
    channel.send(jsonFrames({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } })[0]!)
    await until(async () => (await requests(desk)).length === 1)
    expect(seen).toEqual([(await requests(desk))[0]!.code])
    expect(seen[0]).toMatch(/^\d{6}$/)
  })

  it('is not enrolled when it is declined, and its key stays unknown', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    await answer(desk, false)
    expect(await phone.connected).toBe('pairing_refused')
    expect(await comesBack(host, phone.identity).connected).toBe('channel_refused')
    expect(await devices(desk)).toEqual([])
    expect(existsSync(join(host.dataDir, 'devices.json'))).toBe(false)
  })

  it('is not enrolled when it is approved on a full disk, hears why, and can be paired by a new code', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    const inTheWay = join(host.dataDir, 'devices.json.new')
    mkdirSync(inTheWay)
    await expect(answer(desk, true)).rejects.toMatchObject({ code: 'data_dir_unusable' })
    expect(await phone.connected).toBe('data_dir_unusable')
    expect(await devices(desk)).toEqual([])
    rmSync(inTheWay, { recursive: true })
    const again = scan(host, await shownBy(desk))
    await asks(again.client)
    await answer(desk, true)
    expect(await again.connected).toBe('ready')
  })
})

describe('a phone that is disconnected while it waits', () => {
  it.each([
    ['admitted', true, 'ready'],
    ['declined', false, 'channel_refused'],
  ])('reconnects after the answer and is %s', async (_what, allow, outcome) => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    phone.client.close()
    await answer(desk, allow)
    expect(await comesBack(host, phone.identity).connected).toBe(outcome)
  })

  it('continues to wait if it reconnects before the answer; a second connection of its key replaces the first', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    const [request] = await requests(desk)
    const again = comesBack(host, phone.identity)
    await asks(again.client)
    expect(await phone.connected).toBe('pairing_elsewhere')
    expect(await requests(desk)).toEqual([request])
    await answer(desk, true)
    expect(await again.connected).toBe('ready')
    await expect(desk.answerPairing(request!.pairing_id, { allow: false })).rejects.toMatchObject({
      code: 'pairing_unknown',
    })
    expect((await again.client.list()).length).toBe(0)
    expect(await devices(desk)).toHaveLength(1)
  })
})

it('case 115: the desktop learns that the name of a waiting phone looks like that of a paired one', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  const first = scan(host, await shownBy(desk), { name: 'Pixel 10' })
  await asks(first.client)
  expect((await requests(desk))[0]).toMatchObject({ name: 'Pixel 10', looks_like: null })
  await answer(desk, true)
  const [paired] = await devices(desk)
  const { name, created_at } = paired!
  const second = scan(host, await shownBy(desk), { name: '\u0420ixel lO' })
  await asks(second.client)
  expect((await requests(desk))[0]).toMatchObject({ name: '\u0420ixel lO', looks_like: { name, created_at } })
  await answer(desk, true)
  expect((await devices(desk)).map(device => device.name)).toEqual(['Pixel 10', '\u0420ixel lO 2'])
})

it('case 112: after a few codes that were used and broken off, the desktop shows another one only when a person asks', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  let shown = await nextPairing(desk)
  for (let spent = 1; spent <= MAX_SPENT_CODES; spent++) {
    const changed = nextChange(desk)
    const { secret, hostKey } = parsePairingUrl(shown.addresses[0]!.url)
    // It leaves as soon as it knows its digits.
    const channel = openChannel({
      transport: await connectWebSocket(host),
      mode: 'pair',
      psk: secret,
      staticKey: generateKeyPair(),
      remoteStatic: hostKey,
      suite: NATIVE_SUITE,
      authenticated: (_, channel) => channel.close({ code: 'connection_lost', reason: 'broken off' }),
    })
    channel.start({ frame: () => {}, close: () => {} })
    shown = await changed
    expect(shown.spent).toBe(spent)
  }
  expect(shown).toMatchObject({ addresses: [], exhausted: true })
  expect(await nextPairing(desk)).toMatchObject({ addresses: [], exhausted: true })
  expect(await requests(desk)).toEqual([])
  const changed = nextChange(desk)
  await desk.renewPairing()
  const renewed = await changed
  expect(renewed).toMatchObject({ spent: 0, exhausted: false })
  const phone = scan(host, parsePairingUrl(renewed.addresses[0]!.url))
  await asks(phone.client)
})

describe('case 17: a code that no client shows', () => {
  it('is void once it is hidden', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    await desk.hidePairing()
    const { heard, closed } = await replay(host, await pairing1(pairing))
    expect(await closed).toBe('4000 channel_refused')
    expect(heard).toEqual([])
    await shownBy(desk)
    expect(await scan(host, pairing).connected).toBe('channel_refused')
  })

  it('is void even for a phone in the middle of the handshake', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const held = heldAfterHandshake(await connectWebSocket(host))
    const channel = openChannel({
      transport: held.transport,
      mode: 'pair',
      psk: pairing.secret,
      staticKey: generateKeyPair(),
      remoteStatic: pairing.hostKey,
    })
    const closed = new Promise<string>(resolve => channel.start({ frame: () => {}, close: why => resolve(why.code) }))
    await held.reached
    await desk.hidePairing()
    held.release()
    channel.send(jsonFrames({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } })[0]!)
    expect(await closed).toBe('channel_refused')
    expect(await requests(desk)).toEqual([])
  })

  it('is void when the connection of the client that showed it is gone', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    desk.close()
    const other = await deskOf(host)
    expect(await scan(host, pairing).connected).toBe('channel_refused')
    expect(await requests(other)).toEqual([])
  })

  it('is void when the host restarts; a waiting phone has to scan again', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    const pairing = await shownBy(desk)
    await host.stop()
    const again = await startHost({ dataDir: host.dataDir })
    await shownBy(await deskOf(again))
    expect(await scan(again, pairing).connected).toBe('channel_refused')
    expect(await comesBack(again, phone.identity).connected).toBe('channel_refused')
  })
})

it('case 20: unknown, revoked, expired devices and those from a page of the other kind get the same answer', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const host = await startHost({ dataDir, allow_hosts: ['tunnel.example'] })
  const desk = await deskOf(host)
  const [revoked, idle, plain] = [await newPhone(host), await newPhone(host), await newPhone(host)]
  await desk.revokeDevice((await devices(desk))[0]!.device_id)
  await host.stop()
  const file = join(dataDir, 'devices.json')
  const stored = JSON.parse(readFileSync(file, 'utf8'))
  stored.devices[0].last_seen = 0
  writeFileSync(file, JSON.stringify(stored))
  const again = await startHost({ dataDir, allow_hosts: ['tunnel.example'] })
  const unknown = { hostKey: plain.hostKey, keys: generateKeyPair() }
  const tls = { host: 'tunnel.example', origin: 'https://tunnel.example' }
  const derived = vi.spyOn(crypto, 'diffieHellman')
  onCleanUp(() => derived.mockRestore())
  const answers = []
  for (const [phone, headers] of [[unknown], [revoked], [idle], [plain, tls]] as [PhoneIdentity, object?][]) {
    const message = await firstMessage(transport => openReturnChannel(phone, transport))
    const socket = await openSocket(again, { ...headers })
    const heard: unknown[] = []
    socket.on('message', data => heard.push(data))
    derived.mockClear()
    socket.send(message)
    // The cost is in the Diffie-Hellman functions: the same number of them takes about the same time.
    answers.push({ closed: await closeOf(socket), heard, work: derived.mock.calls.length })
  }
  expect(answers).toEqual(Array(4).fill({ closed: '4000 channel_refused', heard: [], work: 2 }))
  expect(await comesBack(again, plain).connected).toBe('ready')
})

describe('case 21: a revoked device', () => {
  it('is disconnected at once with the reason, even while it types: no later byte reaches a program', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = await newPhone(host)
    const { session_id } = await desk.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const watching = localClient(host).attach(session_id, terminal)
    await terminal.shows('ready')
    // These do not stop when they are closed, like the client of a thief who can program.
    const sockets = [new RawWebSocket(host.port), new RawWebSocket(host.port)]
    for (const { socket } of sockets) onCleanUp(() => socket.destroy())
    const two = await Promise.all(sockets.map(({ transport }) => speak(host, phone, transport)))
    let sent = 0
    for (const [i, { say, transport, answerTo }] of two.entries()) {
      say({ type: 'attach', request_id: 1, session_id, have: null, window: 0, input_stream: `typed ${i}` })
      const { handle } = (await answerTo(1)) as { handle: number }
      let seq = 0
      const type = () => {
        for (const frame of inputFrames(handle, ++seq, bytesOf('.'.repeat(100)))) transport.send(frame)
        sent++
      }
      const typing = setInterval(() => {
        for (let n = 0; n < 20; n++) type()
      }, 1)
      onCleanUp(() => clearInterval(typing))
    }
    await terminal.shows('.'.repeat(5_000))
    const before = performance.now()
    const device_id = (await devices(desk))[0]!.device_id
    await desk.revokeDevice(device_id)
    // The desktop's input from now on comes after everything that the phone ever sent.
    watching.type(bytesOf('#'))
    const then = sent
    await Promise.all(sockets.map(raw => until(() => raw.closeReason !== undefined, 'the phone to be told')))
    expect(performance.now() - before).toBeLessThan(1_000)
    for (const { closeReason } of sockets) expect(closeReason).toBe('device_revoked')
    for (const { heard } of two) expect(heard.at(-1)).toMatchObject({ type: 'error', code: 'device_revoked' })
    // They continue to type until their sockets are gone.
    await Promise.all(sockets.map(({ closed: gone }) => gone))
    expect(sent).toBeGreaterThan(then)
    await terminal.shows('#')
    watching.type(bytesOf('end'))
    await terminal.shows('end')
    expect(terminal.text.slice(terminal.text.indexOf('#'))).toBe('#end')
    expect(await comesBack(host, phone).connected).toBe('channel_refused')
  })

  it('case 22: stays revoked when the host restarts, and the other devices stay paired', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const [one, other] = [await newPhone(host), await newPhone(host)]
    await desk.revokeDevice((await devices(desk))[0]!.device_id)
    await host.stop()
    const again = await startHost({ dataDir: host.dataDir })
    expect(await comesBack(again, one).connected).toBe('channel_refused')
    expect(await comesBack(again, other).connected).toBe('ready')
  })

  it('is cut off if it does not close its socket', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = await newPhone(host)
    const socket = await openSocket(host)
    const client = webClient(host, { phone, via: async () => socketTransport(socket), reconnect: false })
    await client.connect()
    const raw = (socket as unknown as { _socket: import('node:net').Socket })._socket
    raw.removeAllListeners('data')
    raw.resume()
    await desk.revokeDevice((await devices(desk))[0]!.device_id)
    // It does not read the close frame, and so does not answer it.
    await once(raw, 'close')
    expect((await devices(desk)).length).toBe(0)
  })
})

it('case 23: a connected device does not expire, however long it stays', async () => {
  const clocks = turnableClocks()
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  // 0.01 days are 14.4 minutes.
  writeFileSync(join(dataDir, 'settings.json'), '{"device_days": 0.01}')
  const host = await startHost({ dataDir, clocks })
  const desk = await deskOf(host)
  answerPairingRequests(desk)
  const staying = scan(host, await shownBy(desk))
  expect(await staying.connected).toBe('ready')
  clocks.pass(3_600_000)
  // Paired an hour ago, and connected since.
  staying.client.close()
  await until(async () => (await devices(desk))[0]?.connected === 0)
  expect(await comesBack(host, staying.identity).connected).toBe('ready')
})

describe('a device that was allowed longer ago than ask_again_days', () => {
  /** A phone whose channel shows digits, as the page opens it when it learns `confirm_needed`. */
  async function confirms(host: Host, { hostKey, keys }: PhoneIdentity) {
    let code = ''
    const transport = await connectWebSocket(host)
    const client = new LocalClient({
      connect: async () =>
        openChannel({
          transport,
          mode: 'confirm',
          staticKey: keys,
          remoteStatic: hostKey,
          suite: NATIVE_SUITE,
          authenticated: peer => {
            code = peer.code ?? ''
          },
        }),
      client: { kind: 'phone', name: 'another name' },
      reconnect: false,
    })
    onCleanUp(() => client.close())
    const connected = client.connect().then(
      () => 'ready',
      error => error.code as string,
    )
    return { client, connected, code: () => code }
  }

  it('case 117: is let in only after a person has compared six digits again, and keeps its name and permission', async () => {
    const clocks = turnableClocks()
    const host = await startHost({ clocks })
    const desk = await deskOf(host)
    await desk.changeSettings({ ask_again_days: 30 })
    const off = answerPairingRequests(desk, { allow: true, read_only: true })
    const phone = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host), { name: 'mine' })
    off()
    expect(await comesBack(host, phone).connected).toBe('ready')
    clocks.pass(31 * 24 * 3_600_000)
    expect(await comesBack(host, phone).connected).toBe('confirm_needed')
    expect(await requests(desk)).toEqual([])
    const asking = await confirms(host, phone)
    await asks(asking.client)
    const [request] = await requests(desk)
    expect(request).toMatchObject({ name: 'mine', again: true, looks_like: null, code: asking.code() })
    // Still not, while the question is open.
    expect(await comesBack(host, phone).connected).toBe('confirm_needed')
    await answer(desk, true)
    expect(await asking.connected).toBe('ready')
    expect(await devices(desk)).toEqual([expect.objectContaining({ name: 'mine', read_only: true })])
    expect(await comesBack(host, phone).connected).toBe('ready')
  })

  it('case 117: stays out when it is declined, and a phone that only waits cannot draw other digits', async () => {
    const clocks = turnableClocks()
    const host = await startHost({ clocks })
    const desk = await deskOf(host)
    const waiting = scan(host, await shownBy(desk))
    await asks(waiting.client)
    const [before] = await requests(desk)
    const stranger = await confirms(host, waiting.identity)
    expect(await stranger.connected).toBe('channel_refused')
    expect(stranger.code()).toBe('')
    expect(await requests(desk)).toEqual([before])
    await answer(desk, true)
    await desk.changeSettings({ ask_again_days: 1 })
    clocks.pass(2 * 24 * 3_600_000)
    const asking = await confirms(host, waiting.identity)
    await asks(asking.client)
    await answer(desk, false)
    expect(await asking.connected).toBe('pairing_refused')
    expect(await comesBack(host, waiting.identity).connected).toBe('confirm_needed')
  })

  /** A device that has to be confirmed again. */
  async function old() {
    const clocks = turnableClocks()
    const host = await startHost({ clocks })
    const desk = await deskOf(host)
    await desk.changeSettings({ ask_again_days: 1 })
    const off = answerPairingRequests(desk)
    const phone = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host), { name: 'old' })
    off()
    clocks.pass(2 * 24 * 3_600_000)
    const [device] = await devices(desk)
    return { host, desk, phone, clocks, device_id: device!.device_id }
  }

  it('case 150: has one request with one set of digits until that ends, and five in ten minutes', async () => {
    const { host, desk, phone, clocks } = await old()
    const seen = new Set<string>()
    desk.on('devices', ({ requests }) => {
      for (const { pairing_id } of requests) seen.add(pairing_id)
    })
    desk.watchDevices()
    const first = await confirms(host, phone)
    await asks(first.client)
    const [before] = await requests(desk)
    for (let i = 0; i < 10; i++) expect(await (await confirms(host, phone)).connected).toBe('pairing_elsewhere')
    expect(await requests(desk)).toEqual([before])
    // Its page is reloaded, again and again.
    first.client.close()
    await until(async () => (await requests(desk)).length === 0, 'the end of the request')
    let refused = 0
    for (let i = 0; i < 10; i++) {
      const next = await confirms(host, phone)
      const outcome = await Promise.race([asks(next.client), next.connected])
      if (outcome === 'pairing_busy') refused++
      next.client.close()
      await until(async () => (await requests(desk)).length === 0, 'the end of the request')
    }
    expect(refused).toBe(6)
    expect(seen.size).toBe(5)
    clocks.pass(11 * 60_000)
    const later = await confirms(host, phone)
    await asks(later.client)
    await answer(desk, true)
    expect(await later.connected).toBe('ready')
  })

  it('case 150: does not ask again for ten minutes after it was declined', async () => {
    const { host, desk, phone, clocks } = await old()
    const asking = await confirms(host, phone)
    await asks(asking.client)
    await answer(desk, false)
    expect(await asking.connected).toBe('pairing_refused')
    expect(await (await confirms(host, phone)).connected).toBe('pairing_busy')
    expect(await requests(desk)).toEqual([])
    clocks.pass(11 * 60_000)
    const later = await confirms(host, phone)
    await asks(later.client)
    await answer(desk, true)
    expect(await later.connected).toBe('ready')
  })

  it('case 126: no longer waits once it is revoked, so that no answer lets it in again', async () => {
    const { host, desk, phone, device_id } = await old()
    const asking = await confirms(host, phone)
    await asks(asking.client)
    const [request] = await requests(desk)
    await desk.revokeDevice(device_id)
    expect(await requests(desk)).toEqual([])
    await expect(desk.answerPairing(request!.pairing_id, { allow: true, read_only: false })).rejects.toMatchObject({
      code: 'pairing_unknown',
    })
    expect(await asking.connected).toBe('device_revoked')
    expect(await devices(desk)).toEqual([])
    expect(await comesBack(host, phone).connected).toBe('channel_refused')
  })

  it('case 126: a new pairing of the same phone ends with its revocation, too', async () => {
    const { host, desk, phone, device_id } = await old()
    const again = await requestPairing(await pairingUrl(desk), () => connectWebSocket(host), 'old', phone.keys)
    expect(await requests(desk)).toHaveLength(1)
    await desk.revokeDevice(device_id)
    expect(await requests(desk)).toEqual([])
    await expect(again.approved).rejects.toMatchObject({ code: 'device_revoked' })
  })

  it('case 126: a channel that was opened before a revocation brings no request after it', async () => {
    const { host, desk, phone, device_id } = await old()
    const transport = await connectWebSocket(host)
    let isOpen = false
    const channel = openChannel({
      transport,
      mode: 'confirm',
      staticKey: phone.keys,
      remoteStatic: phone.hostKey,
      suite: NATIVE_SUITE,
      authenticated: () => void (isOpen = true),
    })
    onCleanUp(() => channel.close({ code: 'client_closed', reason: '' }))
    let closed = ''
    channel.start({ frame: () => {}, close: ({ code }) => void (closed = code) })
    await until(() => isOpen)
    await desk.revokeDevice(device_id)
    for (const frame of jsonFrames({ type: 'hello', versions: VERSIONS, client: { kind: 'phone', name: 'x' } }))
      channel.send(frame)
    await until(() => closed !== '')
    expect(await requests(desk)).toEqual([])
  })

  it('case 126: is let in with the permission, the name and the limit that it has then', async () => {
    const { host, desk, phone, device_id } = await old()
    const asking = await confirms(host, phone)
    await asks(asking.client)
    await desk.updateDevice(device_id, { read_only: true, name: 'mine', sessions: ['x'] })
    await answer(desk, true)
    expect(await asking.connected).toBe('ready')
    expect(await devices(desk)).toEqual([
      expect.objectContaining({ device_id, name: 'mine', read_only: true, sessions: ['x'] }),
    ])
  })
})

describe('case 24: a read-only device', () => {
  it('can change nothing', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const off = answerPairingRequests(desk, { allow: true, read_only: true })
    const phone = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host))
    off()
    const { session_id } = await desk.create({ command: ['cat'], title: 'as it was', size: { cols: 80, rows: 24 } })
    const terminal = new Recorder()
    const watching = localClient(host).attach(session_id, terminal)
    await nextEvent(watching, 'caught_up')
    const { heard, say, transport, answerTo, closed } = await speak(host, phone)
    await until(() => heard.length === 1)
    expect(heard[0]).toMatchObject({ type: 'welcome', role: 'device', read_only: true })

    const size = { cols: 100, rows: 30 }
    const attach = { type: 'attach', have: null, input_stream: 'x' } as const
    say({ ...attach, request_id: 1, session_id, size })
    const attached = await answerTo(1)
    expect(attached).toMatchObject({ type: 'session', read_only: true, cols: 80, rows: 24 })
    const { handle } = attached as { handle: number }

    const refused = { type: 'error', code: 'device_read_only' }
    say({ type: 'create', request_id: 2, spec: { command: ['cat'] } })
    expect(await answerTo(2)).toMatchObject(refused)
    say({ type: 'kill', request_id: 3, session_id })
    expect(await answerTo(3)).toMatchObject(refused)
    say({ type: 'rename', request_id: 4, session_id, title: 'another' })
    expect(await answerTo(4)).toMatchObject(refused)
    const errors = () => heard.filter(one => one.type === 'error' && one.handle === handle)
    say({ type: 'resize', handle, ...size })
    say({ type: 'release_size', handle })
    await until(() => errors().length === 2)
    expect(errors()).toEqual([expect.objectContaining(refused), expect.objectContaining(refused)])
    for (const frame of inputFrames(handle, 1, bytesOf('typed\n'))) transport.send(frame)
    await until(() => errors().length === 3)
    expect(errors()[2]).toMatchObject({ code: 'read_only' })
    // Also not by attaching to a missing session with a new one as the fallback.
    for (const [request_id, gone] of [
      [5, 'nothing'],
      [6, session_id],
    ] as const) {
      if (gone === session_id) {
        await desk.kill(session_id)
        await until(async () => (await desk.list())[0]?.state === 'killed')
      }
      say({ ...attach, request_id, session_id: gone, fallback: { new: { command: ['cat'] } }, size })
    }
    expect(await answerTo(5)).toMatchObject({ code: 'session_unknown' })
    expect(await answerTo(6)).toMatchObject({ type: 'session', read_only: true })

    // But it may watch.
    say({ type: 'list', request_id: 7 })
    expect(await answerTo(7)).toMatchObject({ sessions: [{ title: 'as it was', cols: 80, rows: 24 }] })
    say({ type: 'screen', request_id: 8, session_id })
    expect(await answerTo(8)).toMatchObject({ type: 'screen' })
    expect(closed()).toBeUndefined()
    expect(terminal.text).not.toContain('typed')
    expect(await desk.list()).toHaveLength(1)
  })

  it('loses its open connections when it becomes read-only', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const phone = await newPhone(host)
    const connection = await speak(host, phone)
    await until(() => connection.heard.length === 1)
    const device_id = (await devices(desk))[0]!.device_id
    await desk.updateDevice(device_id, { read_only: true })
    await until(connection.closed)
    expect(connection.closed()).toBe('device_changed')
    const again = await speak(host, phone)
    await until(() => again.heard.length === 1)
    expect(again.heard[0]).toMatchObject({ type: 'welcome', read_only: true })
  })
})

it('case 26: desktop-only messages from a device are rejected', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  const off = answerPairingRequests(desk)
  const phone = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host))
  off()
  await asks(scan(host, await shownBy(desk)).client)
  const pairing_id = (await requests(desk))[0]!.pairing_id
  const device_id = (await devices(desk))[0]!.device_id
  const before = await desk.devices()
  const { say, answerTo, heard } = await speak(host, phone)
  const verbs: ClientMessage[] = [
    { type: 'show_pairing', request_id: 1, show: true },
    { type: 'show_pairing', request_id: 2, show: false },
    { type: 'devices', request_id: 3 },
    { type: 'devices', request_id: 4, watch: true },
    { type: 'answer_pairing', request_id: 5, pairing_id, allow: true },
    { type: 'answer_pairing', request_id: 6, pairing_id, allow: false },
    { type: 'update_device', request_id: 7, device_id, name: 'mine', read_only: false },
    { type: 'revoke_device', request_id: 8, device_id },
  ]
  for (const verb of verbs) say(verb)
  for (let id = 1; id <= 8; id++) expect(await answerTo(id)).toMatchObject({ type: 'error', code: 'forbidden' })
  const after = await desk.devices()
  expect(after.requests).toEqual(before.requests)
  expect(after.devices.map(({ name }) => name)).toEqual(before.devices.map(({ name }) => name))
  expect(heard.some(({ type }) => type === 'pairing' || type === 'devices')).toBe(false)
})

it('case 31: three phones can wait at once, and a fourth is rejected', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  const waiting = []
  for (let i = 0; i < 3; i++) {
    const phone = scan(host, await shownBy(desk))
    await asks(phone.client)
    waiting.push(phone)
  }
  expect(await scan(host, await shownBy(desk)).connected).toBe('pairing_busy')
  await answer(desk, false)
  expect(await waiting[0]!.connected).toBe('pairing_refused')
  const fourth = scan(host, await shownBy(desk))
  await asks(fourth.client)
  const [, , last] = await requests(desk)
  await desk.answerPairing(last!.pairing_id, { allow: true })
  expect(await fourth.connected).toBe('ready')
})

describe('cases 50 to 52: keys and the list of devices', () => {
  const modes = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map(name => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]))

  it('are readable by their user only under umask 000, and too-open permissions are repaired', async () => {
    const umask = process.umask(0)
    onCleanUp(() => process.umask(umask))
    const host = await startHost()
    await newPhone(host)
    const { 'host.key': key, 'devices.json': list } = modes(host.dataDir)
    expect([key, list]).toEqual(['600', '600'])
    await host.stop()
    writeFileSync(join(host.dataDir, 'devices.json.new'), '{"half')
    for (const name of ['host.key', 'devices.json', 'devices.json.new']) chmodSync(join(host.dataDir, name), 0o666)
    const again = await startHost({ dataDir: host.dataDir })
    const found = modes(again.dataDir)
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['host.key', 'devices.json']))
    // What a crash left half written is removed.
    expect(Object.keys(found)).not.toContain('devices.json.new')
    for (const [name, mode] of Object.entries(found))
      expect([name, mode]).toEqual([name, statSync(join(again.dataDir, name)).isDirectory() ? '700' : '600'])
    expect(await devices(await deskOf(again))).toHaveLength(1)
  })

  it('do not appear in the log, host.json, the database, argv, or the environment of a shell', async () => {
    const host = await startHost()
    const desk = await deskOf(host)
    const pairing = await shownBy(desk)
    const phone = scan(host, pairing)
    await asks(phone.client)
    await answer(desk, true)
    await phone.connected
    await scan(host, pairing).connected // refused
    const client = webClient(host, { phone: phone.identity })
    const { session_id } = await client.create({
      command: ['sh', '-c', 'env; tr "\\0" "\\n" </proc/$PPID/cmdline; cat'],
    })
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('PATH=')
    const announced = readFileSync(join(host.dataDir, 'host.json'))
    const device_id = (await devices(desk))[0]!.device_id
    await desk.revokeDevice(device_id)
    await host.stop()
    const hostKey = readFileSync(join(host.dataDir, 'host.key'), 'utf8').trim()
    const secrets = [Buffer.from(hostKey, 'base64url'), pairing.secret, phone.identity.keys.secretKey].map(bytes =>
      Buffer.from(bytes),
    )
    const searched = readdirSync(host.dataDir, { withFileTypes: true })
      .filter(entry => !entry.isDirectory() && entry.name !== 'host.key')
      .map(({ name }) => name)
    expect(searched).toEqual(expect.arrayContaining(['host.log', 'otg.db', 'devices.json']))
    const places = [announced, ...searched.map(name => readFileSync(join(host.dataDir, name))), terminal.bytes]
    places.push(Buffer.from(process.argv.join(' ')), Buffer.from(JSON.stringify(process.env)))
    for (const place of places)
      for (const secret of secrets)
        for (const form of [secret, encodeBase64url(secret), secret.toString('base64'), secret.toString('hex')])
          expect(place.includes(form)).toBe(false)
  })

  it.each([
    ['host.key', 'host_key_damaged'],
    ['devices.json', 'devices_damaged'],
  ])('stay unchanged and keep the host from starting when %s is damaged', async (name, code) => {
    const host = await startHost()
    const phone = await newPhone(host)
    await host.stop()
    const file = join(host.dataDir, name)
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 20))
    await expect(startHost({ dataDir: host.dataDir })).rejects.toMatchObject({ code })
    expect(readFileSync(file)).toEqual(whole.subarray(0, 20))
    writeFileSync(file, whole)
    const again = await startHost({ dataDir: host.dataDir })
    expect(await comesBack(again, phone).connected).toBe('ready')
  })

  it('are not sent to clients over the local socket', async () => {
    const host = await startHost()
    const phone = await newPhone(host)
    const told = JSON.stringify([await localClient(host).devices(), localClient(host).host])
    expect(told).not.toContain(encodeBase64url(phone.keys.publicKey))
    expect(told).toContain('test phone')
  })
})

it('a client that shows the code is notified when a browser has opened the page, and of which one', async () => {
  const host = await startHost()
  const desk = await deskOf(host)
  const reached: (string | undefined)[] = []
  desk.on('pairing', message => reached.push(message.reached?.address))
  await fetch(`http://127.0.0.1:${host.port}/`)
  await pairingUrl(desk)
  expect(reached).toEqual([undefined])
  for (let visit = 0; visit < 20; visit++) await fetch(`http://127.0.0.1:${host.port}/`)
  await until(() => reached.at(-1) === '127.0.0.1')
  // Reported at intervals, not at each request.
  expect(reached.length).toBeLessThan(20)
})
