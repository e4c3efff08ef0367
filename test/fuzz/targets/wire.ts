// Everything that a peer can send before it is authenticated: HTTP, the upgrade, WebSocket frames and the first messages of a
// handshake, whole, mutated and arbitrary, on several connections at once. The host must close each in time and keep nothing.
import { connect } from 'node:net'
import fc from 'fast-check'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { type Mode, openChannel } from '../../../protocol/channel/channel.ts'
import { generateKeyPair } from '../../../protocol/channel/keys.ts'
import { PROOF_PARAMETER, upgradeProof } from '../../../protocol/channel/upgrade-proof.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { frameBytes, upgradeRequest } from '../../support/network/raw-websocket.ts'
import { type PhoneIdentity, parsePairingUrl } from '../../support/pairing.ts'
import { FuzzHost, GONE_MS } from '../fuzz-host.ts'
import { type Edit, edited, editsWith, latin1 } from '../mutate.ts'
import type { FuzzTarget } from '../target.ts'

/** Time for the host to react. */
const LEAVE_MS = 30

/** `text`: latin1, in which PORT and PROOF stand for what the host accepts. `first`: a good first message of a handshake. */
type Part =
  | { text: string; edits: Edit[] }
  | { upgrade: 'stranger' | 'claimed'; edits: Edit[] }
  | { first: Mode; edits: Edit[] }
  | { payload: string; opcode: number; fin: boolean; rsv: number; mask: boolean; length?: number }

interface Connection {
  parts: Part[]
  /** Write in pieces of this many bytes; 0: all at once. */
  piece: number
  reads: boolean
  /** What the peer does at the end: waits for the host, ends its side, leaves a moment later, or resets. */
  end: 'wait' | 'end' | 'leave' | 'reset'
}

const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n',
  'HEAD /assets/main.js HTTP/1.1\r\nHost: localhost:PORT\r\nAccept-Encoding: gzip, br;q=0.5\r\nIf-None-Match: "x"\r\n\r\n',
  'GET /assets/main.js?x HTTP/1.0\r\nHost: 127.0.0.1:PORT\r\nConnection: keep-alive\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nabcde',
  'POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n',
  'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]
/** What parsers stumble over. */
const TOKENS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\r',
    ':',
    ' ',
    '\0',
    '\x7f',
    '\xff',
    '//',
    '%00',
    '..',
    '*',
    'HTTP/1.1',
    'ws?proof=PROOF',
  ],
  ...[
    'Host: evil.example\r\n',
    'Host: 127.0.0.1:PORT\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    ' folded\r\n',
  ],
  ...['Transfer-Encoding: chunked\r\n', 'Content-Length: 0\r\n', 'Content-Length: -1\r\n', 'X: '.padEnd(17_000, 'x')],
]

const edits = editsWith(...TOKENS)

const NO_EDITS = fc.constant<Edit[]>([])

const http: fc.Arbitrary<Part> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ text: fc.constantFrom(...REQUESTS), edits }) },
  { weight: 1, arbitrary: fc.record({ text: latin1(2_000), edits: NO_EDITS }) },
)
const frame: fc.Arbitrary<Part> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ first: fc.constantFrom<Mode[]>('pair', 'return', 'confirm'), edits }) },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        payload: fc.oneof(latin1(8), latin1(130), latin1(3_000)),
        opcode: fc.constantFrom(2, 2, 0, 1, 8, 9, 10, 3, 15),
        fin: fc.boolean(),
        rsv: fc.constantFrom(0, 0, 0, 4, 1),
        mask: fc.constantFrom(true, true, true, false),
        length: fc.constantFrom(0, 125, 65_535, 65_536, 2 ** 31, 2 ** 53 - 1),
      },
      { requiredKeys: ['payload', 'opcode', 'fin', 'rsv', 'mask'] },
    ) as fc.Arbitrary<Part>,
  },
  { weight: 1, arbitrary: fc.record({ text: latin1(500), edits: NO_EDITS }) },
)
const upgrade: fc.Arbitrary<Part> = fc.record({
  upgrade: fc.constantFrom('stranger' as const, 'claimed' as const),
  edits: fc.oneof({ weight: 3, arbitrary: NO_EDITS }, { weight: 1, arbitrary: edits }),
})

