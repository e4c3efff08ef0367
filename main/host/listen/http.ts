// The HTTP(S) server: the web client's files and /health. The only file that knows fastify; knows nothing of sessions.
import { existsSync, realpathSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import files from '@fastify/static'
import fastify, { type FastifyInstance } from 'fastify'
import { CodedError } from '../../../protocol/errors.ts'
import { type Bind, firstOf, type Interfaces, plainAddress } from './addresses.ts'
import type { Address } from './candidates.ts'
import { allowedName, isOwnHost, type OwnNames } from './host-names.ts'
import { Listeners } from './listeners.ts'
import type { NameSources } from './name-discovery.ts'
import { Reach } from './reach.ts'
import { Certificate, type TlsFiles } from './tls.ts'

export interface HttpOptions {
  bind: Bind
  /** 0: any free one. */
  port: number
  /** The built web client. */
  webRoot: string
  version: string
  /** With it the server speaks https and wss, and nothing else. */
  tls?: TlsFiles | undefined
  /** Further names, of a proxy or a tunnel; with its port unless that is 80 or 443. */
  allow_hosts: readonly string[]
  /** Whom to ask for addresses and names; the system, unless a test says otherwise. */
  interfaces?: (() => Interfaces) | undefined
  nameSources?: Partial<NameSources> | undefined
  /** Somebody at this address asked for the page. Called at every request for it. */
  onPage?: ((address: string) => void) | undefined
  /** `addresses()` is different now. Not before this function returned. */
  onAddresses?: (() => void) | undefined
  log: Log
}

export interface HttpServer {
  /** Gets the connections of every address. With TLS it is an https server; what it emits is the same. */
  server: Server
  port: number
  secure: boolean
  /** By which names the host may be called now. */
  names(): OwnNames
  /** What to show a phone now, best first; never empty. */
  addresses(): Address[]
  /** Ends all connections without a goodbye, so that the port is free at once when this is closed. */
  reset(): void
  close(): Promise<void>
}

type Log = { info(what: object, message: string): void; error(what: object, message: string): void }

/** Headers that trickle in (slow loris) are answered 408 after this; a TLS handshake is broken off. */
const HEADERS_MS = 5_000
const REQUEST_MS = 10_000
/** A page asks for everything at once; afterwards its connections only take places. */
const KEEP_ALIVE_MS = 5_000

/** Starts listening. Throws `port_in_use`, `bind_refused`, `web_client_missing`, `tls_unusable`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  if (!existsSync(join(options.webRoot, 'index.html')))
    throw new CodedError('web_client_missing', `${options.webRoot} holds no web client; build it with: npm run build`)
  const allow_hosts = options.allow_hosts.flatMap(text => {
    const name = allowedName(text)
    if (name === undefined) options.log.error({ text }, 'is no name that could be allowed')
    return name ?? []
  })
  const certificate = options.tls && (await Certificate.open(options.tls, options.log))
  let names: () => OwnNames = () => NOBODY
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

/** Content types of files that run nothing and hold no page. SVG is not among them. */
const PASSIVE = /^(text\/css|font\/|image\/png)/
/** Browsers read these of pages and workers alone; with each font and style they would weigh as much as some code does. */
const FOR_WHAT_RUNS = ['content-security-policy', 'x-frame-options', 'origin-agent-cluster']

/** Until the port is known. */
const NOBODY: OwnNames = { hosts: new Set(), origins: new Set() }

async function createApp(options: HttpOptions, certificate: Certificate | undefined, names: () => OwnNames) {
  const root = realpathSync(options.webRoot)
  // Node looks for late headers only this often, by default every 30 s.
  const timing = { connectionsCheckingInterval: 1_000 }
  let secureServer: SecureServer | undefined
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    serverFactory: handler => {
      if (!certificate) return createServer(timing, handler)
      secureServer = createSecureServer({ ...timing, ...certificate.context, handshakeTimeout: HEADERS_MS }, handler)
      return secureServer as unknown as Server
    },
  })
  app.server.headersTimeout = HEADERS_MS
  app.server.requestTimeout = REQUEST_MS
  app.server.keepAliveTimeout = KEEP_ALIVE_MS
  // Before everything: a request by a name that is not ours may come from a page that wants to be us.
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
        // xterm.js writes its colours and sizes as inline styles; styles run no code.
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
    // Both would break a page that a LAN serves over plain HTTP.
    strictTransportSecurity: false,
    // Browsers ignore it over plain HTTP, and complain.
    crossOriginOpenerPolicy: certificate ? { policy: 'same-origin' } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    originAgentCluster: true,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // For Internet Explorer and Flash, which no page of ours runs in.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
  app.addHook('onSend', async (_request, reply) => {
    if (!PASSIVE.test(String(reply.getHeader('content-type')))) return
    for (const name of FOR_WHAT_RUNS) reply.raw.removeHeader(name)
  })
  await app.register(files, {
    root,
    preCompressed: true,
    dotfiles: 'ignore',
    allowedPath: path => isPlain(root, path),
    // A list: with a bare string the plugin finds no precompressed index (findIndexFile, @fastify/static 9).
    index: ['index.html'],
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Hashed names never change what they hold; the page that names them must be asked for each time.
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

/** The first address, by the server itself; returns the port. */
async function listen(app: FastifyInstance, { bind, port }: HttpOptions): Promise<number> {
  const first = firstOf(bind)
  try {
    // `::` takes IPv4 as well, where the system has both.
    await app.listen({ host: first, port }).catch(cause => {
      if (bind !== 'all' || !NO_IPV6.has(cause.code)) throw cause
      return app.listen({ host: '0.0.0.0', port })
    })
  } catch (cause) {
    await app.close()
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE')
      throw new CodedError('port_in_use', `port ${port} is taken; name another with --port`, { cause })
    throw new CodedError('bind_refused', `${first} port ${port} cannot be listened on (${code})`, { cause })
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
    return true // not there: 404 like any other
  }
}
