// Exports that are running, each in a thread of its own that can be terminated at any time.
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../../../protocol/errors.ts'
import { MAX_CHUNKS_AHEAD } from '../../../../protocol/limits.ts'
import type { DatabaseFile } from '../../store/open-database.ts'
import type { StoreDamage } from '../../store/store.ts'
import { againIfDied, cancelled, type Progress, ThreadCalls, threadDied } from '../../threads/call.ts'
import { memoryLimits } from '../../threads/memory.ts'
import { workerFile } from '../../threads/worker-file.ts'
import type { ExportCalls, ExportResult, ExportWorkerData, FromExport, ToExport } from './export-protocol.ts'
import type { ExportJob } from './formats.ts'

/** Each takes a core and its memory while it runs. One more than devices may have (clients/history-service.ts). */
const MAX_EXPORTS = 4

/** A thread that may send and stays silent for this long is stuck in a pattern: one line takes no time. */
export const SILENCE_MS = 5_000

/** An export that its client has kept waiting for this long is given up. */
export const PATIENCE_MS = 60_000

/** Each chunk that is taken (256 KiB) gives back as much: a client has to take 13 KB/s, or 0.1 Mbit/s, in the long run. */
export const PATIENCE_PER_CHUNK_MS = 20_000

/** For people. */
const THREAD = 'the thread of the export'

/** A regular expression may fill no more memory than this. */
const MEMORY_MB = 512

export interface ExportHandlers {
  chunk(bytes: Uint8Array): void
  progress: Progress
}

export interface Export {
  /** A chunk was taken: one more may come. */
  chunkTaken(): void
  /** Rejects with `cancelled`, `pattern_invalid`, `pattern_slow`, `session_unknown`, `thread_died`. */
  done: Promise<ExportResult>
}

export class Exports {
  readonly #file: DatabaseFile
  readonly #silence_ms: number
  readonly #damaged: (damage: StoreDamage) => void
  readonly #patience_ms: number
  /** With what cancels each. */
  readonly #running = new Map<Export, () => void>()
  #closed = false

  /** `file`: a database that its history has opened. `damaged` is called with what turns out to be damaged. */
  constructor(
    file: DatabaseFile,
    silence_ms = SILENCE_MS,
    damaged: (damage: StoreDamage) => void = () => {},
    patience_ms = PATIENCE_MS,
  ) {
    this.#damaged = damaged
    this.#file = file
    this.#silence_ms = silence_ms
    this.#patience_ms = patience_ms
  }

  /** Throws `history_busy`; every other error rejects `done`. A thread that dies before the first chunk is started once more. */
  start(job: ExportJob, handlers: ExportHandlers, signal?: AbortSignal): Export {
    let hasSent = false
    const chunk = (bytes: Uint8Array) => {
      hasSent = true
      handlers.chunk(bytes)
    }
    const startThread = () => this.#startThread(job, { ...handlers, chunk }, signal)
    let current: Export | undefined = startThread()
    const attempt = () => {
      current ??= startThread()
      return current.done.finally(() => {
        current = undefined
      })
    }
    return {
      chunkTaken: () => current?.chunkTaken(),
      done: againIfDied(attempt, () => !hasSent && !this.#closed && !signal?.aborted),
    }
  }

  #startThread(job: ExportJob, handlers: ExportHandlers, signal: AbortSignal | undefined): Export {
    if (this.#closed) throw new CodedError('host_stopping', 'the host is stopping')
    if (signal?.aborted) throw cancelled()
    if (this.#running.size >= MAX_EXPORTS)
      throw new CodedError('history_busy', `${MAX_EXPORTS} exports are running; wait for one to end`)
    const worker = new Worker(workerFile('./export-worker', import.meta.url), {
      name: 'export',
      workerData: { file: this.#file } satisfies ExportWorkerData,
      resourceLimits: memoryLimits(MEMORY_MB),
    })
    const post = (message: ToExport) => worker.postMessage(message)
    const calls = new ThreadCalls<ExportCalls>(post)
    let room = MAX_CHUNKS_AHEAD
    let timer: NodeJS.Timeout | undefined
    let hasBegun = false
    /** How long the client may still keep it waiting, and since when it does. */
    let patience = this.#patience_ms
    let waitsSince: number | undefined
    const end = (error: CodedError) => {
      calls.fail(error)
      void worker.terminate()
    }
    const watch = () => {
      if (!hasBegun) return
      clearTimeout(timer)
      if (room === 0) {
        waitsSince ??= performance.now()
        timer = setTimeout(unwanted, Math.max(0, patience)).unref()
      }
      // Without a pattern nothing can get stuck; a thread that starts slowly on a busy computer is only slow.
      else if (job.redact) timer = setTimeout(tooSlow, this.#silence_ms).unref()
    }
    const tooSlow = () => end(new CodedError('pattern_slow', 'a pattern takes too long on a line of this session'))
    const unwanted = () => end(new CodedError('cancelled', 'the export was not received'))
    worker.on('message', (message: FromExport) => {
      // How long a thread takes to start says nothing about patterns.
      hasBegun = true
      if (message.say === 'chunk') room--
      if (message.say === 'chunk' || message.say === 'progress') watch()
      if (message.say === 'damage') this.#damaged(message.damage)
      else if (!calls.receive(message)) handlers.chunk(message.bytes)
    })
    worker.on('error', cause => {
      // Only a pattern takes so much memory, and it would again.
      const isPattern = job.redact && (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
      end(isPattern ? new CodedError('pattern_slow', 'a pattern takes too much memory') : threadDied(THREAD, cause))
    })
    worker.on('exit', () => calls.fail(threadDied(THREAD, 'it ended')))

    const stop = () => end(new CodedError('cancelled', 'the export was cancelled'))
    signal?.addEventListener('abort', stop)
    const started: Export = {
      chunkTaken: () => {
        room++
        if (waitsSince !== undefined) {
          patience -= performance.now() - waitsSince
          waitsSince = undefined
        }
        const given = (PATIENCE_PER_CHUNK_MS / PATIENCE_MS) * this.#patience_ms
        patience = Math.min(this.#patience_ms, patience + given)
        post({ do: 'allow_chunk' })
        watch()
      },
      done: calls.call('export', job, { progress: handlers.progress }).finally(async () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
        // Its place is free when it is gone.
        await worker.terminate()
        this.#running.delete(started)
      }),
    }
    this.#running.set(started, stop)
    room = 0
    for (let i = 0; i < MAX_CHUNKS_AHEAD; i++) started.chunkTaken()
    return started
  }

  /** Cancels all of them. Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.cancelAll()
  }

  async cancelAll(): Promise<void> {
    const running = [...this.#running]
    for (const [, stop] of running) stop()
    await Promise.allSettled(running.map(([{ done }]) => done))
  }
}
