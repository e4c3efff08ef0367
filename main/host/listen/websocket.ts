// WebSockets as Transports, admitted by Host and Origin. The only file that knows ws; knows nothing of messages.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../../protocol/transport.ts'

import { plainAddress } from './addresses.ts'
import { addressKey, type HandshakeLimit } from './handshake-limit.ts'
import { isOwnHost, isOwnOrigin, type OwnNames } from './host-names.ts'

export const SOCKET_PATH = '/ws'

/** Strangers that have not said hello yet: a page opens one socket, so this is plenty and a flood is small. */
export const MAX_UNAUTHENTICATED = 32
/** And from one address, so that one neighbour cannot take all places. */
export const MAX_UNAUTHENTICATED_PER_ADDRESS = 8

/**
 * Pieces in which a frame may come. Our own clients never fragment, a proxy may; and a frame of 64 KiB that trickles in by
 * single bytes would cost a hundred times its size.
 */
const MOST_FRAGMENTS = 64
const MOST_CHUNKS = 1024

/** Who has not answered the closing handshake within this is not waited for; a goodbye may take a slow round trip. */
const CLOSE_MS = 1_000

/** Application close codes (RFC 6455 section 7.4.2: 4000-4999 are free). The code's name travels as the reason. */
const CLOSE_CODE = 4000

export interface SocketsOptions {
  server: Server
  /** By which names this host may be called, and the origins of its own pages. */
  names: () => OwnNames
  /** The server itself speaks TLS. */
  secure: boolean
  handshakes: HandshakeLimit
  /** A socket was opened. Until the test that this returns holds, it counts among its address's strangers. */
  accept(transport: Transport, from: PeerAddress): () => boolean
}

export function serveSockets(options: SocketsOptions): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES + 16,
    maxFragments: MOST_FRAGMENTS,
    maxBufferedChunks: MOST_CHUNKS,
    perMessageDeflate: false,
    clientTracking: true,
    skipUTF8Validation: true,
  })
  const strangers = new Map<WebSocket, { place: string; authenticated: () => boolean }>()
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuse(request, options.names())
    if (refusal) return reject(socket, refusal)
    const address = plainAddress(request.socket.remoteAddress)
    const place = addressKey(address)
    for (const [one, stranger] of strangers) if (stranger.authenticated()) strangers.delete(one)
    const fromThere = [...strangers.values()].filter(stranger => stranger.place === place).length
    const full = strangers.size >= MAX_UNAUTHENTICATED || fromThere >= MAX_UNAUTHENTICATED_PER_ADDRESS
    if (full || !options.handshakes.take(address)) return reject(socket, '503 Service Unavailable')
    sockets.handleUpgrade(request, socket, head, webSocket => {
      // Whether a proxy in front speaks TLS only the browser can say. Who lies about it gains nothing: see Devices.find.
      const secure = options.secure || request.headers.origin?.startsWith('https://') === true
      webSocket.once('close', () => strangers.delete(webSocket))
      const authenticated = options.accept(socketTransport(webSocket), { address, secure })
      if (webSocket.readyState === WebSocket.OPEN) strangers.set(webSocket, { place, authenticated })
    })
  }
  options.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    // Nobody catches what is thrown in here: a request of a stranger must not be able to end the host.
    try {
      upgrade(request, socket, head)
    } catch {
      socket.destroy()
    }
  })
  return {
    close: () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

/** Any page in a browser can open a socket to us; its Origin tells which page it is, the Host by which name it came. */
function refuse(request: IncomingMessage, { hosts, origins }: OwnNames): string | undefined {
  if (!isOwnHost(request.headers.host, hosts)) return '421 Misdirected Request'
  if (!isOwnOrigin(request.headers.origin, origins)) return '403 Forbidden'
  // Not through URL: it throws at targets that HTTP allows, such as `//`.
  if (request.url?.split('?')[0] !== SOCKET_PATH) return '404 Not Found'
  return undefined
}

function reject(socket: Duplex, status: string): void {
  // HTTP sockets are half-open: one that was only ended would wait for its peer, for as long as the peer likes.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Wraps an open socket, of a server or of a client in Node. */
export function socketTransport(socket: WebSocket): Transport {
  const inbox = new Inbox()
  const close = ({ code, reason }: CloseReason) => {
    if (!inbox.close({ code, reason })) return
    socket.close(CLOSE_CODE, code)
    setTimeout(() => socket.terminate(), CLOSE_MS).unref()
  }
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) inbox.frame(new Uint8Array(data.buffer, data.byteOffset, data.length))
    else close({ code: 'bad_frame', reason: 'a text message' })
  })
  socket.on('error', () => {}) // `close` follows and tells
  socket.on('close', (_code, reason) => {
    const code = reason.toString() || 'connection_lost'
    inbox.close({ code, reason: `the connection ended (${code})` })
  })
  return {
    start: handlers => inbox.start(handlers),
    send: frame => {
      if (!inbox.closed) socket.send(frame, { binary: true })
    },
    get buffered() {
      return socket.bufferedAmount
    },
    close,
  }
}

/** Where a socket came from. */
export interface PeerAddress {
  address: string
  /** The page that opened it came by HTTPS: here, or at the proxy or tunnel in front. */
  secure: boolean
}
