// A paired phone that misuses its connections, in a process of its own. Started by test/slow/flooding-phones.test.ts.
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import { ackFrame, chunkFrames, inputFrames, jsonFrames } from '../../../protocol/frames.ts'
import { CHUNK_BYTES, MAX_WINDOW_BYTES } from '../../../protocol/limits.ts'
import { type ClientMessage, VERSIONS } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { openReturnChannel } from '../pairing.ts'

export interface FloodOptions {
  attack: Attack
  port: number
  hostKey: string
  keys: { publicKey: string; secretKey: string }
  /** Sessions that exist. */
  sessions: string[]
}

interface Phone {
  socket: WebSocket
  channel: Transport
  /** Of the last attachment that the host opened. */
  handle: number
  /** Uploads that the host takes chunks of. */
  ready: Set<number>
  closed: string | undefined
}

/** Stop sending while this much waits in this process. */
const AHEAD_BYTES = 256 * 1024
const CONNECTIONS = 40

const options = JSON.parse(process.argv[2]!) as FloodOptions
const { sessions } = options
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const identity = {
  hostKey: bytes(options.hostKey),
  keys: { publicKey: bytes(options.keys.publicKey), secretKey: bytes(options.keys.secretKey) },
}
let sent = 0
let request_id = 0

/** Undefined if the host lets no more in. */
async function connect(): Promise<Phone | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${options.port}/ws`, { perMessageDeflate: false })
  const opened = await new Promise<boolean>(resolve => {
    socket.once('open', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  if (!opened) return undefined
  const channel = openReturnChannel(identity, socketTransport(socket))
  const phone: Phone = { socket, channel, handle: 0, ready: new Set(), closed: undefined }
  await new Promise<void>(resolve => {
    channel.start({
      frame: frame => {
        resolve()
        if (frame[0] !== 0 || frame[1] !== 0) return
        const text = Buffer.from(frame.buffer, frame.byteOffset + 2, Math.min(frame.length - 2, 200)).toString()
        const handle = /"type":"session".*?"handle":(\d+)/.exec(text)?.[1]
        if (handle) phone.handle = Number(handle)
        const upload = /"type":"progress".*?"request_id":(\d+)/.exec(text)?.[1]
        if (upload) phone.ready.add(Number(upload))
      },
      close: ({ code }) => {
        phone.closed = code
        resolve()
      },
    })
    channel.send(jsonFrames({ type: 'hello', versions: VERSIONS, client: { kind: 'phone', name: 'flood' } })[0]!)
  })
  return phone.closed === undefined ? phone : undefined
}

async function connected(): Promise<Phone> {
  for (;;) {
    const phone = await connect()
    if (phone) return phone
    await wait(100)
  }
}

function say(phone: Phone, message: ClientMessage): void {
  sent++
  for (const frame of jsonFrames(message)) phone.channel.send(frame)
}

/** Sends as fast as the host takes it, until this process is ended. */
async function flood(send: (phone: Phone, n: number) => void, setUp?: (phone: Phone) => void): Promise<never> {
  let n = 0
  let phone = await connected()
  setUp?.(phone)
  for (;;) {
    if (phone.closed !== undefined) {
      phone = await connected()
      setUp?.(phone)
    }
    for (let i = 0; i < 20 && phone.channel.buffered < AHEAD_BYTES; i++) send(phone, n++)
    await (phone.channel.buffered < AHEAD_BYTES ? new Promise(resolve => setImmediate(resolve)) : wait(2))
  }
}

const session = (n: number) => sessions[n % sessions.length]!
const next = () => ++request_id
const attach = (session_id: string, more: object = {}) =>
  ({ type: 'attach', request_id: next(), session_id, have: null, input_stream: `s${next()}`, ...more }) as const
const typist = (phone: Phone) => say(phone, attach(session(0), { window: 0 }))

const ATTACKS = {
  list: () => flood(phone => say(phone, { type: 'list', request_id: next(), watch: true })),
  screen: () => flood((phone, n) => say(phone, { type: 'screen', request_id: next(), session_id: session(n) })),
  attach: () => flood((phone, n) => say(phone, attach(session(n), { window: MAX_WINDOW_BYTES }))),
  'attach and detach': () =>
    flood((phone, n) =>
      n % 2 === 0 ? say(phone, attach(session(n / 2))) : say(phone, { type: 'detach', handle: (n + 1) / 2 }),
    ),
  replay: () =>
    flood((phone, n) => {
      say(phone, attach(session(n), { window: MAX_WINDOW_BYTES, history_bytes: Number.MAX_SAFE_INTEGER }))
      say(phone, { type: 'detach', handle: phone.handle })
    }),
  'never read': async () => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const phone = await connect()
      if (!phone) continue
      phone.socket.pause()
      say(phone, { type: 'list', request_id: next(), watch: true })
      for (const session_id of sessions)
        say(phone, attach(session_id, { window: MAX_WINDOW_BYTES, history_bytes: Number.MAX_SAFE_INTEGER }))
      const more = setInterval(() => {
        for (let n = 0; n < 20 && phone.closed === undefined && phone.channel.buffered < AHEAD_BYTES; n++) {
          say(phone, { type: 'list', request_id: next() })
          say(phone, { type: 'screen', request_id: next(), session_id: session(n) })
          say(phone, { type: 'playback', request_id: next(), session_id: session(n), position: { offset: 0, n: 0 } })
        }
      }, 20)
      phone.socket.once('close', () => clearInterval(more))
    }
  },
  ping: () => flood(phone => say(phone, { type: 'ping', request_id: next() })),
  'tiny frames': () =>
    flood(phone => {
      sent++
      phone.channel.send(ackFrame(99, 0))
    }),
  'long messages': () =>
    flood(phone => say(phone, { type: 'ping', request_id: next(), junk: 'x'.repeat(1_000_000) } as ClientMessage)),
  'invalid messages': () => flood(phone => say(phone, { type: 'nonsense', request_id: next() } as never)),
  presence: () =>
    flood(
      (phone, n) => say(phone, { type: 'attachment_presence', handle: 1, present: n % 2 === 0 }),
      phone => say(phone, attach(session(0), { window: 1 })),
    ),
  seek: () =>
    flood((phone, n) => say(phone, { type: 'seek', request_id: next(), session_id: session(n), target: { at: n } })),
  playback: () =>
    flood((phone, n) =>
      say(phone, { type: 'playback', request_id: next(), session_id: session(n), position: { offset: 0, n: 0 } }),
    ),
  timeline: () =>
    flood((phone, n) => say(phone, { type: 'timeline', request_id: next(), session_id: session(n), buckets: 4096 })),
  search: () => flood(phone => say(phone, { type: 'search', request_id: next(), query: 'Building*', limit: 200 })),
  read: () =>
    flood((phone, n) => say(phone, { type: 'read', request_id: next(), session_id: session(n), limit: 1000 })),
  history: () => flood(phone => say(phone, { type: 'history', request_id: next(), limit: 500 })),
  export: () =>
    flood((phone, n) => say(phone, { type: 'export', request_id: next(), session_id: session(n), format: 'cast' })),
  connect: async () => {
    for (;;) {
      const phone = await connect()
      if (!phone) await wait(5)
      phone?.socket.terminate()
      sent++
    }
  },
  // By devices that may type.
  input: () =>
    flood((phone, n) => {
      sent++
      for (const frame of inputFrames(phone.handle, n + 1, new Uint8Array(4096).fill(0x61))) phone.channel.send(frame)
    }, typist),
  resize: () =>
    flood((phone, n) => say(phone, { type: 'resize', handle: 1, cols: 80 + (n % 2) * 60, rows: 24 }), typist),
  rename: () =>
    flood((phone, n) => say(phone, { type: 'rename', request_id: next(), session_id: session(n), title: `name ${n}` })),
  mark: () =>
    flood((phone, n) =>
      say(phone, { type: 'mark', request_id: next(), session_id: session(n), target: { at: 0 }, label: 'x' }),
    ),
  upload: async () => {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const phone = await connected()
    for (let n = 0; ; n++) {
      const upload = next()
      say(phone, { type: 'upload', request_id: upload, session_id: session(n), name: 'junk', size: CHUNK_BYTES * 40 })
      while (!phone.ready.has(upload)) await wait(1)
      for (let i = 0; i < 3 && phone.closed === undefined; i++)
        for (const frame of chunkFrames(upload, chunk)) phone.channel.send(frame)
      say(phone, { type: 'cancel', request_id: upload })
      if (phone.closed !== undefined) throw new Error(phone.closed)
    }
  },
} satisfies Record<string, () => Promise<unknown>>

export type Attack = keyof typeof ATTACKS

process.on('disconnect', () => process.exit(0))
setInterval(() => process.send?.({ sent }), 200)
await ATTACKS[options.attack]()
