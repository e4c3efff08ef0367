// A WebSocket client that sends arbitrary bytes and ignores close frames.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Inbox, type Transport } from '../../../protocol/transport.ts'

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One client frame (RFC 6455 section 5.2), well-formed by default. */
export function frameBytes(
  payload: Uint8Array,
  { opcode = OPCODE.binary as number, fin = true, rsv = 0, mask = true, length = payload.length } = {},
): Buffer {
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const header = Buffer.alloc(2 + size)
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  header[1] = (mask ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127)
  if (size === 2) header.writeUInt16BE(length, 2)
  if (size === 8) header.writeBigUInt64BE(BigInt(length), 2)
  if (!mask) return Buffer.concat([header, payload])
  const key = randomBytes(4)
  return Buffer.concat([header, key, payload.map((byte, i) => byte ^ key[i % 4]!)])
}

export function upgradeRequest(port: number, headers: Record<string, string> = {}, target = '/ws'): string {
  const all = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

export class RawWebSocket {
  readonly socket: Socket
  /** The HTTP status of the response to the upgrade; 0 if the connection was closed before. */
  readonly status: Promise<number>
  /** Resolves when the socket is closed, by either side. */
  readonly closed: Promise<void>
  /** The reason in the host's close frame. */
  closeReason: string | undefined
  /** The binary messages received from the host. */
  readonly frames: Uint8Array[] = []
  /** The number of writes. */
  written = 0
  readonly #inbox = new Inbox()
  #received: Buffer = Buffer.alloc(0)

  constructor(port: number, headers: Record<string, string> = {}, target = '/ws') {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {}) // `close` follows
    this.socket.write(upgradeRequest(port, headers, target))
    let setStatus = (_status: number) => {}
    this.status = new Promise(resolve => {
      setStatus = resolve
    })
    this.closed = new Promise(resolve =>
      this.socket.once('close', () => {
        setStatus(0)
        this.#inbox.close({ code: 'connection_lost', reason: 'closed' })
        resolve()
      }),
    )
    let upgraded = false
    this.socket.on('data', data => {
      this.#received = Buffer.concat([this.#received, data])
      if (!upgraded) {
        const end = this.#received.indexOf('\r\n\r\n')
        if (end < 0) return
        upgraded = true
        setStatus(Number(this.#received.subarray(9, 12).toString()))
        this.#received = this.#received.subarray(end + 4)
      }
      this.#read()
    })
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.writable) return
    this.written++
    this.socket.write(bytes)
  }

  /** Resolves when this many binary messages have arrived, or the socket is closed. */
  async framesReceived(count: number): Promise<void> {
    while (this.frames.length < count && !this.socket.destroyed) {
      await Promise.race([this.closed, new Promise(resolve => this.socket.once('data', resolve))])
    }
  }

  /** A transport that continues to send after the host's close frame, until the socket itself is closed. */
  get transport(): Transport {
    const { socket } = this
    return {
      start: handlers => this.#inbox.start(handlers),
      send: frame => this.write(frameBytes(frame)),
      get buffered() {
        return socket.writableLength
      },
      close: () => {},
    }
  }

  #read(): void {
    for (;;) {
      if (this.#received.length < 2) return
      const short = this.#received[1]! & 0x7f
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (this.#received.length < header) return
      const length =
        short < 126 ? short : short === 126 ? this.#received.readUInt16BE(2) : Number(this.#received.readBigUInt64BE(2))
      if (this.#received.length < header + length) return
      const payload = this.#received.subarray(header, header + length)
      const opcode = this.#received[0]! & 0x0f
      this.#received = this.#received.subarray(header + length)
      if (opcode === OPCODE.binary) {
        this.frames.push(new Uint8Array(payload))
        this.#inbox.frame(new Uint8Array(payload))
      }
      if (opcode === OPCODE.close) this.closeReason = payload.subarray(2).toString()
    }
  }
}
