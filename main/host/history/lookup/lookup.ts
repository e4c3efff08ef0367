// Requests about the history from the host's main loop, answered by a thread that only reads.
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../../../protocol/errors.ts'
import type { DatabaseFile } from '../../store/open-database.ts'
import type { DamageReport, StoreDamage } from '../../store/store.ts'
import {
  againIfDied,
  type CallOptions,
  type FromThread,
  type ReplyOf,
  type RequestOf,
  ThreadCalls,
  type ToThread,
  threadDied,
} from '../../threads/call.ts'
import { memoryLimits } from '../../threads/memory.ts'
import { workerFile } from '../../threads/worker-file.ts'
import type { LookupCalls, LookupWorkerData } from './lookup-protocol.ts'

/** The thread ends after this long without a request: a history that is not in use costs no memory. */
const IDLE_MS = 60_000

/** A request waits this long for a history that is being opened again. */
const RESUME_MS = 5_000

interface Thread {
  worker: Worker
  calls: ThreadCalls<LookupCalls>
}

/** The text of a few segments and several terminals. */
const MEMORY_MB = 512

export class Lookup {
  readonly #file: DatabaseFile
  readonly #idle_ms: number
  readonly #damaged: (damage: StoreDamage) => void
  #thread: Thread | undefined
  #idle: NodeJS.Timeout | undefined
  readonly #threadDied: (message: string) => void
  #closed = false
  /** While the database is being opened again. */
  #resumed: { promise: Promise<void>; resolve(): void } | undefined

  /** `file`: a database that its history has opened. `damaged` is called with what turns out to be damaged, `threadDied` when the thread ends by itself. */
  constructor(
    file: DatabaseFile,
    idle_ms = IDLE_MS,
    damaged: (damage: StoreDamage) => void = () => {},
    threadDied: (message: string) => void = () => {},
  ) {
    this.#threadDied = threadDied
    this.#file = file
    this.#damaged = damaged
    this.#idle_ms = idle_ms
  }

  /**
   * Only searches and reads can be canceled. Rejects with `host_stopping` once closed, and with `thread_died` if the thread died
   * twice.
   */
  call<K extends keyof LookupCalls>(
    name: K,
    request: RequestOf<LookupCalls, K>,
    options?: CallOptions,
  ): Promise<ReplyOf<LookupCalls, K>> {
    return againIfDied(
      () => this.#callOnce(name, request, options),
      () => !this.#closed,
    )
  }

  async #callOnce<K extends keyof LookupCalls>(
    name: K,
    request: RequestOf<LookupCalls, K>,
    options?: CallOptions,
  ): Promise<ReplyOf<LookupCalls, K>> {
    if (this.#closed) throw stopping()
    if (this.#resumed) await this.#awaitResume(this.#resumed.promise)
    clearTimeout(this.#idle)
    this.#thread ??= this.#start()
    const { calls } = this.#thread
    try {
      return await calls.call(name, request, options)
    } finally {
      if (calls === this.#thread?.calls && calls.pending === 0) this.#rest()
    }
  }

  /** Closes its connections. Requests wait until `resume`, but not for long. */
  async pause(): Promise<void> {
    if (!this.#resumed) {
      let resolve = () => {}
      const promise = new Promise<void>(done => {
        resolve = done
      })
      this.#resumed = { promise, resolve }
    }
    await this.#end(reopening())
  }

  resume(): void {
    this.#resumed?.resolve()
    this.#resumed = undefined
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#end(stopping())
  }

  async #awaitResume(resumed: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(reopening()), RESUME_MS)
    })
    await Promise.race([resumed, late]).finally(() => clearTimeout(timer))
    if (this.#closed) throw stopping()
  }

  #start(): Thread {
    const worker = new Worker(workerFile('./lookup-worker', import.meta.url), {
      name: 'lookup',
      workerData: { file: this.#file } satisfies LookupWorkerData,
      resourceLimits: memoryLimits(MEMORY_MB),
    })
    worker.unref()
    const calls = new ThreadCalls<LookupCalls>((message: ToThread<LookupCalls>) => worker.postMessage(message))
    const thread = { worker, calls }
    const died = (cause: Error) => {
      if (this.#thread === thread) {
        this.#thread = undefined
        this.#threadDied(cause.message)
      }
      calls.fail(threadDied('the thread that reads the history', cause))
    }
    worker.on('message', (message: FromThread | DamageReport) => {
      if (!calls.receive(message)) this.#damaged(message.damage)
    })
    worker.on('error', died)
    worker.on('exit', () => died(new Error('it ended')))
    return thread
  }

  #rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#end(reopening()), this.#idle_ms) // nothing waits for it
    this.#idle.unref()
  }

  async #end(error: CodedError): Promise<void> {
    clearTimeout(this.#idle)
    const thread = this.#thread
    this.#thread = undefined
    thread?.calls.fail(error)
    await thread?.worker.terminate()
  }
}

function reopening(): CodedError {
  return new CodedError('data_dir_unusable', 'the history is being opened again; try again in a few seconds')
}

function stopping(): CodedError {
  return new CodedError('host_stopping', 'the host is stopping')
}