const connection: fc.Arbitrary<Connection> = fc.record({
  parts: fc.oneof(
    fc.array(http, { minLength: 1, maxLength: 5 }),
    fc.tuple(upgrade, fc.array(frame, { maxLength: 6 })).map(([first, frames]) => [first, ...frames]),
  ),
  piece: fc.constantFrom(0, 0, 0, 1, 7, 100),
  reads: fc.constantFrom(true, true, false),
  // Who waits takes a second or two of the run.
  end: fc.constantFrom(...(['wait', 'end', 'end', 'end', 'end', 'leave', 'leave', 'leave', 'leave', 'reset'] as const)),
})

class Wire {
  readonly #host = new FuzzHost()
  #phone!: PhoneIdentity
  #secret!: Uint8Array
  #connections = 0

  async start(): Promise<void> {
    await this.#host.start()
    this.#phone = await this.#host.pair('paired')
    await this.#host.settle()
    this.#secret = parsePairingUrl(await this.#host.ask('address')).secret
  }

  async run(connections: Connection[]): Promise<void> {
    await Promise.all(connections.map(one => this.#connect(one)))
    await this.#host.check()
  }

  async finish(): Promise<string> {
    const figures = await this.#host.finish()
    if ((await this.#host.desktop.list()).length > 0) throw new Error('a session was started')
    return `${this.#connections} connections; ${figures}`
  }

  /** Resolves when the host has closed the connection; rejects if it takes too long. */
  async #connect({ parts, piece, reads, end }: Connection): Promise<void> {
    this.#connections++
    const bytes = Buffer.concat(await Promise.all(parts.map(part => this.#bytesOf(part))))
    const socket = connect({ port: this.#host.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: end === 'wait' })
    socket.on('error', () => {})
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.once('end', () => socket.end())
    if (reads) socket.resume()
    else socket.pause()
    // Two hundred pieces, then the rest: enough to cut everything anywhere, and quick.
    let at = 0
    for (let n = 0; piece > 0 && n < 200 && at < bytes.length && !socket.destroyed; n++, at += piece) {
      socket.write(bytes.subarray(at, at + piece))
      await new Promise(resolve => setImmediate(resolve))
    }
    if (at < bytes.length && !socket.destroyed) socket.write(bytes.subarray(at))
    if (end === 'end') socket.end()
    if (end === 'reset') socket.resetAndDestroy()
    if (end === 'leave') setTimeout(() => socket.destroy(), LEAVE_MS)
    // A peer that does not read notices the host's reset only when it writes; an orderly end, when it reads.
    const probe = setInterval(() => (reads ? socket.write('x') : socket.resume()), 1_000)
    const timer = setTimeout(() => socket.destroy(new Error('late')), GONE_MS)
    await closed
    clearInterval(probe)
    clearTimeout(timer)
    if (socket.errored?.message === 'late') throw new Error(`the host kept a connection for ${GONE_MS} ms`)
  }

  async #bytesOf(part: Part): Promise<Buffer> {
    if ('payload' in part) {
      const { payload, ...frame } = part
      return frameBytes(Buffer.from(payload, 'latin1'), frame)
    }
    if ('first' in part) return frameBytes(edited(await this.#firstMessage(part.first), part.edits))
    if ('upgrade' in part) {
      const target = part.upgrade === 'claimed' ? `/ws?${PROOF_PARAMETER}=${this.#proof()}` : '/ws'
      return edited(Buffer.from(upgradeRequest(this.#host.port, {}, target)), part.edits)
    }
    const text = edited(Buffer.from(part.text, 'latin1'), part.edits).toString('latin1')
    return Buffer.from(text.replaceAll('PORT', String(this.#host.port)).replaceAll('PROOF', this.#proof()), 'latin1')
  }

  #proof = () => upgradeProof(this.#phone.hostKey)

  #firstMessage(mode: Mode): Promise<Buffer> {
    const { hostKey, keys } = this.#phone
    return new Promise(resolve => {
      const send = (frame: Uint8Array) => resolve(Buffer.from(frame))
      const transport: Transport = { start: () => {}, send, buffered: 0, close: () => {} }
      const common = { transport, remoteStatic: hostKey, suite: NATIVE_SUITE }
      if (mode !== 'pair') openChannel({ ...common, mode, staticKey: keys })
      else openChannel({ ...common, mode, psk: this.#secret, staticKey: generateKeyPair() })
    })
  }
}

const target: FuzzTarget<Connection[]> = {
  isConcurrent: true,
  inputs: fc.array(connection, { minLength: 1, maxLength: 100, size: 'max' }),
  start: async () => {
    const wire = new Wire()
    await wire.start()
    return { run: input => wire.run(input), finish: () => wire.finish() }
  },
}
export default target
