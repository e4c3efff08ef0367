// Everything that an unauthenticated peer can send, at random, to a real host in its own process, while a phone types.
// OTG_FUZZ_SECONDS is the duration (10), OTG_FUZZ_SEED the seed. The same seed sends the same, except
// for keys and the order in which connections are served.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { inflate } from '../../main/cli/command/inflate.ts'
import { NATIVE_SUITE } from '../../main/host/access/native-suite.ts'
import { PLACES } from '../../main/host/listen/places.ts'
import { socketTransport } from '../../main/host/listen/websocket.ts'
import { type Mode, openChannel } from '../../protocol/channel/channel.ts'
import { generateKeyPair } from '../../protocol/channel/keys.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { jsonFrames } from '../../protocol/frames.ts'
import { FRAME_BYTES } from '../../protocol/limits.ts'
import type { Transport } from '../../protocol/transport.ts'
import { testProgram } from '../support/built.ts'
import type { HostState, Replies } from '../support/fuzz-host-process.ts'
import { bytesOf, cleanUp, onCleanUp, Recorder, temporaryFolder, until } from '../support/host.ts'
import { seededRandom } from '../support/network/fault-proxy.ts'
import { frameBytes, OPCODE, RawWebSocket, upgradeRequest } from '../support/network/raw-websocket.ts'
import { openReturnChannel, type PhoneIdentity, pairPhone, parsePairingUrl } from '../support/pairing.ts'

afterEach(cleanUp)

const SECONDS = Number(process.env.OTG_FUZZ_SECONDS ?? 10)
const SEED = Number(process.env.OTG_FUZZ_SEED ?? 1)

/** Connections at once. */
const AT_ONCE = 6
/** After this many, a burst of more than there are places for strangers. */
const BURST_EVERY = 200
const BURST = PLACES.stranger + 20
/** An open socket is an error after this time: the host closes at five seconds, and the machine may be busy. */
const GONE_MS = 15_000

/** Memory that may remain: noise of the allocator and the garbage collector, 13 and 2 MB after 30,000 connections. */
const RSS_BYTES = 48 * 1024 * 1024
const HEAP_BYTES = 8 * 1024 * 1024
/** What the phone that types may add: batches of output and of history. */
const TIMERS = 4

interface Ground {
  port: number
  random: Random
  /** A paired phone that never authenticates properly. */
  phone: PhoneIdentity
  secret: Uint8Array
  count: Counts
}
interface Counts {
  connections: number
  frames: number
  upgraded: number
  refused: number
  by: Record<string, number>
}

class Random {
  readonly #next: () => number
  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }
  below(n: number): number {
    return Math.floor(this.#next() * n)
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
  /** Mostly small numbers, and those next to the limits. */
  length(): number {
    return this.one([
      this.below(8),
      this.below(200),
      48,
      64,
      100,
      101,
      102,
      this.below(5_000),
      FRAME_BYTES + this.below(40),
    ])
  }
}

const MODES: readonly Mode[] = ['pair', 'return', 'confirm']

/** The first message that a phone would send. */
function firstMessage({ phone, secret }: Ground, mode: Mode): Promise<Uint8Array> {
  return new Promise(resolve => {
    const transport = { start: () => {}, send: (frame: Uint8Array) => resolve(frame), buffered: 0, close: () => {} }
    const common = { transport, remoteStatic: phone.hostKey, suite: NATIVE_SUITE }
    if (mode !== 'pair') openChannel({ ...common, mode, staticKey: phone.keys })
    else openChannel({ ...common, mode, psk: secret, staticKey: generateKeyPair() })
  })
}

function mutated(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1)
  switch (random.below(8)) {
    case 0: {
      const copy = bytes.slice()
      for (let n = random.below(3); n >= 0; n--) copy[random.below(copy.length)]! ^= 1 << random.below(8)
      return copy
    }
    case 1:
      return bytes.slice(0, at)
    case 2:
      return Uint8Array.of(...bytes, ...random.bytes(1 + random.below(300)))
    case 3:
      return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(at))
    case 4:
      return Uint8Array.of(...bytes.subarray(at), ...bytes.subarray(0, at))
    case 5: {
      const copy = bytes.slice()
      copy[3 + random.below(2)] = random.below(256)
      return copy
    }
    case 6: {
      // A key of low order, or one of all ones.
      const copy = bytes.slice()
      copy.fill(random.one([0, 1, 255]), 5, 37)
      return copy
    }
    default:
      return Uint8Array.of(...bytes.subarray(0, at), ...random.bytes(random.below(40)), ...bytes.subarray(at))
  }
}

