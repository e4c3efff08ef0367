// WebSockets as Transports, admitted by Host and Origin.
import type { IncomingMessage } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { PROOF_PARAMETER, proofNonce } from '../../../protocol/channel/upgrade-proof.ts'
import { CHANNEL_MESSAGE_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../../protocol/transport.ts'
import { plainAddress } from './addresses.ts'
import type { HandshakeLimit } from './handshake-limit.ts'
import { isOwnHost, isOwnOrigin, type OwnNames } from './host-names.ts'
import { hasBody, repeatedHeader } from './page-server.ts'
import type { Place } from './places.ts'
import { RequestGate, statusOnly } from './request-gate.ts'

export const SOCKET_PATH = '/ws'

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

/** Used proofs that are remembered: a listener who repeats one of the last 4,096 is a stranger. 200 KB. */
const MAX_NONCES = 4_096

/** Told how far an unauthenticated peer has come. Each may be called again. */
export interface PeerProgress {
  /** Its first message was good: a paired device's, or one with a valid secret. `owner`: the device. It may be a replay. */
  recognized(owner: string): void
  authenticated(owner: string): void
}

/** First messages that may be computed, of peers that have and have not shown that they know the host's key. */
export interface Handshakes {
  strangers: HandshakeLimit
  claimed: HandshakeLimit
}

export interface SocketsOptions {
  /** Emits `upgrade`, with a RequestGate or a socket. */
  server: Pick<Server, 'on'>
  /** The accepted Host and Origin values. */
  names: () => OwnNames
  /** The server itself serves TLS. */
  secure: boolean
  /** The host's public key. */
  hostKey: Uint8Array
  placeOf(socket: Socket): Place | undefined
  handshakes: Handshakes
  /** A socket was opened. */
  accept(transport: Transport, from: PeerAddress, progress: PeerProgress): void
}

export function serveSockets(options: SocketsOptions): { close(): void } {
  const { handshakes } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: CHANNEL_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    perMessageDeflate: false,
    clientTracking: true,
    skipUTF8Validation: true,
  })
  const nonces = new Set<string>()
  /** Whether the address of a WebSocket has a proof that was not used yet. */
  const claims = (url: string): boolean => {
    const proof = new URLSearchParams(url.split('?')[1]).get(PROOF_PARAMETER)
    const nonce = proof === null ? undefined : proofNonce(options.hostKey, proof)
    if (nonce === undefined || nonces.has(nonce)) return false
    nonces.add(nonce)
    for (const oldest of nonces) {
      if (nonces.size <= MAX_NONCES) break
      nonces.delete(oldest)
    }
    return true
  }
  const upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = refuse(request, options.names())
    if (refusal) return reject(socket, refusal)
    const place = options.placeOf(socket)
    // It was dropped, or its peer has gone.
    if (!place) return socket.destroy()
    const claimed = claims(request.url!)
    if (claimed) place.moveTo('claimed')
    const address = plainAddress(socket.remoteAddress)
    sockets.handleUpgrade(request, socket, head, webSocket => {
      // Only the browser knows whether a proxy in front serves TLS. A peer that lies about it gains nothing: see Devices.find.
      const secure = options.secure || request.headers.origin?.startsWith('https://') === true
      const limit = claimed ? handshakes.claimed : handshakes.strangers
      const transport = limited(socketTransport(webSocket), () => limit.take(address))
      options.accept(
        transport,
        { address, secure },
        {
          recognized: owner => place.moveTo('recognized', owner),
          authenticated: owner => place.moveTo('authenticated', owner),
        },
      )
    })
  }
  options.server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const gated = stream instanceof RequestGate
    const held = gated ? stream.release() : EMPTY
    const socket = gated ? stream.socket : (stream as Socket)
    socket.on('error', () => socket.destroy())
    // An exception here would end the host, and must not be caused by an unauthenticated request.
    try {
      upgrade(request, socket, Buffer.concat([head, held]))
    } catch {
      socket.destroy()
    }
    socket.resume()
  })
  return {
    close: () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

/** Lets the first frame through, which costs a handshake, only if `may` says so. */
function limited(transport: Transport, may: () => boolean): Transport {
  let first = true
  return {
    ...transport,
    get buffered() {
      return transport.buffered
    },
    start: ({ frame, close }) =>
      transport.start({
        frame: bytes => {
          if (first && !may())
            return transport.close({ code: 'channel_timeout', reason: 'too many handshakes at the moment' })
          first = false
          frame(bytes)
        },
        close,
      }),
  }
}

/** Any page in a browser can open a socket to us: its Origin says which page, Host by which name. Returns the refusal. */
function refuse(request: IncomingMessage, { hosts, origins }: OwnNames): string | undefined {
  if (repeatedHeader(request)) return '400 Bad Request'
  if (!isOwnHost(request.headers.host, hosts)) return '421 Misdirected Request'
  if (!isOwnOrigin(request.headers.origin, origins)) return '403 Forbidden'
  // A proxy might take the body for frames, or frames for the body.
  if (hasBody(request.headers)) return '413 Content Too Large'
  if (request.headers.expect !== undefined) return '417 Expectation Failed'
  // Not by `new URL`, which throws for targets that HTTP allows, such as `//`.
  if (request.url?.split('?')[0] !== SOCKET_PATH) return '404 Not Found'
  return undefined
}

function reject(socket: Socket, status: string): void {
  // HTTP sockets are half-open: one that was only ended would wait for its peer indefinitely.
  socket.once('finish', () => socket.destroy())
  socket.end(statusOnly(status))
}

/** Pings and pongs that a peer may send in a while: our clients send none, browsers cannot, and a proxy needs few. */
export const CONTROL_FRAMES = 16
const CONTROL_MS = 10_000

/** Wraps an open socket of a server, or of a client in Node. */
export function socketTransport(socket: WebSocket): Transport {
  const inbox = new Inbox()
  const endSoon = () => {
    if (socket.readyState === WebSocket.CLOSED) return
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS).unref()
    socket.once('close', () => clearTimeout(timer))
  }
  const close = ({ code, reason }: CloseReason) => {
    if (!inbox.close({ code, reason })) return
    socket.close(CLOSE_CODE, code)
    endSoon()
  }
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) inbox.frame(new Uint8Array(data.buffer, data.byteOffset, data.length))
    else close({ code: 'bad_frame', reason: 'a text message' })
  })
  // Nobody else counts these: `ws` answers pings itself.
  let [controlFrames, controlSince] = [0, performance.now()]
  const controlFrame = () => {
    const now = performance.now()
    if (now - controlSince > CONTROL_MS) [controlFrames, controlSince] = [0, now]
    if (++controlFrames > CONTROL_FRAMES) socket.terminate()
  }
  socket.on('ping', controlFrame)
  socket.on('pong', controlFrame)
  // A malformed frame: `ws` closes by itself, but would wait for the peer for 30 s.
  socket.on('error', endSoon)
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
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close,
  }
}

const EMPTY = Buffer.alloc(0)

/** Where a socket comes from. */
export interface PeerAddress {
  address: string
  /** Its page was loaded over HTTPS, from this host or from the proxy or tunnel in front. */
  secure: boolean
}
