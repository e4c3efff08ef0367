// Ends a session's process when a user, or the host, wants that.
import type { SessionState } from '../../../protocol/messages.ts'
import { GIVE_UP_MS, hangUp, KILL_AFTER_MS, killAll } from '../processes/process-group.ts'
import type { Pty } from './pty.ts'

export class Ending {
  readonly #pty: Pty
  #state: SessionState | undefined
  #timer: NodeJS.Timeout | undefined
  /** Resolves at `finish`. */
  readonly done: Promise<void>
  #finish!: () => void

  constructor(pty: Pty) {
    this.#pty = pty
    this.done = new Promise(resolve => {
      this.#finish = resolve
    })
  }

  /** What the session will be, if its process was told to end. */
  get state(): SessionState | undefined {
    return this.#state
  }

  /** SIGHUP to the process group, SIGKILL after `kill_after_ms`; a process that is still there GIVE_UP_MS later is abandoned. */
  begin(state: SessionState, kill_after_ms = KILL_AFTER_MS): void {
    if (this.#state !== undefined) return
    this.#state = state
    hangUp(this.#pty.pid)
    this.#pty.closeConsole()
    this.#timer = setTimeout(() => {
      killAll(this.#pty.pid)
      this.#timer = setTimeout(() => this.#pty.abandon(), GIVE_UP_MS)
    }, kill_after_ms)
  }

  /** The process has ended. Ended by a user: nothing is left behind. Ended by itself: its nohup children may stay. */
  exited(): void {
    clearTimeout(this.#timer)
    if (this.#state) killAll(this.#pty.pid)
  }

  /** All that follows from the end is done. */
  finish(): void {
    this.#finish()
  }
}