/** What peers do with a WebSocket. They may leave it open: the host closes it. */
const SOCKETS: Record<string, (raw: RawWebSocket, ground: Ground) => unknown> = {
  'random frames': (raw, { random }) => {
    for (let n = random.below(4); n >= 0; n--) raw.write(frameBytes(random.bytes(random.length())))
  },
  'a modified first message': async (raw, ground) => {
    const { random } = ground
    const [one, other] = [await firstMessage(ground, random.one(MODES)), await firstMessage(ground, random.one(MODES))]
    raw.write(frameBytes(mutated(random, one, other)))
  },
  'a first message of the other handshake': async (raw, ground) => {
    const message = await firstMessage(ground, ground.random.one(MODES))
    message[4]! ^= 1
    raw.write(frameBytes(message))
  },
  'a first message, then anything': async (raw, ground) => {
    const { random } = ground
    const message = await firstMessage(ground, random.one(MODES))
    raw.write(frameBytes(message))
    if (random.below(2)) await raw.framesReceived(1)
    for (let n = random.below(3); n >= 0; n--) {
      const next = random.one([message, raw.frames[0] ?? message, random.bytes(random.length())])
      raw.write(frameBytes(random.below(2) ? next : mutated(random, message, next)))
    }
  },
  'a first message in single bytes': async (raw, ground) => {
    raw.socket.setNoDelay(true)
    const bytes = frameBytes(await firstMessage(ground, 'return'))
    for (let at = 0; at < bytes.length; at += 1 + ground.random.below(20)) {
      raw.write(bytes.subarray(at, at + 1))
      if (ground.random.below(10) === 0) await wait(1)
    }
  },
  'a first message, then a disconnect': async (raw, ground) => {
    raw.write(frameBytes(await firstMessage(ground, ground.random.one(MODES))))
    if (ground.random.below(2)) await raw.framesReceived(1)
    if (ground.random.below(2)) raw.socket.resetAndDestroy()
    else raw.socket.destroy()
  },
  'garbage in a channel opened with the pairing secret': (raw, ground) => {
    const { random, secret, phone } = ground
    const staticKey = generateKeyPair()
    const common = { transport: raw.transport, remoteStatic: phone.hostKey, suite: NATIVE_SUITE }
    garbage(random, openChannel({ ...common, mode: 'pair', psk: secret, staticKey }))
  },
  // The digits of a confirmation are exchanged before the first frame; only a paired phone gets as far.
  'garbage in a channel that is to be confirmed': (raw, { random, phone }) => {
    const staticKey = random.below(2) ? phone.keys : generateKeyPair()
    const common = { transport: raw.transport, remoteStatic: phone.hostKey, suite: NATIVE_SUITE }
    garbage(random, openChannel({ ...common, mode: 'confirm', staticKey }))
  },
  'garbage in the exchange of a confirmation’s digits': async (raw, ground) => {
    const { random } = ground
    const message = await firstMessage(ground, 'confirm')
    raw.write(frameBytes(message))
    await raw.framesReceived(1)
    for (let n = random.below(3); n >= 0; n--)
      raw.write(
        frameBytes(
          random.one([
            raw.frames[0] ?? message,
            random.bytes(random.length()),
            mutated(random, message, raw.frames[0] ?? message),
          ]),
        ),
      )
  },
  'garbage in a channel opened with a device key': (raw, { random, phone }) =>
    garbage(random, openReturnChannel(phone, raw.transport)),
  'malformed frames': (raw, { random }) => {
    for (let n = random.below(5); n >= 0; n--) {
      const length = random.one([undefined, 65_535, 65_536, 2 ** 31, 2 ** 53 - 1])
      raw.write(
        frameBytes(random.bytes(random.below(200)), {
          opcode: random.below(16),
          fin: random.below(2) === 1,
          rsv: random.one([0, 0, 0, random.below(8)]),
          mask: random.below(8) > 0,
          ...(length !== undefined && { length }),
        }),
      )
    }
  },
  text: (raw, { random }) => raw.write(frameBytes(random.bytes(random.below(300)), { opcode: OPCODE.text })),
  fragments: (raw, { random }) => {
    raw.write(frameBytes(random.bytes(3), { fin: false }))
    for (let n = random.below(200); n >= 0; n--)
      raw.write(frameBytes(random.bytes(random.below(3)), { opcode: OPCODE.continuation, fin: false }))
  },
  'pings whose pongs are not read': (raw, { random }) => {
    raw.socket.pause()
    for (let n = random.below(2_000); n >= 0; n--) raw.write(frameBytes(Buffer.alloc(125), { opcode: OPCODE.ping }))
    setTimeout(() => raw.socket.resume(), random.below(200))
  },
  'a close, then more frames': (raw, { random }) => {
    raw.write(frameBytes(random.bytes(random.below(130)), { opcode: OPCODE.close }))
    raw.write(frameBytes(random.bytes(random.length())))
  },
  'bytes that are not WebSocket frames': (raw, { random }) => raw.write(random.bytes(random.below(3_000))),
  'a half-open socket': raw => raw.socket.end(),
}

