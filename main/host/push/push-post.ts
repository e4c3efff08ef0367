// One request to a push service, over a socket of its own. Follows nowhere and reads no answer but its head. Knows neither
// what it carries nor which addresses may be asked.
import { request } from 'node:https'
import { connect } from 'node:tls'
import type { PushRequest } from './push-message.ts'

/** Connecting, sending 2 KB and a head in return. */
export const POST_MS = 15_000

/** Somebody waits for this answer, before a screen. */
const REACH_MS = 4_000

/** What a service says in its head is a few lines. */
const HEAD_BYTES = 16 * 1024

export interface PostOptions {
  /** Who signs the service's certificate; left out: who is trusted anyway. */
  ca?: string | undefined
  signal: AbortSignal
}

export interface PostAnswer {
  status: number
  /** What the service asks to wait. */
  retry_after_ms?: number
}

/** Rejects when no answer came. */
export function post({ url, headers, body }: PushRequest, { ca, signal }: PostOptions): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      headers,
      agent: false,
      maxHeaderSize: HEAD_BYTES,
      // Whatever the environment says: an endpoint is a capability.
      rejectUnauthorized: true,
      signal,
      ...(ca !== undefined && { ca }),
    })
    const timer = setTimeout(() => asked.destroy(new Error('the push service did not answer in time')), POST_MS)
    asked.once('response', response => {
      clearTimeout(timer)
      response.on('error', () => {})
      const wait = waitOf(response.headers['retry-after'])
      resolve({ status: response.statusCode ?? 0, ...(wait !== undefined && { retry_after_ms: wait }) })
      // What stands below the head is read by nobody.
      asked.destroy()
    })
    asked.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    asked.end(body)
  })
}

/** Whether the service can be connected to, by a name that its certificate has. Nothing is sent. */
export function reaches(endpoint: string, { ca, signal }: PostOptions): Promise<boolean> {
  const { hostname, port } = new URL(endpoint)
  return new Promise(resolve => {
    const socket = connect({
      host: hostname,
      port: port === '' ? 443 : Number(port),
      servername: hostname,
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca }),
    })
    const done = (reached: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', fail)
      socket.destroy()
      resolve(reached)
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
