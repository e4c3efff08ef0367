// The work of the thread that owns the database, in turns: writes first, then requests, deletions, trimming, and when
// nothing else is left, sealing crashed sessions and rendering text.

import { closeSync } from 'node:fs'
import { assertNever, CodedError } from '../../../../protocol/errors.ts'
import { storeFault } from '../../store/faults.ts'
import type { MarkRow } from '../../store/mark-rows.ts'
import { removeMigrationCopies } from '../../store/migration-copy.ts'
import type { Store } from '../../store/store.ts'
import { answer, type CallMessage, ThreadReplies, transferable } from '../../threads/call.ts'
import { LogReader } from '../playback/reader.ts'
import { Checkpointer, QUIET_MS } from './checkpointer.ts'
import { Committer } from './committer.ts'
import { Deletions } from './deletions.ts'
import { closeAfter, FileGuard, GUARD_MS } from './file-guard.ts'
import { contentsOf, type HistoryContents, HistoryMarker, MARKER_MS } from './history-marker.ts'
import { Syncer } from './syncer.ts'
import { TextTurns } from './text-turns.ts'
import { Trimmer } from './trim.ts'
import type { FromHistory, HistoryCalls, HistoryLimits, ToHistory } from './worker-protocol.ts'
import { Writer } from './writer.ts'

/** Steps of trimming in one turn: each frees more than a turn writes, but may begin with the wrong session. */
const MAX_TRIM_STEPS = 8

/** Retention, and whatever a turn could not do, is looked at this often. */
const ENFORCE_MS = 60_000

/** Unsealed tails of crashed sessions that are sealed in one turn. */
const MAX_TAILS_PER_TURN = 1

/** Marks in one session: more than a person can keep track of. */
const MAX_MARKS = 1_000

interface WaitingCall {
  call: CallMessage<HistoryCalls>
  /** The last write that arrived before it. */
  after: number
}

export interface ThreadPort {
  post(message: FromHistory, transfer?: ArrayBuffer[]): void
  close(): void
}

export class HistoryThread {
  readonly #store: Store
  readonly #port: ThreadPort
  readonly #writer: Writer
  readonly #trimmer: Trimmer
  readonly #committer: Committer
  readonly #checkpointer: Checkpointer
  readonly #syncer: Syncer
  readonly #text: TextTurns
  readonly #replies: ThreadReplies
  readonly #deletions: Deletions
  readonly #calls: WaitingCall[] = []
  readonly #answers: Omit<HistoryCalls, 'delete'>
  readonly #timers: NodeJS.Timeout[]
  readonly #file: string
  readonly #guard: FileGuard
  readonly #marker: HistoryMarker
  #isFolderGone = false
  #isScheduled = false
  #isClosing = false
  #isTrimDue = true
  #isSealDue = true
  #isTextDue = true

