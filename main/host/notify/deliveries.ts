// What one channel (ntfy, or the webhook) still has to deliver: one request at a time, tried again when it fails.
import { CodedError } from '../../../protocol/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { Notice } from './notice.ts'
import { pause } from './pacing.ts'
import type { PostReply, PostRequest } from './post.ts'

/** Sessions that wait per channel: a person who was not notified of these is not helped by one more. */
export const MAX_WAITING = 16

/** Delays before retries if the server cannot be reached or fails. */
export const RETRY_MS = [3_000, 20_000, 120_000]

/** A server that asks for a longer delay gets no retry. */
const MAX_WAIT_MS = 10 * 60_000

export interface DeliveriesOptions {
  name: 'ntfy' | 'webhook'
  /** The request that tells this; undefined: the channel is off. */
  requestOf(notice: Notice): PostRequest | undefined
  /** What still has to be told of a session. */
  noticeOf(session_id: string): Notice | undefined
  post(request: PostRequest, signal: AbortSignal): Promise<PostReply>
  log: Pick<Logger, 'error'>
  /** Default: RETRY_MS. */
  retry_ms?: readonly number[] | undefined
}

export class Deliveries {
  readonly #options: DeliveriesOptions
  /** Sessions, each with the wait that it is about. */
  readonly #waiting = new Map<string, string>()
  readonly #closed = new AbortController()
  #busy = false

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  get name(): 'ntfy' | 'webhook' {
    return this.#options.name
  }

  /** A session needs attention. */
  add(session_id: string): void {
    const notice = this.#options.noticeOf(session_id)
    if (!notice || !this.#options.requestOf(notice) || this.#closed.signal.aborted) return
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(session_id)) return
    this.#waiting.delete(session_id)
    this.#waiting.set(session_id, notice.id)
    if (!this.#busy) void this.#work()
  }

  /** Sends this now, once. Throws `notify_failed` with what happened and what to do. */
  async test(notice: Notice): Promise<void> {
    const request = this.#options.requestOf(notice)
    if (!request) throw new CodedError('notify_failed', 'there is no address to send to; enter it first')
    let reply: PostReply
    try {
      reply = await this.#options.post(request, this.#closed.signal)
    } catch (error) {
      throw new CodedError('notify_failed', unreachableText(error as NodeJS.ErrnoException))
    }
    if (!isAccepted(reply)) throw new CodedError('notify_failed', refusedText(reply.status))
  }

  close(): void {
    this.#closed.abort()
  }

  async #work(): Promise<void> {
    this.#busy = true
    const { signal } = this.#closed
    for (const [session_id, id] of this.#waiting) {
      for (let attempt = 0; !signal.aborted; attempt++) {
        const wait = await this.#attempt(session_id, id, attempt)
        if (wait === undefined) break
        await pause(wait, signal)
      }
      // A newer wait of the session is at the end of the map.
      if (this.#waiting.get(session_id) === id) this.#waiting.delete(session_id)
    }
    this.#busy = false
  }

  /** Returns the delay before the next attempt in milliseconds; undefined: there is none. */
  async #attempt(session_id: string, id: string, attempt: number): Promise<number | undefined> {
    const { name, requestOf, noticeOf, post, log, retry_ms = RETRY_MS } = this.#options
    const notice = noticeOf(session_id)
    // Seen or answered meanwhile, or another wait.
    if (notice?.id !== id) return undefined
    const request = requestOf(notice)
    if (!request) return undefined
    // Without the error: it names the address, which may hold a secret.
    const reply = await post(request, this.#closed.signal).catch(() => undefined)
    if (this.#closed.signal.aborted || (reply && isAccepted(reply))) return undefined
    const status = reply?.status ?? 0
    const isRetryable = !reply || status === 408 || status === 429 || status >= 500
    const wait = reply?.retry_after_ms ?? retry_ms[attempt]
    if (isRetryable && attempt < retry_ms.length && wait !== undefined && wait <= MAX_WAIT_MS)
      return Math.max(wait, retry_ms[0]!)
    log.error({ channel: name, status }, 'a notification was not accepted')
    return undefined
  }
}

const isAccepted = ({ status }: PostReply) => status >= 200 && status < 300

function refusedText(status: number): string {
  if (status >= 300 && status < 400)
    return `the server redirects elsewhere (status ${status}); enter the address that it redirects to`
  if (status === 401 || status === 403)
    return `the server refused access (status ${status}); check the token and the topic`
  if (status === 404) return 'the server does not know this address (status 404); check it'
  return `the server did not accept it (status ${status}); check the address, or try again later`
}

/** Without the address, which the user sees next to it. */
function unreachableText({ code = '' }: NodeJS.ErrnoException): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no server has this name; check the address'
  if (code === 'ECONNREFUSED') return 'nothing answers at this address; check the port and that the server runs'
  if (/CERT|SELF_SIGNED|ISSUER|SIGNATURE/.test(code))
    return `the server’s certificate is not trusted (${code}); use one that this computer trusts`
  return 'the server did not answer; check the address and the network'
}
