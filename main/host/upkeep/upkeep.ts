// Backups and checks of a host's own data folder, each in a thread of its own while the host runs.
import { isAbsolute } from 'node:path'
import { Worker } from 'node:worker_threads'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { unfinishedName } from '../files/new-file.ts'
import type { SecretFiles } from '../files/secret-files.ts'
import type { HealthReports } from '../health/health.ts'
import { removeDatabase } from '../store/copy-database.ts'
import type { DatabaseFile } from '../store/open-database.ts'
import { againIfDied, type FromThread, type ReplyOf, type RequestOf, ThreadCalls, threadDied } from '../threads/call.ts'
import { memoryLimits } from '../threads/memory.ts'
import { workerFile } from '../threads/worker-file.ts'
import { type BackupResult, readBackupFiles } from './backup.ts'
import type { HistoryReport } from './repair.ts'
import type { UpkeepCalls } from './upkeep-protocol.ts'

/** A row and what is unpacked of it, and the list of what is damaged. */
const MEMORY_MB = 512

export interface UpkeepOptions {
  folder: string
  database: DatabaseFile
  files: SecretFiles
  version: string
  /** Writes everything that was printed so far. */
  history: { flush(): Promise<void> }
  health: HealthReports
}

export class Upkeep {
  readonly #options: UpkeepOptions
  #worker: Worker | undefined
  #closed = false

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  /** Rejects with `backup_failed`, `store_damaged`, `history_busy`, `thread_died`. */
  async backUp(to: string): Promise<BackupResult> {
    const { folder, database, files, version, history, health } = this.#options
    if (!isAbsolute(to)) throw new CodedError('backup_failed', `${to} is not an absolute path`)
    const unfinished = unfinishedName(to)
    try {
      await history.flush()
      const request = {
        database,
        to,
        unfinished,
        files: readBackupFiles(folder, files),
        header: { made_at: Date.now(), version },
      }
      const result = await this.#run('backUp', request, () => removeDatabase(unfinished))
      health.end('backup_failed')
      return result
    } catch (error) {
      const { code, message } = toCoded(error)
      if (code !== 'history_busy' && code !== 'host_stopping') health.begin('backup_failed', { message, path: to })
      throw error
    }
  }

  /** Rejects with `history_busy`, `thread_died`. */
  check(): Promise<HistoryReport> {
    return this.#run('check', { database: this.#options.database })
  }

  /** Ends what runs. Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  /** Twice if the thread dies: a backup has its name only when it is complete. `undo` removes what one that failed left. */
  #run<K extends keyof UpkeepCalls>(
    name: K,
    request: RequestOf<UpkeepCalls, K>,
    undo = () => {},
  ): Promise<ReplyOf<UpkeepCalls, K>> {
    const attempt = () =>
      this.#runOnce(name, request).catch(error => {
        undo()
        throw error
      })
    return againIfDied(attempt, () => !this.#closed)
  }

  async #runOnce<K extends keyof UpkeepCalls>(
    name: K,
    request: RequestOf<UpkeepCalls, K>,
  ): Promise<ReplyOf<UpkeepCalls, K>> {
    if (this.#closed) throw new CodedError('host_stopping', 'the host is stopping')
    if (this.#worker) throw new CodedError('history_busy', 'a backup or a check runs already; try again later')
    const worker = new Worker(workerFile('./upkeep-worker', import.meta.url), {
      name: 'upkeep',
      resourceLimits: memoryLimits(MEMORY_MB),
    })
    this.#worker = worker
    const calls = new ThreadCalls<UpkeepCalls>(message => worker.postMessage(message))
    worker.on('message', (message: FromThread) => calls.receive(message))
    const died = (cause: unknown) => calls.fail(threadDied('the thread for backups', cause))
    worker.on('error', died)
    worker.on('exit', () => died('it ended'))
    try {
      return await calls.call(name, request)
    } finally {
      // Then it writes nothing any more.
      await worker.terminate()
      this.#worker = undefined
    }
  }
}
