// WebSockets as Transports, admitted by Host and Origin.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { CHANNEL_MESSAGE_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../../protocol/transport.ts'
import { plainAddress } from './addresses.ts'
import { addressKey, type HandshakeLimit } from './handshake-limit.ts'
import { isOwnHost, isOwnOrigin, type OwnNames } from './host-names.ts'

export const SOCKET_PATH = '/ws'

/** Sockets that are not authenticated yet. A page opens one, so this is plenty, and bounds a flood. */
export const MAX_UNAUTHENTICATED = 32
/** And from one address, so that one neighbor cannot take them all. */
export const MAX_UNAUTHENTICATED_PER_ADDRESS = 8

/**
 * Fragments and chunks in which a frame may arrive. Our clients never fragment, but a proxy may; and a frame of 64 KiB that
 * arrives in single bytes would cost a hundred times its size.
 */
const MAX_FRAGMENTS = 64
const MAX_CHUNKS = 1024

/** How long to wait for the peer's close frame: a slow round trip. */
const CLOSE_MS = 1_000

/** 4000 to 4999 are for applications (RFC 6455 section 7.4.2). The error code is sent as the reason. */
const CLOSE_CODE = 4000

export interface SocketsOptions {
  server: Server
  /** The accepted Host and Origin values. */
  names: () => OwnNames
  /** The server itself serves TLS. */
  secure: boolean
  handshakes: HandshakeLimit
  /** A socket was opened. Until the returned function returns true, it counts as unauthenticated. */
  accept(transport: Transport, from: PeerAddress): () => boolean
}

export function serveSockets(options: SocketsOptions): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: CHANNEL_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    perMessageDeflate: false,
    clientTracking: true,
    skipUTF8Validation: true,
  })
  const unauthenticated = new Map<WebSocket, { key: string; authenticated: () => boolean }>()
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuse(request, options.names())
    if (refusal) return reject(socket, refusal)
    const address = plainAddress(request.socket.remoteAddress)
    const key = addressKey(address)
    for (const [other, peer] of unauthenticated) if (peer.authenticated()) unauthenticated.delete(other)
    const fromAddress = [...unauthenticated.values()].filter(peer => peer.key === key).length
    const isFull = unauthenticated.size >= MAX_UNAUTHENTICATED || fromAddress >= MAX_UNAUTHENTICATED_PER_ADDRESS
    if (isFull || !options.handshakes.take(address)) return reject(socket, '503 Service Unavailable')
    sockets.handleUpgrade(request, socket, head, webSocket => {
      // Only the browser knows whether a proxy in front serves TLS. A peer that lies about it gains nothing: see Devices.find.
      const secure = options.secure || request.headers.origin?.startsWith('https://') === true
      webSocket.once('close', () => unauthenticated.delete(webSocket))
      const authenticated = options.accept(socketTransport(webSocket), { address, secure })
      if (webSocket.readyState === WebSocket.OPEN) unauthenticated.set(webSocket, { key, authenticated })
    })
  }
  options.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    // An exception here would end the host, and must not be caused by an unauthenticated request.
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

/** Any page in a browser can open a socket to us: its Origin says which page, Host by which name. Returns the refusal. */
function refuse(request: IncomingMessage, { hosts, origins }: OwnNames): string | undefined {
  if (!isOwnHost(request.headers.host, hosts)) return '421 Misdirected Request'
  if (!isOwnOrigin(request.headers.origin, origins)) return '403 Forbidden'
  // Not by `new URL`, which throws for targets that HTTP allows, such as `//`.
  if (request.url?.split('?')[0] !== SOCKET_PATH) return '404 Not Found'
  return undefined
}

function reject(socket: Duplex, status: string): void {
  // HTTP sockets are half-open: one that was only ended would wait for its peer indefinitely.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Wraps an open socket of a server, or of a client in Node. */
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
  socket.on('error', () => {}) // `close` follows
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

/** Where a socket comes from. */
export interface PeerAddress {
  address: string
  /** Its page was loaded over HTTPS, from this host or from the proxy or tunnel in front. */
  secure: boolean
}