  constructor(file: string, store: Store, limits: HistoryLimits, port: ThreadPort) {
    const schedule = () => this.#schedule()
    const reader = new LogReader(store)
    this.#file = file
    this.#store = store
    this.#port = port
    try {
      // The guard compares the file with what is in it now.
      store.checkpoint()
    } catch {
      // A full disk, or a reader elsewhere: then with what was in it before.
    }
    this.#guard = new FileGuard(file)
    this.#marker = new HistoryMarker(file, store)
    this.#writer = new Writer(store)
    this.#trimmer = new Trimmer(store, limits)
    this.#committer = new Committer(store, this.#writer, message => port.post(message), schedule)
    this.#checkpointer = new Checkpointer(
      file,
      store,
      () => this.#committer.lastCommit,
      work => this.#attempt(work),
      { isIntact: () => this.#guardFiles(), checkpointed: isComplete => this.#guard.noteCheckpoint(isComplete) },
    )
    this.#syncer = new Syncer(file, {
      late: isLate => port.post({ say: 'disk_speed', isSlow: isLate }),
      failed: error => port.post({ say: 'sync', error: error.message }),
      recovered: () => {
        // What the failed sync left in memory may never be written there; this writes it to the database (fsync(2), "Notes").
        this.#checkpointer.checkpoint()
        port.post({ say: 'sync', error: undefined })
      },
    })
    this.#text = new TextTurns(store, reader, schedule)
    this.#replies = new ThreadReplies((message, transfer) => port.post(message, transfer as ArrayBuffer[]), storeFault)
    this.#deletions = new Deletions(store, this.#trimmer, this.#replies)
    this.#answers = {
      sessions: ({ limit }) => reader.sessions(limit),
      session: ({ session_id }) => reader.session(session_id),
      startingPoint: ({ session_id, offset }) => reader.startingPoint(session_id, offset),
      read: ({ session_id, position }) => reader.read(session_id, position),
      mark: request => this.#mark(request),
      unmark: request => this.#unmark(request),
      flush: () => undefined,
      stats: () => ({ file_bytes: store.size().bytes, ...store.stats() }),
      pragma: ({ pragma }) => store.pragma(pragma),
      close: () => this.#close(),
    }
    const enforce = () => {
      this.#isTrimDue = this.#isSealDue = this.#isTextDue = true
      schedule()
    }
    this.#timers = [
      setInterval(enforce, ENFORCE_MS),
      setInterval(() => this.#guardFiles(), GUARD_MS),
      setInterval(() => this.#attempt(() => this.#marker.tick()), MARKER_MS),
    ]
    this.#attempt(() => this.#marker.tick())
    schedule()
  }

  receive(message: ToHistory): void {
    switch (message.do) {
      case 'insert':
      case 'update':
      case 'append':
      case 'seal':
      case 'keyframe':
        this.#committer.push(message)
        break
      case 'render_again':
        this.#attempt(() => this.#store.transaction(() => this.#store.logRows.forgetText(message.row_id)))
        this.#isTextDue = true
        break
      case 'started':
        if (!this.#store.isMigrated) removeMigrationCopies(this.#file)
        break
      case 'limits':
        this.#trimmer.limits = message.limits
        this.#isTrimDue = true
        break
      case 'deletionTime':
        // Nothing is looked for now: this comes every few seconds, and the limits are enforced once a minute.
        this.#isTrimDue ||= !this.#trimmer.hasTime
        this.#trimmer.deletionTime = message.at
        break
      case 'cancel':
        this.#cancel(message.id)
        break
      case 'call':
        this.#calls.push({ call: message, after: this.#committer.lastNumber })
        break
      default:
        assertNever(message)
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosing) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    // Before anything is written: a write would hide what was done to the files.
    if (!this.#guardFiles()) return
    if (this.#committer.isReady) this.#commit()
    this.#answerNext()
    if (this.#isClosing) return
    this.#deletions.step(() => this.#deleted())
    this.#trim()
    const { isTroubled } = this.#committer
    if (
      this.#deletions.length > 0 ||
      this.#committer.isReady ||
      this.#calls.some(call => this.#isReady(call)) ||
      (this.#isTrimDue && !isTroubled)
    )
      return this.#schedule()
    // From here on only what can wait.
    if (isTroubled) return
    if (this.#isSealDue) {
      this.#isSealDue = this.#attempt(() => this.#sealCrashed())
      return this.#schedule()
    }
    if (this.#isTextDue && this.#text.isReady) this.#renderText()
  }

  #commit(): void {
    const done = this.#committer.commit()
    if (done.length === 0) return
    if (done.some(write => write.do === 'seal' || write.do === 'update') || this.#trimmer.isOver) this.#isTrimDue = true
    // When a session prints on, the text of its last sealed segment can be rendered.
    this.#isTextDue = true
    if (!this.#committer.isRetrying) this.#written()
  }

  #written(): void {
    this.#guard.noteWrite()
    this.#checkpointer.written()
    this.#syncer.written()
  }

  /** False: the files are not what they were, and this thread ends. */
  #guardFiles(): boolean {
    if (this.#isClosing) return false
    const { isFolderGone } = this.#guard
    if (isFolderGone !== this.#isFolderGone) this.#port.post({ say: 'folder', isGone: isFolderGone })
    this.#isFolderGone = isFolderGone
    const fault = this.#guard.check()
    if (!fault) return true
    // This connection still sees everything, unless the file itself was changed.
    let contents: HistoryContents | undefined
    this.#attempt(() => {
      contents = contentsOf(this.#store)
    })
    this.#stop()
    let kept: string | undefined
    try {
      kept = closeAfter(fault, this.#file, this.#store, new Date())
    } catch {
      // A disk that fails. When the database is opened again, it is seen what is left.
    }
    this.#port.post({ say: 'files_changed', fault, contents, kept })
    this.#isClosing = true
    this.#port.close()
    return false
  }

  /** A step; more when the file has no room for what the next turn may write. */
  #trim(): void {
    for (let step = 0; step < MAX_TRIM_STEPS && this.#isTrimDue && !this.#committer.isTroubled; step++) {
      this.#isTrimDue = this.#attempt(() => this.#trimmer.step())
      if (this.#isTrimDue) this.#written()
      if (!this.#trimmer.isOver) break
    }
  }

  #deleted(): void {
    this.#writer.forget()
    this.#isTrimDue = true
    this.#attempt(() => this.#marker.writeNow())
    this.#written()
  }

  /** True: there may be more. */
  #sealCrashed(): boolean {
    const ids = this.#store.logRows.endedSessionsWithTail(MAX_TAILS_PER_TURN)
    for (const session_id of ids) this.#store.transaction(() => this.#writer.seal(session_id))
    if (ids.length === 0) return false
    this.#isTrimDue = this.#isTextDue = true
    this.#written()
    return true
  }

  #renderText(): void {
    if (!this.#attempt(() => this.#text.isNeeded())) {
      this.#isTextDue = false
      return
    }
    if (!this.#text.load()) return
    const isBusy = performance.now() - this.#committer.lastCommit < QUIET_MS
    this.#isTextDue = this.#text.turn(isBusy, work => this.#attempt(work))
    if (!this.#isTextDue) return
    this.#written()
    // Text takes space too.
    if (this.#trimmer.isOver) this.#isTrimDue = true
  }

  /** For work without a caller: an error ends it until the next time. Disk errors are reported by writes. */
  #attempt(work: () => unknown): boolean {
    try {
      return work() === true
    } catch (error) {
      this.#writer.forget()
      if (!storeFault(error).lasting) this.#committer.reportTrouble(error)
      return false
    }
  }

  // --- requests ---

  /** Requests see what was written before them; while writing fails, what there is. */
  #isReady({ call, after }: WaitingCall): boolean {
    if (this.#committer.isDone(after)) return true
    return this.#committer.isRetrying && call.name !== 'flush'
  }

  #answerNext(): void {
    const index = this.#calls.findIndex(waiting => this.#isReady(waiting))
    if (index < 0) return
    const { call } = this.#calls.splice(index, 1)[0]!
    this.#replies.attempt(call.id, () => {
      if (call.name === 'delete') return this.#deletions.begin(call.id, call.request.session_id)
      const value = answer(this.#answers, call)
      this.#replies.reply(call.id, value, blobsOf(value))
    })
    if (call.name === 'close') {
      this.#isClosing = true
      this.#port.close()
    }
  }

  #cancel(id: number): void {
    if (this.#deletions.cancel(id)) return
    const index = this.#calls.findIndex(({ call }) => call.id === id && call.name === 'delete')
    if (index < 0) return
    this.#calls.splice(index, 1)
    this.#deletions.refuseCancelled(id)
  }

  #mark({ session_id, offset, at, label }: Parameters<HistoryCalls['mark']>[0]): MarkRow {
    const { session } = this.#store.sessions.require(session_id)
    if (this.#store.marks.ofSession(session).length >= MAX_MARKS)
      throw new CodedError('too_many_marks', `a session can have ${MAX_MARKS} marks; remove some`)
    const added = this.#store.transaction(() => this.#store.marks.add(session, { offset, at, label }))
    this.#written()
    return added
  }

  #unmark({ session_id, mark_id }: Parameters<HistoryCalls['unmark']>[0]): undefined {
    const { session } = this.#store.sessions.require(session_id)
    if (!this.#store.transaction(() => this.#store.marks.remove(session, mark_id)))
      throw new CodedError('mark_unknown', 'this session has no such mark')
    this.#written()
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#text.stop()
    this.#checkpointer.stop()
    this.#syncer.stop()
  }

  #close(): undefined {
    this.#committer.finish()
    this.#attempt(() => this.#marker.writeNow())
    this.#stop()
    // The next start says that it is lost.
    const fault = this.#guard.check()
    if (fault) closeAfter(fault, this.#file, this.#store, new Date())
    else this.#store.close()
    closeSync(this.#guard.descriptor)
  }
}

function blobsOf(value: unknown): ArrayBuffer[] {
  const { blob, keyframe } = (value ?? {}) as { blob?: Uint8Array; keyframe?: { blob: Uint8Array } }
  return transferable([blob, keyframe?.blob])
}
