// One POST request to a push service, an ntfy server or a webhook, over a socket of its own. Follows no redirect, and reads only
// the response's head.
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect } from 'node:tls'

export interface PostRequest {
  url: string
  headers: Record<string, string | number>
  body: Buffer
}

/** Time to connect, send 2 KB and receive a head. */
export const POST_MS = 15_000

/** A person waits for this at a screen. */
const REACH_MS = 4_000

/** A server's head is a few lines. */
const HEAD_BYTES = 16 * 1024

/** Interim responses (1xx). Services send none; a hostile one may send them forever. */
const MAX_INTERIM = 8

export interface PostOptions {
  /** CA of the server's certificate (PEM). Default: the CAs that Node trusts. */
  ca?: string | undefined
  signal: AbortSignal
  /** Default: POST_MS. */
  post_ms?: number | undefined
}

export interface PostReply {
  status: number
  /** Retry-After. */
  retry_after_ms?: number
}

/** Rejects if there is no response. */
export function post(
  { url, headers, body }: PostRequest,
  { ca, signal, post_ms = POST_MS }: PostOptions,
): Promise<PostReply> {
  return new Promise((resolve, reject) => {
    // Plain HTTP only where the caller has checked the address (addresses.ts).
    const isPlain = url.startsWith('http:')
    const sent = (isPlain ? plainRequest : tlsRequest)(url, {
      method: 'POST',
      headers,
      agent: false,
      maxHeaderSize: HEAD_BYTES,
      // Regardless of the environment: the request carries a secret.
      rejectUnauthorized: true,
      signal,
      ...(ca !== undefined && { ca }),
    })
    // Rejects itself: a request that is destroyed already emits no error.
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
      sent.destroy()
    }
    const timer = setTimeout(() => fail(new Error('the server did not answer in time')), post_ms)
    let interim = 0
    sent.on('information', () => {
      if (++interim > MAX_INTERIM) fail(new Error('the server sends only interim responses'))
    })
    sent.once('response', response => {
      clearTimeout(timer)
      response.on('error', () => {})
      const wait = waitOf(response.headers['retry-after'])
      resolve({ status: response.statusCode ?? 0, ...(wait !== undefined && { retry_after_ms: wait }) })
      // The body is not read.
      sent.destroy()
    })
    sent.on('error', fail)
    // After a protocol switch (101) there is neither a response nor an error.
    sent.once('close', () => fail(new Error('the server did not answer')))
    sent.end(body)
  })
}

/** Whether a TLS connection to the service can be opened. Nothing is sent. */
export function canReach(endpoint: string, { ca, signal }: PostOptions): Promise<boolean> {
  const { hostname, port } = new URL(endpoint)
  return new Promise(resolve => {
    const socket = connect({
      host: hostname,
      port: port === '' ? 443 : Number(port),
      servername: hostname,
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca }),
    })
    const done = (isReached: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', fail)
      socket.destroy()
      resolve(isReached)
    }
    const fail = () => done(false)
    const timer = setTimeout(fail, REACH_MS)
    signal.addEventListener('abort', fail)
    socket.once('secureConnect', () => done(true))
    socket.on('error', fail)
  })
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function waitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
