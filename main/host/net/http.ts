// The HTTP server: the web client's files and /health. The only file that knows fastify; knows nothing of sessions.
import { existsSync, realpathSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import files from '@fastify/static'
import fastify from 'fastify'
import { CodedError } from '../../../protocol/errors.ts'
import { isOwnHost } from './hosts.ts'

export interface HttpOptions {
  bind: string
  /** 0: any free one. */
  port: number
  /** The built web client. */
  webRoot: string
  hosts: () => ReadonlySet<string>
  version: string
}

export interface HttpServer {
  server: Server
  port: number
  close(): Promise<void>
}

/** Headers that trickle in (slow loris) are answered 408 after this. */
const HEADERS_MS = 5_000
/** A browser asks for the page's parts at once; a socket that asks for no more is somebody else's place. */
const KEEP_ALIVE_MS = 5_000
/** Sockets in all: a browser opens six per page. */
const MOST_SOCKETS = 256

/** Starts listening. Throws `port_in_use`, `bind_refused`, `web_client_missing`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  if (!existsSync(join(options.webRoot, 'index.html')))
    throw new CodedError('web_client_missing', `${options.webRoot} holds no web client; build it with: npm run build`)
  const root = realpathSync(options.webRoot)
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: 10_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node looks for late headers only this often, by default every 30 s.
    http: { connectionsCheckingInterval: 1_000 },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  })
  app.server.headersTimeout = HEADERS_MS
  app.server.maxConnections = MOST_SOCKETS
  // Before everything: a request by a name that is not ours may come from a page that wants to be us.
  app.addHook('onRequest', async (request, reply) => {
    if (!isOwnHost(request.headers.host, options.hosts())) return reply.code(421).send({ error: 'misdirected' })
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
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    originAgentCluster: true,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
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
  try {
    await app.listen({ host: options.bind, port: options.port })
  } catch (cause) {
    await app.close()
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE')
      throw new CodedError('port_in_use', `port ${options.port} is taken; name another with --port`, { cause })
    throw new CodedError('bind_refused', `${options.bind} port ${options.port} cannot be listened on (${code})`, {
      cause,
    })
  }
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new CodedError('internal', 'the server has no port')
  return { server: app.server, port: address.port, close: () => app.close() }
}

/** True unless a symbolic link leads elsewhere on the way to the file. */
function isPlain(root: string, path: string): boolean {
  try {
    const file = join(root, path)
    return realpathSync(file) === file.replace(/[/\\]$/, '')
  } catch {
    return true // not there: 404 like any other
  }
}
