// The record of everything that sessions print, as the host's main loop sees it: writes are gathered and handed to a
// thread, questions are asked of it. Knows neither SQL nor how a log is cut, compressed or trimmed.
import { Worker } from 'node:worker_threads'
import { CodedError, isErrorCode } from '../../../../protocol/errors.ts'
import type { Mark, SessionInfo } from '../../../../protocol/messages.ts'
import { BIRTH, type Position } from '../../../../protocol/position.ts'
import { addRun } from '../../recording/log-slice.ts'
import type {
  Leftover,
  ProcessIdentity,
  ReadResult,
  StoredKeyframe,
  StoredSession,
  TimedResize,
  Timing,
} from '../../recording/types.ts'
import type {
  AppendedSlice,
  FromHistory,
  HistoryLimits,
  HistoryStats,
  HistoryWorkerData,
  LogEntry,
  ToHistory,
} from './worker-protocol.ts'

/** Output is handed over this often; with the commit after it, what a crash costs stays below a second. */
export const COMMIT_MS = 700

/** Or when this much has come, over all sessions. */
export const COMMIT_BYTES = 256 * 1024

/** A thread that died is started again after this; a fault that kills it at once must not take a core. */
const RESTART_MS = 1_000

export interface HistoryHandlers {
  /** Recording fails, for this reason (told once for each); the host goes on. */
  trouble(code: TroubleCode, message: string): void
  /** Recording works again. */
  well(): void
  /** `behind` may have become less. */
  committed(): void
}

export type TroubleCode = Extract<FromHistory, { say: 'trouble' }>['code']

interface Gathered {
  from: Position
  end: Position
  parts: Uint8Array[]
  runs: number[]
  resizes: TimedResize[]
}

interface Asked {
  resolve: (value: never) => void
  reject: (error: CodedError) => void
  progress: Progress | undefined
}

type Progress = (done: number, total: number) => void

/** A question but for its number. */
type Question = ToHistory extends infer M ? (M extends { ask: number } ? Omit<M, 'ask'> : never) : never

export class History {
  /** Sessions that an earlier host left running; they are `host_crashed` now. */
  readonly leftovers: readonly Leftover[]
  /** The database, for who reads beside the thread that writes. */
  readonly file: string
  #limits: HistoryLimits
  readonly #handlers: HistoryHandlers
  #worker: Worker | undefined
  #closed: Promise<void> | undefined
  #restart: NodeJS.Timeout | undefined
  #troubled = false

  /** What a new thread has to be told: sessions that run, as they were last. */
  readonly #running = new Map<string, { session: SessionInfo; process: ProcessIdentity | null }>()
  readonly #ends = new Map<string, Position>()
  #gathered = new Map<string, Gathered>()
  #gatheredBytes = 0
  #timer: NodeJS.Timeout | undefined
  #batch = 0
  readonly #sent: { batch: number; bytes: number; at: number }[] = []
  #sentBytes = 0
  readonly #asked = new Map<number, Asked>()
  #nextAsk = 1

  /**
   * Opens the database at `file`, brings it to the newest version, and starts the thread that owns it.
   * Throws `store_newer`, `store_damaged`, `data_dir_unusable`.
   */
  static async open(file: string, limits: HistoryLimits, handlers: HistoryHandlers): Promise<History> {
    const { worker, leftovers } = await start({ file, limits, again: false })
    return new History(file, limits, handlers, worker, leftovers)
  }

  private constructor(
    file: string,
    limits: HistoryLimits,
    handlers: HistoryHandlers,
    worker: Worker,
    leftovers: Leftover[],
  ) {
    this.file = file
    this.#limits = limits
    this.#handlers = handlers
    this.leftovers = leftovers
    this.#listen(worker)
  }

  // --- writing: taken at once, in order ---

  insertSession(session: SessionInfo, process: ProcessIdentity | null): void {
    this.#running.set(session.session_id, { session, process })
    this.#ends.set(session.session_id, BIRTH)
    this.#post({ do: 'insert', session, process })
  }

