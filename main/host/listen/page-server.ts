// Answers requests for the page's files and /health.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { plainAddress } from './addresses.ts'
import { isOwnHost, type OwnNames } from './host-names.ts'
import { bodyFor, isKnown, type PageFile } from './page-files.ts'
import { type GateTiming, HEAD_BYTES, type RequestGate } from './request-gate.ts'

export interface PageServerOptions {
  files: ReadonlyMap<string, PageFile>
  version: string
  secure: boolean
  names(): OwnNames
  /** A browser at this address requested the page. */
  onPage?: ((address: string) => void) | undefined
  timing: GateTiming
}

/** A single header for each is accepted: two of them can mean one thing to a proxy and another thing here. */
const SINGLE_HEADERS = ['host', 'content-length', 'transfer-encoding', 'upgrade', 'sec-websocket-key']

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // xterm.js sets its colors and sizes as inline styles; styles run no code.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';')

/**
 * With every response (case 39). No Strict-Transport-Security and no `upgrade-insecure-requests`, which would break a page that is
 * served over plain HTTP on a LAN.
 */
const HEADERS: readonly [string, string][] = [
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
]
/** Browsers read these only on pages and workers; on every font and style they would cost as much as some code. */
const ACTIVE_HEADERS: readonly [string, string][] = [
  ['content-security-policy', POLICY],
  ['x-frame-options', 'DENY'],
  ['origin-agent-cluster', '?1'],
]

/** A server that does not listen: it takes the gates of accepted sockets as connections, and emits `upgrade` for WebSockets. */
export function createPageServer(options: PageServerOptions): Server {
  const server = createServer({ maxHeaderSize: HEAD_BYTES, requireHostHeader: false }, (request, response) => {
    const gate = request.socket as unknown as RequestGate
    response.once('close', () => gate.next())
    answer(request, response, options)
  })
  // The gate has timers of its own.
  server.headersTimeout = 0
  server.requestTimeout = 0
  server.keepAliveTimeout = options.timing.keep_alive_ms
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const isLong = error.code === 'HPE_HEADER_OVERFLOW'
    ;(stream as unknown as RequestGate).refuse(isLong ? '431 Request Header Fields Too Large' : '400 Bad Request')
  })
  // A body is not wanted, so it is not invited either.
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_request, stream) => (stream as unknown as RequestGate).refuse('405 Method Not Allowed'))
  return server
}

/** Whether a request says that a body follows: none of ours has one. */
export function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** The name of a header that is there more than once, where that could be read in two ways. */
export function repeatedHeader({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (SINGLE_HEADERS.includes(name) && seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

function answer(request: IncomingMessage, response: ServerResponse, options: PageServerOptions): void {
  const { method, headers } = request
  const say = (status: number, value: object, more: Record<string, string> = {}) =>
    send(
      response,
      options,
      status,
      { 'content-type': 'application/json; charset=utf-8', ...more },
      JSON.stringify(value),
    )
  const end = (status: number, error: string, more: Record<string, string> = {}) =>
    say(status, { error }, { connection: 'close', ...more })
  if (repeatedHeader(request)) return end(400, 'bad_request')
  // Before everything else: a request by a foreign name may come from a page that uses DNS rebinding.
  if (!isOwnHost(headers.host, options.names().hosts)) return say(421, { error: 'misdirected' })
  if (hasBody(headers)) return end(413, 'no_body_expected')
  if (headers.expect !== undefined) return end(417, 'no_expectation')
  if (method !== 'GET' && method !== 'HEAD') return end(405, 'method_not_allowed', { allow: 'GET, HEAD' })
  const path = request.url!.split('?')[0]!
  if (path === '/' && method === 'GET') options.onPage?.(plainAddress(request.socket.remoteAddress))
  if (path === '/health') return say(200, { ok: true, version: options.version }, { 'cache-control': 'no-store' })
  const file = options.files.get(path)
  if (!file) return say(404, { error: 'not_found' })
  const body = bodyFor(file, String(headers['accept-encoding'] ?? ''))
  const known = isKnown(body, headers['if-none-match'])
  const fields = {
    etag: body.etag,
    // Files with hashed names never change; the page that refers to them is revalidated each time.
    'cache-control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(file.bodies.length > 1 && { vary: 'accept-encoding' }),
    ...(!known && { 'content-type': file.type }),
    ...(!known && body.encoding !== undefined && { 'content-encoding': body.encoding }),
  }
  send(response, options, known ? 304 : 200, fields, known ? undefined : body.bytes, file.passive)
}

function send(
  response: ServerResponse,
  { secure }: PageServerOptions,
  status: number,
  fields: Record<string, string>,
  body: Buffer | string | undefined,
  passive = false,
): void {
  const headers = [...HEADERS, ...(passive ? [] : ACTIVE_HEADERS), ...Object.entries(fields)]
  // Over plain HTTP browsers ignore it, with a warning.
  if (secure) headers.push(['cross-origin-opener-policy', 'same-origin'])
  if (body !== undefined) headers.push(['content-length', String(Buffer.byteLength(body))])
  response.writeHead(status, headers.flat())
  response.end(body)
}
