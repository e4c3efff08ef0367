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

export class Checkpointer {
  readonly #walFile: string
  readonly #store: Store
  readonly #lastCommit: () => number
  readonly #attempt: (work: () => unknown) => void
  #timer: NodeJS.Timeout | undefined

  /** `lastCommit`: performance.now() of the last write; `attempt` runs a checkpoint and handles its errors. */
  constructor(file: string, store: Store, lastCommit: () => number, attempt: (work: () => unknown) => void) {
    this.#walFile = `${file}-wal`
    this.#store = store
    this.#lastCommit = lastCommit
    this.#attempt = attempt
  }

  /** Call it after each write. */
  written(): void {
    const size = statSync(this.#walFile, { throwIfNoEntry: false })?.size ?? 0
    if (size >= CHECKPOINT_BYTES) this.#attempt(() => this.#store.checkpoint())
    this.#timer ??= setTimeout(() => this.#checkQuiet(), QUIET_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #checkQuiet(): void {
    this.#timer = undefined
    const left = QUIET_MS - (performance.now() - this.#lastCommit())
    if (left > 1) this.#timer = setTimeout(() => this.#checkQuiet(), left)
    else this.#attempt(() => this.#store.checkpoint())
  }
}