function garbage(random: Random, channel: Transport): void {
  channel.start({ frame: () => {}, close: () => {} })
  const hello = { type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } }
  for (let n = random.below(3); n >= 0; n--) {
    const frame = random.one([
      random.bytes(random.below(300)),
      Uint8Array.of(0, 3, 0, 1, 0, 0, 65),
      Uint8Array.of(0, 0, ...bytesOf(random.one(['{}', '[[[[', 'null', '{"type":"hello"}', '"', '1e999']))),
      jsonFrames({ ...hello, versions: random.one([[], [2], [0.5], 'x', [1e300]]) })[0]!,
      jsonFrames({ ...hello, client: random.one([null, 7, { kind: 'root', name: 'x' }, { kind: 'cli' }]) })[0]!,
      jsonFrames({
        type: random.one(['create', 'show_pairing', 'answer_pairing', 'list']),
        request_id: 1,
        spec: {},
        show: true,
      })[0]!,
      new Uint8Array(random.one([4_097, FRAME_BYTES])),
    ])
    channel.send(frame)
  }
}

const HTTP: ((ground: Ground) => Uint8Array | string)[] = [
  ({ random }) => random.bytes(1 + random.below(2_000)),
  ({ random, port }) => {
    const request = Buffer.from(upgradeRequest(port))
    return mutated(random, request, random.bytes(request.length))
  },
  ({ random, port }) =>
    upgradeRequest(port, {
      [random.one([
        'sec-websocket-key',
        'sec-websocket-version',
        'upgrade',
        'connection',
        'host',
        'origin',
        'sec-websocket-extensions',
      ])]: random.one([
        '',
        'x',
        '13',
        '99',
        'null',
        'http://evil.example',
        'permessage-deflate',
        '\u007f',
        'a'.repeat(9_000),
      ]),
    }),
  ({ random, port }) =>
    upgradeRequest(port, {}, random.one(['/', '//', '/../ws', '*', '/ws?'.padEnd(20_000, 'x'), 'http://x/ws', '/%00'])),
  ({ random, port }) =>
    `${random.one(['GET', 'POST', 'CONNECT', 'OPTIONS', 'PRI', ''])} ${random.one(['/', '/health', '*', '/ws', '\\', '/%2e%2e/'])} HTTP/${random.one(['1.1', '1.0', '2.0', '9'])}\r\nHost: 127.0.0.1:${port}\r\n${random.one(
      [
        'Content-Length: 5',
        'Content-Length: -1',
        'Transfer-Encoding: chunked',
        'Expect: 100-continue',
        'Upgrade: websocket',
        'X: y',
      ],
    )}\r\nConnection: ${random.one(['close', 'keep-alive', 'upgrade'])}\r\n\r\n${random.one(['', 'abc', 'ffffffffffffffff\r\n', '5\r\nabcde\r\n0\r\n\r\n'])}`,
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ({ port }) => `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `,
  ({ port }) => upgradeRequest(port).repeat(5),
]

