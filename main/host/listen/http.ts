// The HTTP(S) server for the web client's files and /health.
import { existsSync, realpathSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import files from '@fastify/static'
import fastify, { type FastifyInstance } from 'fastify'
import { CodedError } from '../../../protocol/errors.ts'
import type { Logger } from '../log/logger.ts'
import { type Bind, firstOf, type Interfaces, plainAddress } from './addresses.ts'
import type { Address } from './candidates.ts'
import { allowedName, isOwnHost, type OwnNames } from './host-names.ts'
import { Listeners } from './listeners.ts'
import type { NameSources } from './name-discovery.ts'
import { CHECK_MS, Reach } from './reach.ts'
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
}

export interface HttpServer {
  /** Receives the connections of every address. With TLS it is an https server, which emits the same events. */
  server: Server
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
export interface HttpTiming {
  /** Headers that trickle in (slow loris) are answered with 408 after this; a TLS handshake is aborted (case 32). */
  headers_ms: number
  request_ms: number
  /** A page requests everything at once; afterwards its connections only occupy sockets. */
  keep_alive_ms: number
  /** How often Node checks for late requests; its default is 30 s. */
  check_ms: number
  /** How often interfaces, names and certificate files are checked. */
  reach_ms: number
}

export const HTTP_TIMING: HttpTiming = {
  headers_ms: 5_000,
  request_ms: 10_000,
  keep_alive_ms: 5_000,
  check_ms: 1_000,
  reach_ms: CHECK_MS,
}

/** Starts listening. Throws `port_in_use`, `bind_refused`, `web_client_missing`, `tls_unusable`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  if (!existsSync(join(options.webRoot, 'index.html')))
    throw new CodedError(
      'web_client_missing',
      `${options.webRoot} does not contain the web client; build it with: npm run build`,
    )
  const allow_hosts = options.allow_hosts.flatMap(text => {
    const name = allowedName(text)
    if (name === undefined) options.log.error({ text }, 'this name is not a host name and is ignored')
    return name ?? []
  })
  const certificate = options.tls && (await Certificate.open(options.tls, options.log))
  let names: () => OwnNames = () => NO_NAMES
  const { app, secureServer } = await createApp(options, certificate, () => names())
  const port = await listen(app, options)
  const listeners = new Listeners({ server: app.server, port, allowHalfOpen: !certificate, log: options.log })
  const reach = new Reach({
    ...options,
    allow_hosts,
    port,
    secure: certificate !== undefined,
    listeners,
    certificate,
    followCertificate: async () => (secureServer && (await certificate?.reloadIfChanged(secureServer))) ?? false,
    sources: options.nameSources,
    reach_ms: options.timing?.reach_ms ?? HTTP_TIMING.reach_ms,
    changed: () => options.onAddresses?.(),
  })
  names = () => reach.names()
  await reach.start()
  return {
    server: app.server,
    port,
    secure: certificate !== undefined,
    names,
    addresses: () => reach.addresses(),
    reset: () => listeners.reset(),
    close: async () => {
      reach.close()
      listeners.close()
      await app.close()
    },
  }
}

/** Content types of files that run no code and are no page. SVG is not among them. */
const PASSIVE = /^(text\/css|font\/|image\/png)/
/** Browsers read these headers only on pages and workers; on every font and style they would cost as much as some code. */
const ACTIVE_HEADERS = ['content-security-policy', 'x-frame-options', 'origin-agent-cluster']

/** Until the port is known. */
const NO_NAMES: OwnNames = { hosts: new Set(), origins: new Set() }

async function createApp(options: HttpOptions, certificate: Certificate | undefined, names: () => OwnNames) {
  const root = realpathSync(options.webRoot)
  const timing = { ...HTTP_TIMING, ...options.timing }
  const checking = { connectionsCheckingInterval: timing.check_ms }
  let secureServer: SecureServer | undefined
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    serverFactory: handler => {
      if (!certificate) return createServer(checking, handler)
      secureServer = createSecureServer(
        { ...checking, ...certificate.context, handshakeTimeout: timing.headers_ms },
        handler,
      )
      return secureServer as unknown as Server
    },
  })
  app.server.headersTimeout = timing.headers_ms
  app.server.requestTimeout = timing.request_ms
  app.server.keepAliveTimeout = timing.keep_alive_ms
  // Before everything else: a request by a foreign name may come from a page that uses DNS rebinding.
  app.addHook('onRequest', async (request, reply) => {
    if (!isOwnHost(request.headers.host, names().hosts)) return reply.code(421).send({ error: 'misdirected' })
    if (request.method === 'GET' && request.url.split('?')[0] === '/')
      options.onPage?.(plainAddress(request.socket.remoteAddress))
    return undefined
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // xterm.js sets its colors and sizes as inline styles; styles run no code.
        styleSrc: ["'self'", "'unsafe-inline'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Would break a page that is served over plain HTTP on a LAN.
    strictTransportSecurity: false,
    // Over plain HTTP browsers ignore it, with a warning.
    crossOriginOpenerPolicy: certificate ? { policy: 'same-origin' } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    originAgentCluster: true,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // For Internet Explorer and Flash only.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
  app.addHook('onSend', async (_request, reply) => {
    if (!PASSIVE.test(String(reply.getHeader('content-type')))) return
    for (const name of ACTIVE_HEADERS) reply.raw.removeHeader(name)
  })
  await app.register(files, {
    root,
    preCompressed: true,
    dotfiles: 'ignore',
    allowedPath: path => isPlain(root, path),
    // As a list: with a string the plugin finds no precompressed index (findIndexFile, @fastify/static 9).
    index: ['index.html'],
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Files with hashed names never change; the page that refers to them is revalidated each time.
      const hashed = path.includes('/assets/') || path.includes('\\assets\\')
      reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.get('/health', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { ok: true, version: options.version }
  })
  return { app, secureServer }
}

/** The server itself listens on the first address. Returns the port. */
async function listen(app: FastifyInstance, { bind, port }: HttpOptions): Promise<number> {
  const first = firstOf(bind)
  try {
    // `::` includes IPv4 if the system has both.
    await app.listen({ host: first, port }).catch(cause => {
      if (bind !== 'all' || !NO_IPV6.has(cause.code)) throw cause
      return app.listen({ host: '0.0.0.0', port })
    })
  } catch (cause) {
    await app.close()
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE')
      throw new CodedError('port_in_use', `port ${port} is taken; name another with --port`, { cause })
    throw new CodedError('bind_refused', `cannot listen on ${first} port ${port} (${code})`, { cause })
  }
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new CodedError('internal', 'the server has no port')
  return address.port
}

const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

/** True unless a symbolic link leads elsewhere on the way to the file. */
function isPlain(root: string, path: string): boolean {
  try {
    const file = join(root, path)
    return realpathSync(file) === file.replace(/[/\\]$/, '')
  } catch {
    return true // missing: 404 like any other
  }
}
