// Requests that wait for their replies: one table per client, by request number.
import { CodedError } from '../errors.ts'
import type { ClientMessage, HostMessage, HostMessageOf } from '../messages.ts'

/** A host that takes longer than this to reply is treated as gone. */
export const REQUEST_MS = 10_000

export type Request = ClientMessage & { request_id: number }

/** A request before it gets its number. */
export type UnnumberedRequest = Request extends infer R ? (R extends Request ? Omit<R, 'request_id'> : never) : never

/** What arrives for a request before its reply. */
export interface ReplyListener {
  chunk?(bytes: Uint8Array): void
  progress?(done: number, total: number): void
}

/** How history-client.ts and upload-client.ts send requests. */
export interface Requests {
  /** `reply`: the type of message that answers `request`; any other answer rejects. */
  request<T extends HostMessage['type']>(
    reply: T,
    request: UnnumberedRequest,
    listener?: ReplyListener,
  ): { request_id: number; reply: Promise<HostMessageOf<T>> }
  send(message: ClientMessage): void
  sendChunk(request_id: number, bytes: Uint8Array): void
}

export interface PendingRequest {
  resolve: (message: HostMessage) => void
  reject: (error: CodedError) => void
  listener?: ReplyListener | undefined
  /** Sent again on the next channel: losing this one does not reject it. */
  repeated?: true
}

export class RequestTable {
  readonly #pending = new Map<number, PendingRequest & { timer: unknown }>()
  #lastId = 0

  nextId(): number {
    return ++this.#lastId
  }

  /** Waits for the reply to `request_id`. `milliseconds`: how long, before it rejects with `request_timeout`. Left out: forever. */
  add(request_id: number, pending: PendingRequest, milliseconds?: number): void {
    const timer = milliseconds === undefined ? undefined : this.#startTimer(request_id, milliseconds)
    this.#pending.set(request_id, { ...pending, timer })
  }

  resolve(request_id: number, message: HostMessage): void {
    this.remove(request_id)?.resolve(message)
  }

  reject(request_id: number, error: CodedError): void {
    this.remove(request_id)?.reject(error)
  }

  /** For what arrives before the reply: it is a sign of life, so the deadline is extended. */
  listenerOf(request_id: number): ReplyListener | undefined {
    const pending = this.#pending.get(request_id)
    if (!pending?.listener) return undefined
    clearTimeout(pending.timer)
    pending.timer = this.#startTimer(request_id, REQUEST_MS)
    return pending.listener
  }

  /** Its reply takes this much longer. */
  extend(request_id: number, milliseconds: number): void {
    const pending = this.#pending.get(request_id)
    if (pending?.timer === undefined) return
    clearTimeout(pending.timer)
    pending.timer = this.#startTimer(request_id, milliseconds + REQUEST_MS)
  }

  remove(request_id: number): PendingRequest | undefined {
    const pending = this.#pending.get(request_id)
    this.#pending.delete(request_id)
    clearTimeout(pending?.timer)
    return pending
  }

  /** The channel is gone, and with it every reply. */
  rejectAll(error: CodedError): void {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of all) {
      clearTimeout(pending.timer)
      if (!pending.repeated) pending.reject(error)
    }
  }

  #startTimer(request_id: number, milliseconds: number): unknown {
    return setTimeout(() => this.reject(request_id, timeout()), milliseconds)
  }
}

/** Rejects with `request_timeout` unless `promise` settles in time. */
export function withDeadline<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout()), milliseconds)
    promise.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      error => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

function timeout(): CodedError {
  return new CodedError('request_timeout', 'the host did not answer in time')
}
