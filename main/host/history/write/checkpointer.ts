// Copies the write-ahead log into the database when it is long, or when nothing has been written for a while.
import { statSync } from 'node:fs'
import type { Store } from '../../store/store.ts'

/**
 * A write-ahead log of this length is copied at once. Twice SQLite's default: the tails of a flood are sealed by then,
 * and their pages need not be written twice.
 */
const CHECKPOINT_BYTES = 8 * 1024 * 1024

/** After this long without a write the host counts as quiet. */
export const QUIET_MS = 1_000

/** A checkpoint writes to the database file, and hides what something else did to it. */
export interface CheckpointGuard {
  isIntact(): boolean
  /** `isComplete`: everything is in the database. */
  checkpointed(isComplete: boolean): void
}

export class Checkpointer {
  readonly #walFile: string
  readonly #store: Store
  readonly #lastCommit: () => number
  readonly #attempt: (work: () => unknown) => void
  readonly #guard: CheckpointGuard
  #timer: NodeJS.Timeout | undefined

  /** `lastCommit`: performance.now() of the last write; `attempt` runs a checkpoint and handles its errors. */
  constructor(
    file: string,
    store: Store,
    lastCommit: () => number,
    attempt: (work: () => unknown) => void,
    guard: CheckpointGuard,
  ) {
    this.#walFile = `${file}-wal`
    this.#store = store
    this.#lastCommit = lastCommit
    this.#attempt = attempt
    this.#guard = guard
  }

  /** Call it after each write. */
  written(): void {
    const size = statSync(this.#walFile, { throwIfNoEntry: false })?.size ?? 0
    if (size >= CHECKPOINT_BYTES) this.checkpoint()
    this.#timer ??= setTimeout(() => this.#checkQuiet(), QUIET_MS)
  }

  checkpoint(): void {
    if (!this.#guard.isIntact()) return
    this.#attempt(() => {
      this.#guard.checkpointed(this.#store.checkpoint())
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #checkQuiet(): void {
    this.#timer = undefined
    const left = QUIET_MS - (performance.now() - this.#lastCommit())
    if (left > 1) this.#timer = setTimeout(() => this.#checkQuiet(), left)
    else this.checkpoint()
  }
}