/** One peer. Resolves when its socket is closed; throws when that takes too long, or when it received too much. */
async function runPeer(ground: Ground, what: string): Promise<void> {
  const { random, count, port } = ground
  count.connections++
  count.by[what] = (count.by[what] ?? 0) + 1
  if (what === 'HTTP') {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: random.below(4) === 0 })
    socket.on('error', () => {})
    const gone = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.resume()
    socket.write(random.one(HTTP)(ground))
    // It may disconnect at any time; some wait for the host's reaction.
    if (random.below(60) > 0) setTimeout(() => socket.destroy(), random.below(50))
    else socket.once('end', () => socket.end())
    return within(gone, what, () => socket.destroy())
  }
  const raw = new RawWebSocket(port)
  const status = await raw.status
  if (status === 101) {
    count.upgraded++
    await SOCKETS[what]!(raw, ground)
    // For many the host would wait five seconds; that is covered often enough.
    if (random.below(60) > 0) setTimeout(() => raw.socket.destroy(), 5 + random.below(80))
  } else {
    expect(status).toBe(0)
    count.refused++
    raw.socket.destroy()
  }
  await within(raw.closed, what, () => raw.socket.destroy())
  count.frames += raw.written
  // The second handshake message, in an open channel one error, and when pairing the host's share of the six digits.
  expect(raw.frames.length, `frames that ${what} got`).toBeLessThanOrEqual(3)
}

async function within(gone: Promise<void>, what: string, giveUp: () => void): Promise<void> {
  let late = false
  const timer = setTimeout(() => {
    late = true
    giveUp()
  }, GONE_MS)
  await gone
  clearTimeout(timer)
  if (late) throw new Error(`the host kept a socket open for ${GONE_MS} ms: ${what}`)
}

class FuzzedHost {
  readonly process: ChildProcess
  port = 0
  exited = false
  constructor(dataDir: string, webRoot: string) {
    this.process = fork(testProgram('support/fuzz-host-process.ts'), [dataDir, webRoot], {
      // Otherwise V8 grows its young generation under load and keeps it: a hundred empty megabytes.
      execArgv: ['--expose-gc', '--max-semi-space-size=2'],
    })
    this.process.once('exit', () => {
      this.exited = true
    })
    onCleanUp(() => this.process.kill('SIGKILL'))
  }
  async start(): Promise<void> {
    this.port = (await this.#next<{ port: number }>('port')).port
  }
  async ask<K extends keyof Replies>(what: K): Promise<Replies[K]> {
    const answer = this.#next<Pick<Replies, K>>(what)
    this.process.send(what)
    return (await answer)[what]
  }
  #next<T extends object>(what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the host died'))
      this.process.once('exit', gone)
      const listen = (message: T) => {
        if (!(what in message)) return
        this.process.off('message', listen)
        this.process.off('exit', gone)
        resolve(message)
      }
      this.process.on('message', listen)
    })
  }
}

function open(port: number): Promise<Transport> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false })
  onCleanUp(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socketTransport(socket)))
    socket.once('error', reject)
  })
}

