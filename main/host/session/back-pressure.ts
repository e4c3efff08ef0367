// Pauses a session's PTY while its screen or the history is too far behind its output.
import type { History } from '../history/write/history.ts'
import type { PooledScreen } from '../screen/pooled-screen.ts'
import { type SessionLog, TAIL_BYTES } from './log.ts'
import type { Pty } from './pty.ts'

/**
 * How far the screen may lag: a tenth of a second of parsing, and no more than the log holds in memory anyway. Beyond it the PTY is
 * paused; at half of it, it resumes.
 */
const SCREEN_LAG_BYTES = TAIL_BYTES

/** And how long: output that takes a screen long to parse would make it lag by minutes of work long before that many bytes. */
const SCREEN_WAIT_MS = 1_000

/** What waits for the history's worker, in bytes and for this long: a crash loses no more than that, and no more than a second. */
export const HISTORY_LAG_BYTES = 4 * 1024 * 1024
const HISTORY_WAIT_MS = 300

export interface BackPressureOptions {
  pty: Pty
  log: SessionLog
  screen: PooledScreen
  history: History
}

export class BackPressure {
  readonly #options: BackPressureOptions
  #paused = false
  #largestLag = 0
  /** Output that the screen had not parsed at this time, by performance.now(). */
  #awaited: { offset: number; since: number } | undefined

  constructor(options: BackPressureOptions) {
    this.#options = options
  }

  /** The most bytes that the screen was behind the log. */
  get largestLag(): number {
    return this.#largestLag
  }

  /** Call when output was added: pauses the PTY if the screen or the history is too far behind. */
  outputAdded(): void {
    const lag = this.#screenLag()
    this.#largestLag = Math.max(this.#largestLag, lag)
    const { screen, history, pty } = this.#options
    const { behind, waiting } = history
    const waited = this.#screenWait()
    const screenLate = !screen.error && (lag > SCREEN_LAG_BYTES || waited > SCREEN_WAIT_MS)
    const historyLate = behind > HISTORY_LAG_BYTES || waiting > HISTORY_WAIT_MS
    if ((screenLate || historyLate) && !this.#paused) {
      this.#paused = true
      pty.pause()
    }
  }

  /** Call when the screen or the history caught up: resumes the PTY if neither is too far behind. */
  caughtUp(): void {
    const { screen, history, pty } = this.#options
    if (!this.#paused) return
    if (!screen.error && (this.#screenLag() > SCREEN_LAG_BYTES / 2 || this.#screenWait() > SCREEN_WAIT_MS)) return
    const { behind, waiting } = history
    if (behind > HISTORY_LAG_BYTES / 2 || waiting > HISTORY_WAIT_MS) return
    this.#paused = false
    pty.resume()
  }

  /** How long the screen has not come further than it was to come; a measurement begins with the first output after that. */
  #screenWait(): number {
    const { log, screen } = this.#options
    if (this.#awaited && screen.position.offset >= this.#awaited.offset) this.#awaited = undefined
    if (screen.position.offset === log.end.offset) return 0
    this.#awaited ??= { offset: log.end.offset, since: performance.now() }
    return performance.now() - this.#awaited.since
  }

  #screenLag(): number {
    const { log, screen } = this.#options
    return log.end.offset - screen.position.offset
  }
}
