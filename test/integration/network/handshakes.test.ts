// Floods of handshakes, and authenticated peers that misbehave: a real host, real sockets.
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { inflate } from '../../../main/cli/command/inflate.ts'
import type { Host } from '../../../main/host/host.ts'
import { HandshakeLimit } from '../../../main/host/listen/handshake-limit.ts'
import { serveHttp } from '../../../main/host/listen/http.ts'
import { PLACES } from '../../../main/host/listen/places.ts'
import { serveSockets } from '../../../main/host/listen/websocket.ts'
import { CHANNEL_VERSION } from '../../../protocol/channel/channel.ts'
import { upgradeProof } from '../../../protocol/channel/upgrade-proof.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import { CHANNEL_MESSAGE_BYTES } from '../../../protocol/limits.ts'
import type { ClientMessage } from '../../../protocol/messages.ts'
import {
  bytesOf,
  cleanUp,
  newPhone,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { anyHandshakes } from '../../support/network/handshakes.ts'
import { frameBytes, OPCODE, RawWebSocket } from '../../support/network/raw-websocket.ts'
import { openReturnChannel, type PhoneIdentity } from '../../support/pairing.ts'

afterEach(cleanUp)

function rawSocket(host: { port: number }, headers: Record<string, string> = {}, target = '/ws'): RawWebSocket {
  const raw = new RawWebSocket(host.port, headers, target)
  onCleanUp(() => raw.socket.destroy())
  return raw
}

describe('case 30: a flood of handshakes', () => {
  it('is refused before anything is computed, and allowed again over time', async () => {
    const host = await startHost({
      handshakes: { all: { per_second: 2, burst: 3 }, address: { per_second: 1e6, burst: 1e6 } },
    })
    const reasonOf = async () => {
      const raw = rawSocket(host)
      expect(await raw.status).toBe(101)
      raw.write(FIRST_MESSAGE)
      await until(() => raw.closeReason !== undefined)
      return raw.closeReason
    }
    // All at once: one after the other, a slow machine leaves time for new tokens.
    const reasons = await Promise.all(Array.from({ length: 16 }, reasonOf))
    expect(reasons.filter(reason => reason === 'channel_refused').length).toBeGreaterThanOrEqual(3)
    expect(reasons).toContain('channel_timeout')
    await until(async () => (await reasonOf()) === 'channel_refused', 'a token to come back')
  })

  it('does not end or delay connected clients: echoes continue during it', async () => {
    const host = await startHost()
    const phone = webClient(host, { reconnect: false })
    const { session_id } = await phone.create({ command: ['cat'] })
    const terminal = new Recorder()
    const attached = phone.attach(session_id, terminal)
    await new Promise(resolve => attached.on('caught_up', resolve))
    const flood = { refused: 0, let_in: 0, stopped: false }
    const flooders = Array.from({ length: 12 }, async () => {
      while (!flood.stopped) {
        const raw = rawSocket(host)
        await raw.status
        raw.write(FIRST_MESSAGE)
        await until(() => raw.closeReason !== undefined)
        flood[raw.closeReason === 'channel_refused' ? 'let_in' : 'refused']++
        raw.socket.destroy()
      }
    })
    for (let i = 0; i < 40 || flood.refused < 50; i++) {
      attached.type(bytesOf(`echo ${i}\n`))
      await terminal.shows(`echo ${i}\r\necho ${i}\r\n`)
    }
    flood.stopped = true
    await Promise.all(flooders)
    expect(flood.let_in).toBeGreaterThan(0)
    expect(phone.state.name).toBe('ready')
  })
})

/** As long as a real one, so that it has the same cost. */
const FIRST_MESSAGE = frameBytes(
  Buffer.concat([Buffer.from('otg'), Buffer.of(CHANNEL_VERSION, 0), Buffer.alloc(96, 9)]),
)

describe('strangers who hold all places with silent sockets', () => {
  /** Opens silent sockets until the returned function is called, and as many again as the host drops. */
  function occupy(host: { port: number }, open: () => Socket): { sockets: Set<Socket>; stop(): void } {
    const sockets = new Set<Socket>()
    let stopped = false
    const one = () => {
      const socket = open()
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        if (!stopped) setTimeout(() => !stopped && one(), 5)
      })
    }
    for (let i = 0; i < PLACES.stranger + 32; i++) one()
    const stop = () => {
      stopped = true
      for (const socket of sockets) socket.destroy()
    }
    onCleanUp(stop)
    expect(host.port).toBeGreaterThan(0)
    return { sockets, stop }
  }

  it.each([
    ['that send nothing', (port: number) => connect(port, '127.0.0.1')],
    ['that upgraded', (port: number) => new RawWebSocket(port).socket],
    ['that are half-way through a request', (port: number) => connect(port, '127.0.0.1').on('connect', trickle)],
  ])('case 79: do not keep a paired phone out, or a new one: sockets %s', async (_what, open) => {
    const host = await startHost()
    const phone = await newPhone(host)
    const { sockets } = occupy(host, () => open(host.port))
    await until(() => sockets.size > PLACES.stranger)
    const tries = { failed: 0 }
    const connected = async (connect: () => Promise<unknown>) => {
      for (let n = 1; n <= 3; n++) {
        const done = await connect().then(
          () => true,
          () => false,
        )
        if (done) return
        tries.failed++
      }
      throw new Error('three tries failed')
    }
    for (let i = 0; i < 20; i++)
      await connected(async () => {
        const client = webClient(host, { phone, reconnect: false })
        await client.connect()
        client.close()
      })
    await connected(() => newPhone(host))
    // One in twenty, on a machine that is too busy to serve a socket at once.
    expect(tries.failed).toBeLessThanOrEqual(2)
  })

  it('case 80: cost a connected phone nothing', async () => {
    const host = await startHost()
    const phone = webClient(host, { reconnect: false })
    await phone.connect()
    const { sockets } = occupy(host, () => connect(host.port, '127.0.0.1'))
    await until(() => sockets.size > PLACES.stranger)
    for (let i = 0; i < 20; i++) expect(await phone.list()).toEqual([])
    expect(phone.state.name).toBe('ready')
  })
})