  /** Everything but `bytes`, which the record knows itself. */
  updateSession(session: SessionInfo): void {
    const known = this.#running.get(session.session_id)
    if (known) {
      known.session = session
      // While there is no thread the next one has to be told of the end too.
      if (session.state !== 'running' && this.#worker) this.#running.delete(session.session_id)
    }
    this.#post({ do: 'update', session })
  }

  /** `entry.bytes` must not change afterwards. */
  append(session_id: string, entry: LogEntry): void {
    if (this.#closed) return
    // Whole milliseconds: finer ones would only cost room. A clock that was set back must not make them negative.
    const at = Math.max(0, Math.round(entry.at))
    let gathered = this.#gathered.get(session_id)
    if (gathered && entry.offset !== gathered.end.offset) {
      // Not what follows (the store will say that something is missing): a batch of its own.
      this.#handOver()
      gathered = undefined
    }
    if (!gathered) {
      const n = entry.kind === 'resize' ? entry.n - 1 : (this.#ends.get(session_id)?.n ?? 0)
      const from = { offset: entry.offset, n }
      gathered = { from, end: from, parts: [], runs: [], resizes: [] }
      this.#gathered.set(session_id, gathered)
    }
    if (entry.kind === 'output') {
      gathered.parts.push(entry.bytes)
      addRun(gathered.runs, at, entry.bytes.length)
      gathered.end = { offset: gathered.end.offset + entry.bytes.length, n: gathered.end.n }
      this.#gatheredBytes += entry.bytes.length
    } else {
      const { offset, n, cols, rows } = entry
      gathered.resizes.push({ offset, n, cols, rows, at })
      gathered.end = { offset, n }
    }
    this.#ends.set(session_id, gathered.end)
    if (this.#gatheredBytes >= COMMIT_BYTES) this.#handOver()
    else this.#timer ??= setTimeout(() => this.#handOver(), COMMIT_MS)
  }

  /** A segment of this session ends at `position`, at or before what was appended. */
  seal(session_id: string, position: Position): void {
    this.#handOver()
    this.#post({ do: 'seal', session_id, position })
  }

  /** The terminal's state where a segment begins, or at the session's end. */
  keyframe(session_id: string, keyframe: StoredKeyframe): void {
    this.#post({ do: 'keyframe', session_id, keyframe })
  }

  /**
   * Bytes that were appended and are not committed: whoever makes them should pause above a bound of its own. While the
   * store is in trouble this is 0: nothing is gained by waiting, and what waits there has its own bound.
   */
  get behind(): number {
    return this.#troubled ? 0 : this.#gatheredBytes + this.#sentBytes
  }

  /**
   * Milliseconds that the oldest batch has waited to be committed: what a crash would cost beyond COMMIT_MS. Like
   * `behind`, 0 in trouble.
   */
  get waiting(): number {
    const oldest = this.#sent[0]
    return this.#troubled || !oldest ? 0 : performance.now() - oldest.at
  }

  /** Resolves when everything appended so far is committed, or (after trouble) recorded as lost. */
  flush(): Promise<void> {
    this.#handOver()
    return this.#ask({ do: 'flush' })
  }

  setLimits(limits: HistoryLimits): void {
    this.#limits = limits
    this.#post({ do: 'limits', limits })
  }

  // --- questions ---

  /** Stored sessions, the newest first. */
  sessions(most: number): Promise<StoredSession[]> {
    return this.#ask({ do: 'sessions', most })
  }

  /** The session with this id or a unique beginning of it. Rejects with `session_unknown`, `session_ambiguous`. */
  session(session_id: string): Promise<StoredSession> {
    return this.#ask({ do: 'session', session_id })
  }

  /**
   * The earliest keyframe at or after `offset`; without one the last before it. Undefined when none is left.
   * Rejects with `session_unknown`, like all that follow; they take whole ids.
   */
  startingPoint(session_id: string, offset: number): Promise<StoredKeyframe | undefined> {
    return this.#ask({ do: 'starting_point', session_id, offset })
  }

  /** What follows `position`, up to everything that was appended before this call. */
  read(session_id: string, position: Position): Promise<ReadResult> {
    const gathered = this.#gathered.get(session_id)
    // Only a reader that is near the end needs what is still being gathered.
    if (gathered && position.offset >= gathered.from.offset) this.#handOver()
    return this.#ask({ do: 'read', session_id, position })
  }

  /** When the bytes of the piece at `position` came. */
  timing(session_id: string, position: Position): Promise<Timing | undefined> {
    return this.#ask({ do: 'timing', session_id, position })
  }

  /**
   * Forgets a session and everything of it. Rejects with `cancelled` after `cancel`, which is given to the caller before
   * anything happens; what was deleted by then is gone.
   */
  delete(session_id: string, progress?: Progress, cancellable?: (cancel: () => void) => void): Promise<void> {
    this.#running.delete(session_id)
    this.#ends.delete(session_id)
    const deleted = this.#ask<void>({ do: 'delete', session_id }, progress)
    const ask = this.#nextAsk - 1
    cancellable?.(() => this.#post({ do: 'cancel', cancels: ask }))
    return deleted
  }

  /** Rejects with `too_many_marks`. */
  mark(session_id: string, place: { offset: number; at: number }, label: string): Promise<Mark> {
    return this.#ask({ do: 'mark', session_id, ...place, label })
  }

  /** Rejects with `mark_unknown`. */
  unmark(session_id: string, mark_id: number): Promise<void> {
    return this.#ask({ do: 'unmark', session_id, mark_id })
  }

  stats(): Promise<HistoryStats> {
    return this.#ask({ do: 'stats' })
  }

  /** For tests: makes the database full (`max_page_count = …`) or read-only (`query_only = 1`) for the writing thread. */
  pragma(pragma: string): Promise<unknown> {
    return this.#ask({ do: 'pragma', pragma })
  }

  /** Commits what can be committed and ends the thread. Twice is fine. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#handOver()
    clearTimeout(this.#restart)
    const worker = this.#worker
    if (!worker) return
    const gone = new Promise(resolve => worker.once('exit', resolve))
    await this.#ask({ do: 'close' }).catch(() => {})
    await gone
  }

  // --- the thread ---

  #listen(worker: Worker): void {
    this.#worker = worker
    worker.on('message', (message: FromHistory) => this.#receive(message))
    worker.on('error', error => this.#died(worker, error))
    worker.on('exit', () => this.#died(worker, new Error('it ended')))
  }

  #receive(message: FromHistory): void {
    switch (message.say) {
      case 'committed':
        while (this.#sent.length > 0 && this.#sent[0]!.batch <= message.batch)
          this.#sentBytes -= this.#sent.shift()!.bytes
        return this.#handlers.committed()
      case 'trouble':
        this.#troubled = true
        this.#handlers.trouble(message.code, message.message)
        return this.#handlers.committed()
      case 'well':
        this.#troubled = false
        return this.#handlers.well()
      case 'answer':
        this.#asked.get(message.ask)?.resolve(message.value as never)
        this.#asked.delete(message.ask)
        return
      case 'progress':
        return this.#asked.get(message.ask)?.progress?.(message.done, message.total)
      case 'refusal': {
        const code = isErrorCode(message.code) ? message.code : 'internal'
        this.#asked.get(message.ask)?.reject(new CodedError(code, message.message))
        this.#asked.delete(message.ask)
        return
      }
    }
  }

  #died(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const error = new CodedError('internal', `the history thread is gone: ${cause.message}`, { cause })
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
    // What it had not committed is lost; the next batch tells the new thread so by where it begins.
    this.#sent.length = 0
    this.#sentBytes = 0
    if (this.#closed) return
    this.#troubled = true
    this.#handlers.trouble('internal', error.message)
    this.#handlers.committed()
    this.#restart = setTimeout(() => this.#startAgain(), RESTART_MS)
  }

  async #startAgain(): Promise<void> {
    try {
      const { worker } = await start({ file: this.file, limits: this.#limits, again: true })
      if (this.#closed) return void (await worker.terminate())
      this.#listen(worker)
    } catch {
      if (!this.#closed) this.#restart = setTimeout(() => this.#startAgain(), RESTART_MS)
      return
    }
    for (const { session, process } of this.#running.values()) {
      this.#post({ do: 'insert', session, process })
      if (session.state !== 'running') this.#running.delete(session.session_id)
    }
    this.#troubled = false
    this.#handlers.well()
  }

  #handOver(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#gathered.size === 0) return
    const sessions: AppendedSlice[] = []
    for (const [session_id, { from, parts, runs, resizes }] of this.#gathered)
      sessions.push({ session_id, from, bytes: concat(parts), runs, resizes })
    const bytes = this.#gatheredBytes
    this.#gathered = new Map()
    this.#gatheredBytes = 0
    if (!this.#worker) return
    const batch = ++this.#batch
    this.#sent.push({ batch, bytes, at: performance.now() })
    this.#sentBytes += bytes
    this.#post(
      { do: 'append', batch, bytes, sessions },
      sessions.map(({ bytes }) => bytes.buffer as ArrayBuffer),
    )
  }

  #post(message: ToHistory, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer)
  }

  #ask<T>(question: Question, progress?: Progress): Promise<T> {
    if (!this.#worker || (this.#closed && question.do !== 'close'))
      return Promise.reject(new CodedError('internal', 'the history is closed'))
    const ask = this.#nextAsk++
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject, progress })
      this.#post({ ...question, ask })
    })
  }
}

async function start(data: HistoryWorkerData): Promise<{ worker: Worker; leftovers: Leftover[] }> {
  // The same file runs built (.js) and, in tests, as it is (.ts).
  const file = import.meta.url.endsWith('.ts') ? './history-worker.ts' : './history-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { name: 'history', workerData: data })
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new CodedError('internal', `the history thread died: ${error.message}`))
    worker.once('error', failed)
    worker.once('message', (message: FromHistory) => {
      worker.off('error', failed)
      if (message.say === 'opened') return resolve({ worker, leftovers: message.leftovers })
      if (message.say !== 'refused') return reject(new CodedError('internal', 'the history thread said something else'))
      const code = isErrorCode(message.code) ? message.code : 'internal'
      reject(new CodedError(code, message.message))
    })
  })
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
