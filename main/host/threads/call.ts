// Calls from the main loop to a worker thread: one table of functions types the requests and replies of both sides.
import type { Transferable } from 'node:worker_threads'
import { CodedError, type ErrorCode, isErrorCode } from '../../../protocol/errors.ts'

/** What a thread answers: by name, a function from one request to its reply. An interface of methods fits. */
export type CallTable<C> = { [K in keyof C]: (request: never) => unknown }

export type RequestOf<C extends CallTable<C>, K extends keyof C> = Parameters<C[K]>[0]
export type ReplyOf<C extends CallTable<C>, K extends keyof C> = ReturnType<C[K]>

/** One call on its way to the thread. */
export type CallMessage<C extends CallTable<C>> = {
  [K in keyof C]: { do: 'call'; id: number; name: K; request: RequestOf<C, K> }
}[keyof C]

/** Main loop to thread. `cancel`: the caller no longer wants this reply; a call that is still running rejects. */
export type ToThread<C extends CallTable<C>> = CallMessage<C> | { do: 'cancel'; id: number }

/** Thread to main loop. */
export type FromThread =
  | { say: 'reply'; id: number; value: unknown }
  | { say: 'error'; id: number; code: string; message: string }
  | { say: 'progress'; id: number; done: number; total: number }

export type Progress = (done: number, total: number) => void

export interface CallOptions {
  /** Aborting asks the thread to stop. The call then rejects with `cancelled`, unless its reply was under way already. */
  signal?: AbortSignal | undefined
  progress?: Progress | undefined
}

/** Calls that wait for one thread: more than a thousand players have. */
const MAX_PENDING = 1_000

interface PendingCall {
  resolve: (value: never) => void
  reject: (error: CodedError) => void
  progress: Progress | undefined
  release: () => void
}

/** The calling side, for one worker; make a new one for its successor. */
export class ThreadCalls<C extends CallTable<C>> {
  readonly #post: (message: ToThread<C>) => void
  readonly #maxPending: number
  readonly #pending = new Map<number, PendingCall>()
  #nextId = 1
  #error: CodedError | undefined

  constructor(post: (message: ToThread<C>) => void, maxPending = MAX_PENDING) {
    this.#post = post
    this.#maxPending = maxPending
  }

  get pending(): number {
    return this.#pending.size
  }

  /** Rejects with `history_busy` when too many wait, with the thread's own coded error, or with what `fail` was given. */
  call<K extends keyof C>(
    name: K,
    request: RequestOf<C, K>,
    { signal, progress }: CallOptions = {},
  ): Promise<ReplyOf<C, K>> {
    if (this.#error) return Promise.reject(this.#error)
    if (signal?.aborted) return Promise.reject(cancelled())
    if (this.#pending.size >= this.#maxPending)
      return Promise.reject(new CodedError('history_busy', 'too many requests at once; try again'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const abort = () => this.#post({ do: 'cancel', id })
      signal?.addEventListener('abort', abort, { once: true })
      this.#pending.set(id, {
        resolve,
        reject,
        progress,
        release: () => signal?.removeEventListener('abort', abort),
      })
      this.#post({ do: 'call', id, name, request } as CallMessage<C>)
    })
  }

  /** Takes a message of the thread if it belongs to a call; false: it is the owner's own. */
  receive<M extends { say: string }>(message: M | FromThread): message is FromThread {
    switch (message.say) {
      case 'progress': {
        const { id, done, total } = message as Extract<FromThread, { say: 'progress' }>
        this.#pending.get(id)?.progress?.(done, total)
        return true
      }
      case 'reply': {
        const { id, value } = message as Extract<FromThread, { say: 'reply' }>
        this.#settle(id)?.resolve(value as never)
        return true
      }
      case 'error': {
        const { id, code, message: text } = message as Extract<FromThread, { say: 'error' }>
        this.#settle(id)?.reject(new CodedError(isErrorCode(code) ? code : 'internal', text))
        return true
      }
      default:
        return false
    }
  }

  /** The thread is gone: everything that waits for it, and every later call, rejects with `error`. Twice is fine. */
  fail(error: CodedError): void {
    this.#error ??= error
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error)
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#pending.get(id)
    this.#pending.delete(id)
    call?.release()
    return call
  }
}

/** The answering side, in the thread. `describe`: the code and message that an error travels as. */
export class ThreadReplies {
  readonly #post: (message: FromThread, transfer: Transferable[]) => void
  readonly #describe: (error: unknown) => { code: ErrorCode; message: string }

  constructor(
    post: (message: FromThread, transfer: Transferable[]) => void,
    describe: (error: unknown) => { code: ErrorCode; message: string },
  ) {
    this.#post = post
    this.#describe = describe
  }

  /** `transfer`: buffers in `value` that are given away instead of copied. */
  reply(id: number, value: unknown, transfer: Transferable[] = []): void {
    this.#post({ say: 'reply', id, value }, transfer)
  }

  refuse(id: number, error: unknown): void {
    const { code, message } = this.#describe(error)
    this.#post({ say: 'error', id, code, message }, [])
  }

  progress(id: number, done: number, total: number): void {
    this.#post({ say: 'progress', id, done, total }, [])
  }

  /** Runs `work`; what it throws refuses the call. */
  attempt(id: number, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.refuse(id, error)
    }
  }
}

/** Runs the function of a table that a call names. */
export function answer<C extends CallTable<C>>(table: C, { name, request }: CallMessage<C>): ReplyOf<C, keyof C> {
  return (table[name] as unknown as (request: unknown) => ReplyOf<C, keyof C>)(request)
}

/** The buffers of these blobs, as far as a blob has its buffer to itself: they can be transferred. */
export function transferable(blobs: readonly (Uint8Array | undefined)[]): ArrayBuffer[] {
  return blobs.flatMap(blob =>
    blob && blob.byteLength > 0 && blob.byteLength === blob.buffer.byteLength ? [blob.buffer as ArrayBuffer] : [],
  )
}

/** What waits for a thread that died is answered so. `what`: the thread, for people. */
export function threadDied(what: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CodedError('thread_died', `${what} stopped (${why}) and is started again; try again`, { cause })
}

/** For what only reads: once more if the thread died. It takes the next thread; `isWanted` is asked first. */
export async function againIfDied<T>(attempt: () => Promise<T>, isWanted: () => boolean): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'thread_died' || !isWanted()) throw error
    return attempt()
  }
}

export function cancelled(): CodedError {
  return new CodedError('cancelled', 'the request was cancelled')
}
