// Syncs the write-ahead log to the disk after writes, so that a power cut costs little output. SQLite itself syncs only at
// checkpoints (synchronous = NORMAL), and those come when nothing is printed or much was.
import { closeSync, fdatasync, openSync } from 'node:fs'

/**
 * A power cut loses at most what was printed in this time: 0.7 s until it is committed (COMMIT_MS), up to SYNC_MS until a sync
 * begins, and the sync itself. If syncs take longer than what is left, `late` tells so.
 */
export const POWER_LOSS_MS = 2_000

/** Syncs begin at most this often: beside a flood they would cost more than they save. */
const SYNC_MS = 500

/** A commit that is not synced after this long may break the promise: what it contains is up to 0.7 s older. */
const LATE_MS = POWER_LOSS_MS - 1_000

/** After this many syncs in time the disk is no longer slow: one that is sometimes slow must not be reported in turns. */
const CALM_SYNCS = 10

export interface SyncerHandlers {
  /** Syncs take too long (`true`), or no longer. */
  late(isLate: boolean): void
  /** A sync failed: what was written since the last one may be lost in a power cut, even if a later sync succeeds. */
  failed(error: Error): void
  /** Syncs succeed again. */
  recovered(): void
}

export class Syncer {
  readonly #walFile: string
  readonly #handlers: SyncerHandlers
  #descriptor: number | undefined
  /** performance.now() of the first write that no sync covers. */
  #unsyncedSince: number | undefined
  #lastBegin = Number.NEGATIVE_INFINITY
  #isSyncing = false
  #isLate = false
  #isFailing = false
  #inTime = 0
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #lateTimer: NodeJS.Timeout | undefined

  /** `file`: the database. */
  constructor(file: string, handlers: SyncerHandlers) {
    this.#walFile = `${file}-wal`
    this.#handlers = handlers
  }

  /** Call it after each write. */
  written(): void {
    this.#unsyncedSince ??= performance.now()
    this.#schedule()
  }

  /** The syncs that run end by themselves. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    clearTimeout(this.#lateTimer)
    if (!this.#isSyncing) this.#close()
  }

  #schedule(): void {
    if (this.#isSyncing || this.#timer || this.#isStopped || this.#unsyncedSince === undefined) return
    const wait = Math.max(0, this.#lastBegin + SYNC_MS - performance.now())
    this.#timer = setTimeout(() => this.#sync(), wait)
  }

  #sync(): void {
    this.#timer = undefined
    const since = this.#unsyncedSince
    if (since === undefined) return
    try {
      // No lock of SQLite's is on this file, so closing it does no harm (sqlite.org/howtocorrupt.html#_posix_advisory_locks).
      this.#descriptor ??= openSync(this.#walFile, 'r+')
    } catch (error) {
      return this.#fail(error as Error)
    }
    this.#unsyncedSince = undefined
    this.#lastBegin = performance.now()
    this.#isSyncing = true
    this.#lateTimer = setTimeout(() => this.#setLate(), Math.max(1, since + LATE_MS - this.#lastBegin))
    // In a thread of libuv's pool: a slow disk delays neither writes nor requests.
    fdatasync(this.#descriptor, error => {
      clearTimeout(this.#lateTimer)
      this.#isSyncing = false
      if (this.#isStopped) return this.#close()
      if (error) {
        this.#unsyncedSince ??= since
        return this.#fail(error)
      }
      if (this.#isFailing) {
        this.#isFailing = false
        this.#handlers.recovered()
      }
      if (performance.now() - since < LATE_MS) this.#wasInTime()
      this.#schedule()
    })
  }

  #fail(error: Error): void {
    if (!this.#isFailing) {
      this.#isFailing = true
      this.#handlers.failed(error)
    }
    this.#close()
    this.#lastBegin = performance.now()
    this.#schedule()
  }

  #setLate(): void {
    this.#inTime = 0
    if (this.#isLate) return
    this.#isLate = true
    this.#handlers.late(true)
  }

  #wasInTime(): void {
    if (!this.#isLate || ++this.#inTime < CALM_SYNCS) return
    this.#isLate = false
    this.#handlers.late(false)
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