it(
  `lets no unauthenticated peer in for ${SECONDS} s, keeps nothing of them, and lets a phone type throughout`,
  async () => {
    const folder = temporaryFolder()
    const webRoot = join(folder, 'web')
    mkdirSync(webRoot)
    writeFileSync(join(webRoot, 'index.html'), '<!doctype html>')
    const host = new FuzzedHost(join(folder, 'data'), webRoot)
    await host.start()
    const { port } = host
    const pair = async (name: string) => pairPhone(await host.ask('address'), () => open(port), { name })
    const typist = await pair('typist')
    const phone = await pair('asleep')
    await host.ask('strict')

    const client = new LocalClient({
      connect: async () => openReturnChannel(typist, await open(port)),
      client: { kind: 'phone', name: 'typist' },
      inflate,
      reconnect: false,
    })
    onCleanUp(() => client.close())
    await client.connect()
    // On one line, so that the host's memory does not grow with what is typed.
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
    let terminal = new Recorder()
    const attached = client.attach(session_id, {
      write: (bytes, done) => terminal.write(bytes, done),
      resize: () => {},
      reset: () => {},
    })
    await terminal.shows('ready')
    const typing = { echoes: 0, slowest: 0, stopped: false }
    const typed = (async () => {
      while (!typing.stopped) {
        terminal = new Recorder()
        const before = performance.now()
        attached.type(bytesOf(`echo ${typing.echoes}\r`))
        await terminal.shows(`echo ${typing.echoes++}\r`)
        typing.slowest = Math.max(typing.slowest, performance.now() - before)
        await wait(5)
      }
    })()

    const kinds = [...Object.keys(SOCKETS), 'HTTP', 'HTTP']
    const count: Counts = { connections: 0, frames: 0, upgraded: 0, refused: 0, by: {} }
    let number = 0
    const flood = async (seconds: number) => {
      const end = performance.now() + seconds * 1_000
      let ground = { secret: parsePairingUrl(await host.ask('address')).secret }
      const one = async () => {
        const seed = SEED * 1_000_003 + number++
        const random = new Random(seed)
        const what = random.one(kinds)
        try {
          await runPeer({ port, phone, count, random, ...ground }, what)
        } catch (cause) {
          throw new Error(`with seed ${SEED}, peer ${seed % 1_000_003}: ${what}`, { cause })
        }
      }
      const worker = async () => {
        while (performance.now() < end) {
          await one()
          if (number % BURST_EVERY !== 0) continue
          await Promise.all(Array.from({ length: BURST }, one))
          // Some of them have used up the secret.
          ground = { secret: parsePairingUrl(await host.ask('address')).secret }
        }
      }
      const workers = Array.from({ length: AT_ONCE }, worker)
      const died = new Promise<never>((_resolve, reject) =>
        host.process.once('exit', () => reject(new Error('the host died'))),
      )
      await Promise.race([Promise.all([...workers]), typed, died])
    }
    /** Resolves when the host has noticed that all of them disconnected. */
    const settled = async (least?: HostState): Promise<HostState> => {
      let held = await host.ask('held')
      await until(async () => {
        held = await host.ask('held')
        return held.requests === 0 && (!least || held.descriptors <= least.descriptors)
      }, 'the host to close all unauthenticated connections')
      return held
    }

    const fresh = await settled()
    await flood(Math.min(10, SECONDS / 4))
    const before = await settled(fresh)
    await flood(SECONDS)
    const after = await settled(fresh)
    typing.stopped = true
    await typed

    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
    console.log(
      `${count.connections} connections, ${count.upgraded} WebSockets, ${count.refused} refused, ${count.frames} writes; ` +
        `${typing.echoes} echoes, the slowest ${typing.slowest.toFixed(0)} ms; ` +
        `RSS ${mb(fresh.rss)} fresh, ${mb(before.rss)} warm, ${mb(after.rss)} after; ` +
        `heap ${mb(fresh.heap)}, ${mb(before.heap)}, ${mb(after.heap)}; ` +
        `descriptors ${fresh.descriptors}, ${before.descriptors}, ${after.descriptors}`,
    )
    for (const kind of kinds) expect(count.by[kind], kind).toBeGreaterThan(0)
    expect(host.exited).toBe(false)
    expect(typing.echoes).toBeGreaterThan(SECONDS)
    expect(client.state.name).toBe('ready')
    // No device was paired, no session was started, no request waits.
    expect(after.sessions).toEqual([session_id])
    expect(after.devices).toEqual(fresh.devices)
    expect(after.requests).toBe(0)
    // Nothing of them is left in memory.
    const { Timeout: timers = 0, ...others } = after.resources
    const { Timeout: timersBefore = 0, ...othersBefore } = before.resources
    expect(others).toEqual(othersBefore)
    expect(timers).toBeLessThanOrEqual(timersBefore + TIMERS)
    expect(after.descriptors).toBe(before.descriptors)
    expect(after.rss).toBeLessThan(before.rss + RSS_BYTES)
    expect(after.heap).toBeLessThan(before.heap + HEAP_BYTES)
    // A paired phone can still connect.
    const sleeper = new LocalClient({
      connect: async () => openReturnChannel(phone, await open(port)),
      client: { kind: 'phone', name: 'paired' },
      reconnect: false,
    })
    onCleanUp(() => sleeper.close())
    await sleeper.connect()
  },
  SECONDS * 1_000 + 120_000,
)
