// Exports that are under way, each in a thread of its own that can be ended at any time. Knows nothing of clients or
// formats.
import { Worker } from 'node:worker_threads'
import { CodedError, isErrorCode } from '../../../../protocol/errors.ts'
import { MAX_CHUNKS_AHEAD } from '../../../../protocol/limits.ts'
import type { ExportWorkerData, FromExport, ToExport } from './export-protocol.ts'
import type { ExportJob } from './formats.ts'

/** Each takes a core and its memory while it lasts. */
const MOST_EXPORTS = 3

/** A thread that has been asked for more and says nothing for so long hangs in a pattern: one line takes no time. */
export const SILENCE_MS = 5_000

/** An export that nobody takes is given up. */
export const UNWANTED_MS = 60_000

/** A regular expression may fill no more memory than this. */
const MEMORY_MB = 512

export interface ExportHandlers {
  part(bytes: Uint8Array): void
  progress(done: number, total: number): void
}

export interface Export {
  /** A part was taken: one more may come. */
  more(): void
  /** Ends it; `done` rejects with `cancelled`. */
  cancel(): void
  done: Promise<{ bytes: number; redacted: number }>
}

export class Exports {
  readonly #file: string
  readonly #silence_ms: number
  readonly #running = new Set<Export>()
  #closed = false

  /** `file`: a database that its history has opened. */
  constructor(file: string, silence_ms = SILENCE_MS) {
    this.#file = file
    this.#silence_ms = silence_ms
  }

  /** Throws `history_busy`; what else is wrong rejects `done`. */
  start(job: ExportJob, handlers: ExportHandlers): Export {
    if (this.#closed) throw new CodedError('host_stopping', 'the host is stopping')
    if (this.#running.size >= MOST_EXPORTS)
      throw new CodedError('history_busy', `${MOST_EXPORTS} exports run already; wait for one to end`)
    // The same file runs built (.js) and, in tests, as it is (.ts).
    const file = import.meta.url.endsWith('.ts') ? './export-worker.ts' : './export-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'export',
      workerData: { file: this.#file, job } satisfies ExportWorkerData,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    })
    let room = MAX_CHUNKS_AHEAD
    let timer: NodeJS.Timeout | undefined
    let end: (error: CodedError) => void = () => {}
    let begun = false
    const wait = () => {
      if (!begun) return
      clearTimeout(timer)
      if (room === 0) timer = setTimeout(unwanted, UNWANTED_MS).unref()
      // Without a pattern nothing can hang; a thread that is slow to start on a busy computer is only slow.
      else if (job.redact) timer = setTimeout(tooSlow, this.#silence_ms).unref()
    }
    const tooSlow = () => end(new CodedError('pattern_slow', 'a pattern takes too long on a line of this session'))
    const unwanted = () => end(new CodedError('cancelled', 'nobody took what was exported'))
    const more = () => {
      room++
      worker.postMessage({ do: 'more' } satisfies ToExport)
      wait()
    }
    const done = new Promise<{ bytes: number; redacted: number }>((resolve, reject) => {
      end = error => {
        reject(error)
        void worker.terminate()
      }
      worker.on('message', (message: FromExport) => {
        // How long a thread takes to start says nothing of patterns.
        begun = true
        switch (message.say) {
          case 'part':
            room--
            wait()
            return handlers.part(message.bytes)
          case 'progress':
            wait()
            return handlers.progress(message.done, message.total)
          case 'done':
            return resolve({ bytes: message.bytes, redacted: message.redacted })
          case 'failed':
            return end(new CodedError(isErrorCode(message.code) ? message.code : 'internal', message.message))
        }
      })
      worker.on('error', cause => end(new CodedError('internal', `the export failed: ${cause.message}`, { cause })))
      worker.on('exit', () => reject(new CodedError('internal', 'the thread of the export ended')))
    })
    const one: Export = {
      more,
      cancel: () => end(new CodedError('cancelled', 'the export was cancelled')),
      done: done.finally(() => {
        clearTimeout(timer)
        this.#running.delete(one)
      }),
    }
    this.#running.add(one)
    room = 0
    for (let i = 0; i < MAX_CHUNKS_AHEAD; i++) more()
    return one
  }

  /** Ends all of them. Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    const running = [...this.#running]
    for (const one of running) one.cancel()
    await Promise.allSettled(running.map(one => one.done))
  }
}
