// Floods of handshakes, and authenticated peers that misbehave: a real host, real sockets.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { inflate } from '../../../main/cli/command/inflate.ts'
import type { Host } from '../../../main/host/host.ts'
import { HandshakeLimit } from '../../../main/host/listen/handshake-limit.ts'
import { ownNames } from '../../../main/host/listen/host-names.ts'
import { serveSockets } from '../../../main/host/listen/websocket.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import { CHANNEL_MESSAGE_BYTES } from '../../../protocol/limits.ts'
import type { ClientMessage } from '../../../protocol/messages.ts'
import {
  bytesOf,
  cleanUp,
  newPhone,
  onCleanUp,
  openSocket,
  Recorder,
  startHost,
  until,
  webClient,
} from '../../support/host.ts'
import { frameBytes, OPCODE, RawWebSocket } from '../../support/network/raw-websocket.ts'
import { openReturnChannel, type PhoneIdentity } from '../../support/pairing.ts'

afterEach(cleanUp)

function rawSocket(host: { port: number }, headers: Record<string, string> = {}): RawWebSocket {
  const raw = new RawWebSocket(host.port, headers)
  onCleanUp(() => raw.socket.destroy())
  return raw
}

describe('case 30: a flood of handshakes', () => {
  it('is answered with 503 before the WebSocket opens, and allowed again over time', async () => {
    const host = await startHost({
      handshakes: { all: { per_second: 2, burst: 3 }, address: { per_second: 1e6, burst: 1e6 } },
    })
    // All at once: one after the other, a slow machine leaves time for new places.
    const opened = await Promise.allSettled(Array.from({ length: 16 }, () => openSocket(host)))
    const refused = opened.flatMap(one => (one.status === 'rejected' ? [String(one.reason)] : []))
    expect(refused.length).toBeGreaterThan(0)
    for (const why of refused) expect(why).toContain('HTTP 503')
    for (const one of opened) if (one.status === 'fulfilled') one.value.terminate()
    await until(() => openSocket(host).catch(() => false), 'a place to come back')
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
        const status = await raw.status
        flood[status === 101 ? 'let_in' : 'refused']++
        // As long as a first message, so that it has the same cost.
        raw.write(frameBytes(Buffer.concat([Buffer.from('otg\x01\x00'), Buffer.alloc(96, 9)])))
        if (status === 101) await until(() => raw.closeReason !== undefined)
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

  it('leaves room for other networks when it comes from one', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    // What the system would report for a neighbor.
    let from = ''
    server.on('connection', socket => Object.defineProperty(socket, 'remoteAddress', { value: from }))
    const handshakes = new HandshakeLimit({
      all: { per_second: 0.001, burst: 100 },
      address: { per_second: 0.001, burst: 2 },
    })
    const accepted: string[] = []
    const sockets = serveSockets({
      server,
      names: () => ownNames({ port, secure: false, names: ['127.0.0.1'], allowed: [] }),
      secure: false,
      handshakes,
      accept: (_transport, { address }) => {
        accepted.push(address)
        return () => true
      },
    })
    onCleanUp(() => server.close())
    onCleanUp(() => sockets.close())
    const tries = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1', '192.168.1.9', '::ffff:192.168.1.9']
    const statuses = []
    for (from of [...tries, '192.168.1.9', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
      statuses.push(await rawSocket({ port }).status)
    expect(statuses).toEqual([101, 101, 503, 101, 101, 101, 503, 101, 101, 101])
    expect(accepted).toHaveLength(8)
  })

  it('case 31: unauthenticated sockets are limited per network', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    let from = ''
    server.on('connection', socket => Object.defineProperty(socket, 'remoteAddress', { value: from }))
    const accept = () => () => false
    const sockets = serveSockets({
      server,
      names: () => ownNames({ port, secure: false, names: ['127.0.0.1'], allowed: [] }),
      secure: false,
      handshakes: new HandshakeLimit(),
      accept,
    })
    onCleanUp(() => server.close())
    onCleanUp(() => sockets.close())
    const statuses = []
    for (let i = 0; i < 9; i++) {
      from = `2001:db8::${i}`
      statuses.push(await rawSocket({ port }).status)
    }
    expect(statuses).toEqual([...Array(8).fill(101), 503])
    // And 32 in total.
    for (let i = 0; i < 30; i++) {
      from = `10.0.0.${i}`
      statuses.push(await rawSocket({ port }).status)
    }
    expect(statuses.filter(status => status === 101)).toHaveLength(32)
  })
})

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
    // More at once would exceed the limit of unauthenticated sockets.
    while (tries.length > 0) await Promise.all(tries.splice(0, 6).map(run => run()))
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
