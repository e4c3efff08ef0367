// The host's side of the history: batches what sessions print and sends it to the history thread, which writes it to the
// database and answers requests.
import { dirname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { CodedError, type ErrorCode, toCoded } from '../../../../protocol/errors.ts'
import type { Mark, SessionInfo } from '../../../../protocol/messages.ts'
import { LOG_START, type Position } from '../../../../protocol/position.ts'
import type { LostHistory } from '../../health/recording.ts'
import type { Leftover, ProcessIdentity, ReadResult, StoredKeyframe, StoredSession } from '../../recording/types.ts'
import { type DatabaseFile, pathOf } from '../../store/open-database.ts'
import type { StoreDamage } from '../../store/store.ts'
import {
  againIfDied,
  type CallOptions,
  type ReplyOf,
  type RequestOf,
  ThreadCalls,
  threadDied,
} from '../../threads/call.ts'
import { PendingOutput } from './pending-output.ts'
import { HISTORY_THREAD, type StartedWorker, startWorker } from './start-worker.ts'
import type { FromHistory, HistoryCalls, HistoryLimits, HistoryStats, LogEntry, ToHistory } from './worker-protocol.ts'

/** Output is handed over this often; including the commit that follows, a crash costs less than a second of it. */
const COMMIT_MS = 700

/** Or when this much is pending, over all sessions. */
const COMMIT_BYTES = 256 * 1024

/** A thread that died is restarted after this; a fault that kills it at once must not keep a core busy. */
const RESTART_MS = 1_000

/** What only reads waits this long for the next thread: a few restarts. */
const REPEAT_MS = 5_000

/** More than all clients together can have pending. A waiting call takes little memory, and `flush` must not be refused. */
const MAX_CALLS = 10_000

export interface HistoryHandlers {
  /** Recording fails for this reason; each is reported once. The host keeps running. */
  trouble(code: ErrorCode, message: string): void
  /** Recording works again. */
  recovered(): void
  /** `behind` may have become less. */
  committed(): void
  /** The disk is so slow that a power cut would lose more than POWER_LOSS_MS (syncer.ts); or no longer. */
  slow?(isSlow: boolean): void
  /** The thread died; it is started again. */
  died?(message: string): void
  /** Bytes of output that were dropped since the trouble began. */
  lost?(bytes: number): void
  /** The session itself can never be stored, nor what it prints. */
  unrecorded?(session_id: string): void
  /** A part of this session's log is damaged. */
  damaged?(session_id: string): void
  /** What was in the database is gone. */
  historyLost?(loss: LostHistory): void
  /** The data folder is not where it was, or is there again. */
  folderGone?(folder: string, isGone: boolean): void
  /** The database is about to be opened again: all other connections have to be closed. */
  reopening?(): Promise<void>
  /** It was opened again. `isNew`: it may lack what was in it. Call `recordAgain` for each session, at once. */
  reopened?(isNew: boolean): void
  /** There is no copy of the database from before it was brought to this version, for this reason. */
  notCopied?(reason: string): void
}

export class History {
  /** Sessions that an earlier host left running; they are `host_crashed` now. None before the database could be opened. */
  leftovers: readonly Leftover[] = []
  /** The newest time in it; undefined: it has no sessions, or could not be opened yet. */
  newest: number | undefined
  /** The database file, for threads that only read. */
  readonly file: DatabaseFile
  #limits: HistoryLimits
  readonly #handlers: HistoryHandlers
  #worker: Worker | undefined
  #calls: ThreadCalls<HistoryCalls> | undefined
  #closed: Promise<void> | undefined
  #restartTimer: NodeJS.Timeout | undefined
  #restarting: Promise<void> | undefined
  /** While the thread is started again: until it is there, or REPEAT_MS after it died. */
  #nextThread: Promise<void> | undefined
  #threadIsHere = () => {}
  #isTroubled = false
  /** Writing works, but syncing what is written to the disk does not. */
  #isUnsynced = false
  #deletionTime: number | undefined

  /** Running sessions in their latest state, for a restarted thread. */
  #wasOpened = false
  readonly #running = new Map<string, { session: SessionInfo; process: ProcessIdentity | null }>()
  /** Where the log of each running session ends, with what is pending. */
  readonly #ends = new Map<string, Position>()
  readonly #pending = new PendingOutput()
  #timer: NodeJS.Timeout | undefined
  #batch = 0
  /** Batches that are not committed yet; `at`: performance.now() when they were handed over. */
  readonly #sent: { batch: number; bytes: number; at: number }[] = []
  #sentBytes = 0

  /**
   * Opens the database at `file`, brings it to the newest version, and starts the thread that owns it. While the disk is full, or the
   * thread dies, that is tried again and again, and nothing is recorded. Throws `store_newer`, `store_damaged`, `data_dir_unusable`.
   */
  static async open(file: DatabaseFile, limits: HistoryLimits, handlers: HistoryHandlers): Promise<History> {
    const history = new History(file, limits, handlers)
    try {
      history.#opened(await startWorker({ file, limits, again: false }))
    } catch (error) {
      const { code, message } = toCoded(error)
      if (code !== 'store_full' && code !== 'thread_died') throw error
      history.#isTroubled = true
      if (code === 'thread_died') handlers.died?.(message)
      handlers.trouble(code, message)
      history.#restartLater(new Set([code]), true)
    }
    return history
  }

  private constructor(file: DatabaseFile, limits: HistoryLimits, handlers: HistoryHandlers) {
    this.file = file
    this.#limits = limits
    this.#handlers = handlers
  }

  #opened({ worker, leftovers, newest, loss, copyFailure }: StartedWorker): void {
    this.#listen(worker)
    this.#threadIsHere()
    if (this.#wasOpened) return
    this.#wasOpened = true
    this.leftovers = leftovers
    this.newest = newest
    if (loss) this.#handlers.historyLost?.({ file: pathOf(this.file), ...loss })
    if (copyFailure !== undefined) this.#handlers.notCopied?.(copyFailure)
  }

  // --- writes: return at once, applied in order ---

  insertSession(session: SessionInfo, process: ProcessIdentity | null): void {
    this.#running.set(session.session_id, { session, process })
    this.#ends.set(session.session_id, LOG_START)
    this.#post({ do: 'insert', session, process })
  }

  /** Stores every field but `bytes`, which the store counts itself. */
  updateSession(session: SessionInfo): void {
    const known = this.#running.get(session.session_id)
    if (known) {
      known.session = session
      // While there is no thread, the session is kept, so that the next thread learns about its end.
      if (session.state !== 'running') {
        if (this.#worker) this.#running.delete(session.session_id)
        this.#handOver()
        this.#ends.delete(session.session_id)
      }
    }
    this.#post({ do: 'update', session })
  }

  /** `entry.bytes` must not change afterwards. */
  append(session_id: string, entry: LogEntry): void {
    if (this.#closed) return
    // An entry that does not continue what is pending gets a batch of its own; the store will record the gap.
    if (!this.#pending.continues(session_id, entry)) this.#handOver()
    this.#ends.set(session_id, this.#pending.add(session_id, entry, this.#ends.get(session_id)))
    if (this.#pending.bytes >= COMMIT_BYTES) this.#handOver()
    else this.#timer ??= setTimeout(() => this.#handOver(), COMMIT_MS)
  }

  /**
   * After the database was opened again: records what the log in memory still has of a session, from `from` on. What is stored
   * already is skipped. `at`: milliseconds since its birth; when each entry was printed is not known any more.
   */
  recordAgain(session: SessionInfo, from: Position, entries: Iterable<LogEntry>): void {
    if (!this.#running.has(session.session_id)) this.#post({ do: 'insert', session, process: null })
    const again = new PendingOutput()
    let end = from
    for (const entry of entries) end = again.add(session.session_id, entry, end)
    this.#send(again)
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
   * Bytes that were appended and are not committed yet. Sessions pause their programs while it is above their limit. 0 while
   * writing fails, because a pause would not help then; the thread limits what it queues (queue.ts).
   */
  get behind(): number {
    return this.#isTroubled ? 0 : this.#pending.bytes + this.#sentBytes
  }

  /**
   * Milliseconds that the oldest batch has waited to be committed: what a crash would cost beyond COMMIT_MS. Like
   * `behind`, 0 in trouble.
   */
  get waiting(): number {
    const oldest = this.#sent[0]
    return this.#isTroubled || !oldest ? 0 : performance.now() - oldest.at
  }

  /** Resolves when everything appended so far is committed, or (after trouble) recorded as a gap. */
  async flush(): Promise<void> {
    this.#handOver()
    await this.#call('flush', undefined)
  }

  setLimits(limits: HistoryLimits): void {
    this.#limits = limits
    this.#post({ do: 'limits', limits })
  }

  /** Takes what a thread that reads has found damaged. */
  noticeDamage(damage: StoreDamage): void {
    if (damage.kind === 'text') this.#post({ do: 'render_again', row_id: damage.row_id })
    else this.#handlers.damaged?.(damage.session_id)
  }

  /** The host is ready. */
  started(): void {
    this.#post({ do: 'started' })
  }

  /** The time by which sessions are deleted for their age, in Unix milliseconds. Until it is called, none is. */
  setDeletionTime(at: number): void {
    this.#deletionTime = at
    this.#post({ do: 'deletionTime', at })
  }

  // --- requests ---

  /** Stored sessions, the newest first. */
  sessions(limit: number): Promise<StoredSession[]> {
    return this.#read('sessions', { limit })
  }

  /** The session with this id or a unique prefix of it. Rejects with `session_unknown`, `session_ambiguous`. */
  session(session_id: string): Promise<StoredSession> {
    return this.#read('session', { session_id })
  }

  /**
   * The earliest keyframe at or after `offset`; without one the last before it. Undefined when none is left.
   * Rejects with `session_unknown`, like all that follow; they take whole ids.
   */
  startingPoint(session_id: string, offset: number): Promise<StoredKeyframe | undefined> {
    return this.#read('startingPoint', { session_id, offset })
  }

  /** What follows `position`, up to everything that was appended before this call. */
  read(session_id: string, position: Position): Promise<ReadResult> {
    const pendingFrom = this.#pending.from(session_id)
    // Only a reader near the end needs what is still pending.
    if (pendingFrom && position.offset >= pendingFrom.offset) this.#handOver()
    return this.#read('read', { session_id, position })
  }

  /** Deletes a session and all that was recorded of it. Rejects with `cancelled`; what was deleted by then is gone. */
  async delete(session_id: string, options?: CallOptions): Promise<void> {
    this.#running.delete(session_id)
    this.#ends.delete(session_id)
    await this.#call('delete', { session_id }, options)
  }

  /** `point.at`: milliseconds since birth. Rejects with `too_many_marks`. */
  mark(session_id: string, point: { offset: number; at: number }, label: string): Promise<Mark> {
    return this.#call('mark', { session_id, ...point, label })
  }

  /** Rejects with `mark_unknown`. */
  async unmark(session_id: string, mark_id: number): Promise<void> {
    await this.#call('unmark', { session_id, mark_id })
  }

  stats(): Promise<HistoryStats> {
    return this.#read('stats', undefined)
  }

  /** For tests: makes the database full (`max_page_count = …`) or read-only (`query_only = 1`) for the history thread. */
  pragma(pragma: string): Promise<unknown> {
    return this.#call('pragma', { pragma })
  }

  /** Commits what can be committed and ends the thread. Twice is fine. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#handOver()
    this.#threadIsHere()
    clearTimeout(this.#restartTimer)
    // A thread that is starting may have opened the database already.
    if (this.#restarting) await this.#restarting
    const worker = this.#worker
    if (!worker) return
    const gone = new Promise(resolve => worker.once('exit', resolve))
    await this.#calls?.call('close', undefined).catch(() => worker.terminate())
    await gone
  }

  // --- the thread ---

  #listen(worker: Worker): void {
    const calls = new ThreadCalls<HistoryCalls>(message => worker.postMessage(message), MAX_CALLS)
    this.#worker = worker
    this.#calls = calls
    worker.on('message', (message: FromHistory) => {
      if (!calls.receive(message)) this.#receive(message)
    })
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
        this.#isTroubled = true
        this.#handlers.trouble(message.code, message.message)
        return this.#handlers.committed()
      case 'damage':
        return this.noticeDamage(message.damage)
      case 'lost':
        return this.#handlers.lost?.(message.bytes)
      case 'unrecorded':
        return this.#handlers.unrecorded?.(message.session_id)
      case 'recovered':
        this.#isTroubled = false
        if (this.#isUnsynced) return
        return this.#handlers.recovered()
      case 'folder':
        return this.#handlers.folderGone?.(dirname(pathOf(this.file)), message.isGone)
      case 'files_changed':
        return this.#filesChanged(message)
      case 'disk_speed':
        return this.#handlers.slow?.(message.isSlow)
      case 'sync':
        this.#isUnsynced = message.error !== undefined
        if (message.error !== undefined)
          return this.#handlers.trouble(
            'data_dir_unusable',
            `the history cannot be synced to the disk: ${message.error}`,
          )
        if (!this.#isTroubled) this.#handlers.recovered()
        return
    }
  }

  #died(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return
    const error = threadDied(HISTORY_THREAD, cause)
    this.#nextThread = new Promise(resolve => {
      this.#threadIsHere = resolve
      setTimeout(resolve, REPEAT_MS).unref()
    })
    this.#forgetWorker(error)
    if (this.#closed) return
    this.#isTroubled = true
    this.#handlers.died?.(error.message)
    this.#handlers.trouble(error.code, error.message)
    this.#handlers.committed()
    this.#restartLater(new Set(), false)
  }

  #filesChanged({ fault, contents, kept }: Extract<FromHistory, { say: 'files_changed' }>): void {
    this.#forgetWorker(new CodedError('history_busy', 'the history is opened again; try again in a few seconds'))
    if (this.#closed) return
    if (fault !== 'log_gone')
      this.#handlers.historyLost?.({
        file: pathOf(this.file),
        how: fault,
        sessions: contents?.sessions,
        bytes: contents?.bytes,
        kept,
      })
    this.#restart(new Set(), fault !== 'log_gone')
  }

  /** What it had not committed is recorded again, as far as sessions still have it in memory. */
  #forgetWorker(error: CodedError): void {
    this.#worker = undefined
    this.#calls?.fail(error)
    this.#calls = undefined
    this.#sent.length = 0
    this.#sentBytes = 0
    this.#isUnsynced = false
  }

  /** `reported`: codes of failed restarts that were reported since the thread died. */
  #restartLater(reported: Set<ErrorCode>, isNew: boolean): void {
    this.#restartTimer = setTimeout(() => this.#restart(reported, isNew), RESTART_MS)
  }

  #restart(reported: Set<ErrorCode>, isNew: boolean): void {
    this.#restarting = this.#startAgain(reported, isNew).finally(() => {
      this.#restarting = undefined
    })
  }

  async #startAgain(reported: Set<ErrorCode>, isNew: boolean): Promise<void> {
    try {
      await this.#handlers.reopening?.()
      const started = await startWorker({ file: this.file, limits: this.#limits, again: this.#wasOpened })
      if (this.#closed) return void (await started.worker.terminate())
      this.#opened(started)
    } catch (error) {
      if (this.#closed) return
      const { code, message } = toCoded(error)
      if (code === 'thread_died') this.#handlers.died?.(message)
      if (!reported.has(code)) this.#handlers.trouble(code, `the history thread cannot be restarted: ${message}`)
      reported.add(code)
      return this.#restartLater(reported, isNew)
    }
    for (const { session, process } of this.#running.values()) {
      this.#post({ do: 'insert', session, process })
      if (session.state !== 'running') this.#running.delete(session.session_id)
    }
    if (this.#deletionTime !== undefined) this.setDeletionTime(this.#deletionTime)
    if (this.#handlers.reopened) {
      // Sessions still have it. It must not come before what is older.
      this.#pending.take()
      this.#handlers.reopened(isNew)
    }
    this.#isTroubled = false
    this.#handlers.recovered()
  }

  #handOver(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending.isEmpty) return
    this.#send(this.#pending)
  }

  #send(pending: PendingOutput): void {
    const { bytes } = pending
    const sessions = pending.take()
    if (!this.#worker || sessions.length === 0) return
    const batch = ++this.#batch
    this.#sent.push({ batch, bytes, at: performance.now() })
    this.#sentBytes += bytes
    this.#post(
      { do: 'append', batch, bytes, sessions },
      sessions.map(slice => slice.bytes.buffer as ArrayBuffer),
    )
  }

  #post(message: ToHistory, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer)
  }

  /** For what only reads: asks the next thread if this one dies. */
  #read<K extends keyof HistoryCalls>(name: K, request: RequestOf<HistoryCalls, K>): Promise<ReplyOf<HistoryCalls, K>> {
    const attempt = async () => {
      await this.#nextThread
      return this.#call(name, request)
    }
    return againIfDied(attempt, () => !this.#closed)
  }

  #call<K extends keyof HistoryCalls>(
    name: K,
    request: RequestOf<HistoryCalls, K>,
    options?: CallOptions,
  ): Promise<ReplyOf<HistoryCalls, K>> {
    if (this.#closed) return Promise.reject(new CodedError('host_stopping', 'the host is stopping'))
    if (!this.#calls)
      return Promise.reject(
        new CodedError('history_busy', 'the history thread is restarting; try again in a few seconds'),
      )
    return this.#calls.call(name, request, options)
  }
}
