// The HTTP(S) server for the web client's files and /health.
import type { Server as PageServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:tls'
import { CodedError } from '../../../protocol/errors.ts'
import type { HealthReports } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import { type Bind, firstOf, type Interfaces } from './addresses.ts'
import type { Address } from './candidates.ts'
import { afterClientHello } from './client-hello.ts'
import { allowedName, type OwnNames } from './host-names.ts'
import { Listeners } from './listeners.ts'
import type { NameSources } from './name-discovery.ts'
import { readPageFiles } from './page-files.ts'
import { createPageServer } from './page-server.ts'
import { type Place, Places } from './places.ts'
import { CHECK_MS, Reach } from './reach.ts'
import { GATE_TIMING, type GateTiming, RequestGate } from './request-gate.ts'
import { Certificate, type TlsFiles } from './tls.ts'

export interface HttpOptions {
  bind: Bind
  /** 0: a free port. */
  port: number
  /** The built web client. */
  webRoot: string
  version: string
  /** Serve https and wss only. */
  tls?: TlsFiles | undefined
  /** Names of a proxy or a tunnel, with its port unless that is 80 or 443. */
  allow_hosts: readonly string[]
  /** Sources of addresses and names. Default: the system. */
  interfaces?: (() => Interfaces) | undefined
  nameSources?: Partial<NameSources> | undefined
  /** Default: HTTP_TIMING. */
  timing?: Partial<HttpTiming> | undefined
  /** A browser at this address requested the page. */
  onPage?: ((address: string) => void) | undefined
  /** `addresses()` changed. Not called before `serveHttp` has returned. */
  onAddresses?: (() => void) | undefined
  log: Log
  health?: HealthReports | undefined
  /** Accepting a connection failed: too many files are open. */
  notAccepted?: ((error: Error) => void) | undefined
}

export interface HttpServer {
  /** Emits `connection` for those of every address, and `upgrade` with a gate for every WebSocket. */
  server: Server
  /** The place of an open socket. */
  placeOf(socket: Socket): Place | undefined
  port: number
  secure: boolean
  /** The names that requests may use now. */
  names(): OwnNames
  /** The addresses to show for a phone now, best first; never empty. */
  addresses(): Address[]
  /** Resets all connections, so that the port is free as soon as this is closed. */
  reset(): void
  close(): Promise<void>
}

type Log = Pick<Logger, 'info' | 'error'>

/** Durations in milliseconds; tests shorten them. */
export interface HttpTiming extends GateTiming {
  /** How often interfaces, names and certificate files are checked. */
  reach_ms: number
}

export const HTTP_TIMING: HttpTiming = { ...GATE_TIMING, reach_ms: CHECK_MS }

/** Starts listening. Throws `port_in_use`, `bind_refused`, `web_client_missing`, `tls_unusable`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const files = readPageFiles(options.webRoot)
  const allow_hosts = options.allow_hosts.flatMap(text => {
    const name = allowedName(text)
    if (name === undefined) options.log.error({ text }, 'this name is not a host name and is ignored')
    return name ?? []
  })
  const certificate = options.tls && (await Certificate.open(options.tls, options.log, options.health))
  let names: () => OwnNames = () => NO_NAMES
  const timing = { ...HTTP_TIMING, ...options.timing }
  const secure = certificate !== undefined
  const { version, onPage } = options
  const page = createPageServer({ files, version, secure, onPage, names: () => names(), timing })
  const server = createServer({ allowHalfOpen: !secure, noDelay: true })
  const port = await listen(server, options)
  const listeners = new Listeners({
    server,
    places: new Places(),
    port,
    allowHalfOpen: !secure,
    log: options.log,
    health: options.health,
    notAccepted: options.notAccepted,
  })
  const secureServer = serveConnections(server, page, listeners, certificate, timing)
  const reach = new Reach({
    ...options,
    allow_hosts,
    port,
    secure,
    listeners,
    certificate,
    followCertificate: async () => (secureServer && (await certificate?.reloadIfChanged(secureServer))) ?? false,
    sources: options.nameSources,
    reach_ms: timing.reach_ms,
    changed: () => options.onAddresses?.(),
  })
  names = () => reach.names()
  await reach.start()
  return {
    server,
    placeOf: socket => listeners.acceptedOf(socket)?.place,
    port,
    secure,
    names,
    addresses: () => reach.addresses(),
    reset: () => listeners.reset(),
    close: async () => {
      reach.close()
      listeners.close()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Until the port is known. */
const NO_NAMES: OwnNames = { hosts: new Set(), origins: new Set() }

/**
 * TLS handshakes that begin in one turn of the event loop: each takes a millisecond or two of it, and what others send is served
 * between the turns.
 */
const TLS_PER_TURN = 2

/**
 * Accepted sockets become gates of `page`, after a TLS handshake if there is a certificate. `reset` closes what is below.
 * Returns the server for `setSecureContext`.
 */
function serveConnections(
  server: Server,
  page: PageServer,
  listeners: Listeners,
  certificate: Certificate | undefined,
  timing: HttpTiming,
): SecureServer | undefined {
  const open = (socket: Socket) => {
    const accepted = listeners.acceptedOf(socket)
    if (!accepted || socket.destroyed) return void socket.destroy()
    page.emit('connection', new RequestGate(socket, timing, accepted.reset))
  }
  page.on('upgrade', (request, gate, head) => server.emit('upgrade', request, gate, head))
  if (!certificate) {
    server.on('connection', open)
    return undefined
  }
  const secure = createSecureServer({
    ...certificate.context,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: timing.headers_ms,
  })
  secure.on('secureConnection', open)
  secure.on('tlsClientError', (_error, socket) => socket.destroy())
  const waiting: Socket[] = []
  const begin = () => {
    const now = waiting.splice(0, TLS_PER_TURN)
    for (const socket of now) if (!socket.destroyed) secure.emit('connection', socket)
    if (waiting.length > 0) setImmediate(begin)
  }
  server.on('connection', socket => {
    if (socket.destroyed) return
    // Until its handshake begins, nothing else listens.
    socket.on('error', () => {})
    afterClientHello(socket, timing.headers_ms, () => {
      if (waiting.push(socket) === 1) setImmediate(begin)
    })
  })
  return secure
}

/** The server itself listens on the first address. Returns the port. */
async function listen(server: Server, { bind, port }: HttpOptions): Promise<number> {
  const first = firstOf(bind)
  const listenOn = (host: string) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    // `::` includes IPv4 if the system has both.
    await listenOn(first).catch(cause => {
      server.removeAllListeners('error')
      if (bind !== 'all' || !NO_IPV6.has(cause.code)) throw cause
      return listenOn('0.0.0.0')
    })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE')
      throw new CodedError('port_in_use', `port ${port} is taken; name another with --port`, { cause })
    throw new CodedError('bind_refused', `cannot listen on ${first} port ${port} (${code})`, { cause })
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new CodedError('internal', 'the server has no port')
  return address.port
}

const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])
