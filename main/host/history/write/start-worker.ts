// Starts the thread that owns the database.
import { Worker } from 'node:worker_threads'
import { CodedError, isErrorCode } from '../../../../protocol/errors.ts'
import type { Leftover } from '../../recording/types.ts'
import { threadDied } from '../../threads/call.ts'
import { memoryLimits } from '../../threads/memory.ts'
import { workerFile } from '../../threads/worker-file.ts'
import type { HistoryLoss } from './history-marker.ts'
import type { FromHistory, HistoryWorkerData } from './worker-protocol.ts'

/** The text of a segment, and what waits to be written. */
const MEMORY_MB = 512

export interface StartedWorker {
  worker: Worker
  leftovers: Leftover[]
  loss: HistoryLoss | undefined
  copyFailure: string | undefined
  newest: number | undefined
}

/** For people. */
export const HISTORY_THREAD = 'the thread that records'

/** Resolves when the database is open. Rejects with its error, and with `thread_died`. */
export async function startWorker(data: HistoryWorkerData): Promise<StartedWorker> {
  const worker = new Worker(workerFile('./history-worker', import.meta.url), {
    name: 'history',
    workerData: data,
    resourceLimits: memoryLimits(MEMORY_MB),
    // Descriptors are not closed when the thread dies: see FileGuard.
    trackUnmanagedFds: false,
  })
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => reject(threadDied(HISTORY_THREAD, cause))
    const exited = () => failed('it ended')
    worker.once('error', failed)
    worker.once('exit', exited)
    worker.once('message', (message: FromHistory) => {
      worker.off('error', failed)
      worker.off('exit', exited)
      if (message.say === 'opened') return resolve({ worker, ...message })
      if (message.say !== 'refused') {
        void worker.terminate()
        return reject(threadDied(HISTORY_THREAD, `it began with ${message.say}`))
      }
      const code = isErrorCode(message.code) ? message.code : 'internal'
      reject(new CodedError(code, message.message))
    })
  })
}