function trickle(this: Socket): void {
  this.write('GET / HTTP/1.1\r\nHost: x')
}

describe('case 81: a proof that the peer knows the host key', () => {
  const served = async () => {
    const http = await serveHttp({
      bind: ['127.0.0.1'],
      port: 0,
      webRoot: pageRoot(),
      version: '',
      allow_hosts: [],
      log: { info: () => {}, error: () => {} },
    })
    onCleanUp(() => http.close())
    const any = anyHandshakes()
    const none = { per_second: 0, burst: 0 }
    const strangers = new HandshakeLimit({ all: none, address: none })
    const heard: string[] = []
    const sockets = serveSockets({
      ...http,
      ...any,
      handshakes: { strangers, claimed: any.handshakes.claimed },
      accept: transport => transport.start({ frame: frame => heard.push(String(frame)), close: () => {} }),
    })
    onCleanUp(() => sockets.close())
    /** Whether the first frame is computed, where strangers' never are. */
    const isClaimed = async (proof: string) => {
      const before = heard.length
      const raw = rawSocket(http, {}, `/ws?proof=${proof}`)
      expect(await raw.status).toBe(101)
      raw.write(frameBytes(Buffer.from('first')))
      await until(() => heard.length > before || raw.closeReason !== undefined)
      return raw.closeReason === undefined
    }
    return { isClaimed, hostKey: any.hostKey }
  }

  it('gives places and handshakes of its own, once', async () => {
    const { isClaimed, hostKey } = await served()
    const proof = upgradeProof(hostKey)
    expect(await isClaimed(proof)).toBe(true)
    expect(await isClaimed(upgradeProof(hostKey))).toBe(true)
    // Repeated by somebody who listened.
    expect(await isClaimed(proof)).toBe(false)
  })

  it('is not accepted for another key, or when it is changed, cut or missing', async () => {
    const { isClaimed, hostKey } = await served()
    const proof = upgradeProof(hostKey)
    const changed = (proof[0] === 'A' ? 'B' : 'A') + proof.slice(1)
    for (const other of [upgradeProof(new Uint8Array(32)), changed, proof.slice(1), `${proof}A`, '', 'A'.repeat(9_000)])
      expect(await isClaimed(other), other).toBe(false)
    expect(await isClaimed(proof)).toBe(true)
  })
})

function pageRoot(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>On the Go</title>')
  return folder
}

