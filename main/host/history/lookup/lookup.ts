// Questions about the history from the host's main loop, answered by a thread that only reads. Knows no SQL and no clients.
import { Worker } from 'node:worker_threads'
import { CodedError, isErrorCode } from '../../../../protocol/errors.ts'
import type { FromLookup, LookupReplies, LookupRequest, ToLookup } from './lookup-protocol.ts'

/** The thread ends when nobody asked for so long: a history that nobody looks at costs no memory. */
const IDLE_MS = 60_000

/** Questions that wait at once: a thousand players would not have as many. */
const MOST_ASKED = 1_000

interface Asked {
  resolve: (value: never) => void
  reject: (error: CodedError) => void
}

export class Lookup {
  readonly #file: string
  readonly #idle_ms: number
  #worker: Worker | undefined
  readonly #asked = new Map<number, Asked>()
  #nextAsk = 1
  #idle: NodeJS.Timeout | undefined
  #closed = false

  /** `file`: a database that its history has opened. */
  constructor(file: string, idle_ms = IDLE_MS) {
    this.#file = file
    this.#idle_ms = idle_ms
  }

  /** `cancellable` is given a function that ends a search, which then rejects with `cancelled`. */
  ask<K extends LookupRequest['do']>(
    question: Extract<LookupRequest, { do: K }>,
    cancellable?: (cancel: () => void) => void,
  ): Promise<LookupReplies[K]> {
    if (this.#closed) return Promise.reject(new CodedError('host_stopping', 'the host is stopping'))
    if (this.#asked.size >= MOST_ASKED)
      return Promise.reject(new CodedError('history_busy', 'too many questions at once; try again'))
    clearTimeout(this.#idle)
    const ask = this.#nextAsk++
    this.#worker ??= this.#start()
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject })
      worker.postMessage({ ...question, ask } satisfies ToLookup)
      cancellable?.(() => worker.postMessage({ do: 'cancel', ask } satisfies ToLookup))
    })
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#end(new CodedError('host_stopping', 'the host is stopping'))
  }

  #start(): Worker {
    // The same file runs built (.js) and, in tests, as it is (.ts).
    const file = import.meta.url.endsWith('.ts') ? './lookup-worker.ts' : './lookup-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { name: 'lookup', workerData: { file: this.#file } })
    worker.unref()
    const died = (cause: Error) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#refuse(new CodedError('internal', `the lookup thread is gone: ${cause.message}`, { cause }))
    }
    worker.on('message', (message: FromLookup) => this.#receive(message))
    worker.on('error', died)
    worker.on('exit', () => died(new Error('it ended')))
    return worker
  }

  #receive(message: FromLookup): void {
    const asked = this.#asked.get(message.ask)
    this.#asked.delete(message.ask)
    if (message.say === 'answer') asked?.resolve(message.value as never)
    else asked?.reject(new CodedError(isErrorCode(message.code) ? message.code : 'internal', message.message))
    if (this.#asked.size > 0) return
    this.#idle = setTimeout(() => void this.#end(new CodedError('internal', 'the lookup thread rests')), this.#idle_ms)
    this.#idle.unref()
  }

  #refuse(error: CodedError): void {
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
  }

  async #end(error: CodedError): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    this.#refuse(error)
    await worker?.terminate()
  }
}