/** A connection of a paired phone over a raw socket. */
async function misbehaving(host: Host, phone: PhoneIdentity) {
  const raw = rawSocket(host)
  expect(await raw.status).toBe(101)
  const channel = openReturnChannel(phone, raw.transport)
  const heard: string[] = []
  channel.start({
    frame: frame => {
      if (frame[0] === 0) heard.push(JSON.parse(new TextDecoder().decode(frame.subarray(2))).type)
    },
    close: () => {},
  })
  const say = (message: ClientMessage) => {
    for (const frame of jsonFrames(message)) channel.send(frame)
  }
  say({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } })
  await until(() => heard.includes('welcome'))
  return { raw, channel, say }
}

describe('a connected device', () => {
  const fragments = (raw: RawWebSocket, bytes: number) => {
    raw.write(frameBytes(Buffer.alloc(bytes), { fin: false }))
    for (let i = 0; i < 100; i++)
      raw.write(frameBytes(Buffer.alloc(bytes), { opcode: OPCODE.continuation, fin: false }))
  }
  const misdeeds: [string, (raw: RawWebSocket) => void][] = [
    [
      'case 33: the header of a frame over the limit',
      raw => raw.write(frameBytes(NONE, { length: CHANNEL_MESSAGE_BYTES + 1 })),
    ],
    [
      'case 33: the header of an endless frame',
      raw => raw.write(frameBytes(NONE, { length: Number.MAX_SAFE_INTEGER })),
    ],
    ['case 34: a message in many fragments', raw => fragments(raw, 1)],
    ['case 34: empty fragments', raw => fragments(raw, 0)],
    ['case 35: a compressed frame', raw => raw.write(frameBytes(Buffer.alloc(9), { rsv: 4 }))],
    ['a frame that is not masked', raw => raw.write(frameBytes(Buffer.alloc(9), { mask: false }))],
    ['a long ping', raw => raw.write(frameBytes(Buffer.alloc(126), { opcode: OPCODE.ping }))],
    ['a continuation of nothing', raw => raw.write(frameBytes(Buffer.alloc(9), { opcode: OPCODE.continuation }))],
    ['a text', raw => raw.write(frameBytes(Buffer.from('hello'), { opcode: OPCODE.text }))],
    ['bytes that are not a frame of the channel', raw => raw.write(frameBytes(Buffer.alloc(64)))],
  ]

  it('is disconnected when it misbehaves, even if it then continues correctly', async () => {
    const host = await startHost()
    const phone = await newPhone(host)
    const tries = misdeeds.map(([what, misbehave]) => async () => {
      const { raw, say } = await misbehaving(host, phone)
      misbehave(raw)
      await until(() => raw.closeReason !== undefined, `the host to close after ${what}`)
      const insisting = setInterval(() => say({ type: 'create', request_id: 9, spec: { command: ['cat'] } }), 10)
      await raw.closed
      clearInterval(insisting)
    })
    await Promise.all(tries.map(run => run()))
    expect(await webClient(host, { phone }).list()).toEqual([])
  })

  it('case 34: is disconnected for a frame that arrives in single bytes', async () => {
    const host = await startHost()
    const { raw } = await misbehaving(host, await newPhone(host))
    raw.socket.setNoDelay(true)
    const frame = frameBytes(Buffer.alloc(60_000))
    let at = 0
    while (raw.closeReason === undefined && at < frame.length) {
      raw.write(frame.subarray(at, ++at))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(at).toBeLessThan(5_000)
  })

  it('case 34: is disconnected for a spanning message that does not end', async () => {
    const host = await startHost()
    const { raw, channel } = await misbehaving(host, await newPhone(host))
    channel.send(Uint8Array.of(0, 3, 0, 0x10, 0, 0, 1))
    channel.send(Uint8Array.of(0, 1))
    await until(() => raw.closeReason !== undefined)
    expect(raw.closeReason).toBe('bad_frame')
  })
})

const NONE = new Uint8Array(0)

it('case 36: a client in Node decompresses up to the declared size only', async () => {
  const text = Buffer.alloc(100_000, 'over and over, ')
  const frame = new Uint8Array(zlib.zstdCompressSync(text))
  expect(Buffer.compare(inflate(frame, text.length), text)).toBe(0)
  const bomb = new Uint8Array(zlib.zstdCompressSync(Buffer.alloc(15_000_000)))
  for (const [bytes, size] of [
    [bomb, 1024],
    [frame, text.length - 1],
    [frame, text.length + 1],
    [frame.subarray(0, -1), text.length],
    [new Uint8Array(0), 0],
    [bytesOf('no zstd'), 7],
  ] as const)
    expect(() => inflate(bytes, size)).toThrow(expect.objectContaining({ code: 'bad_frame' }))
})
