// Refreshes the previews of all sessions while a client watches the session list, or when one requests it.
import type { Session } from './session.ts'

/** Previews are refreshed, and a list sent because of them, this often: as fast as a person reads a list. */
export const REFRESH_MS = 1_000

/** A request for the list waits no longer: a screen may be busy, or a folder on a network that is gone. */
const MAX_WAIT_MS = 100

/** The part of a session that is used here. */
export type PreviewedSession = Pick<Session, 'refreshPreview' | 'takePreviewChange'>

export interface PreviewsHandlers {
  /** Whether a client watches the list. */
  isWatched(): boolean
  /** The list shows something else now. */
  changed(): void
}

export class Previews {
  readonly #sessions: () => Iterable<PreviewedSession>
  readonly #handlers: PreviewsHandlers
  readonly #refresh_ms: number
  #last = Number.NEGATIVE_INFINITY
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(sessions: () => Iterable<PreviewedSession>, handlers: PreviewsHandlers, refresh_ms = REFRESH_MS) {
    this.#sessions = sessions
    this.#handlers = handlers
    this.#refresh_ms = refresh_ms
  }

  /** Call before sending the list: resolves when the previews are up to date. Undefined: they are. */
  refresh(): Promise<void> | undefined {
    this.#schedule()
    if (this.#round || performance.now() - this.#last < this.#refresh_ms) return this.#round
    return this.#refresh()
  }

  dispose(): void {
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.#handlers.isWatched()) return
      this.#refresh()
      this.#schedule()
    }, this.#refresh_ms)
    this.#timer.unref()
  }

  #refresh(): Promise<void> | undefined {
    if (this.#round) return this.#round
    this.#last = performance.now()
    const sessions = [...this.#sessions()]
    const refreshes = sessions.flatMap(session => session.refreshPreview() ?? [])
    if (refreshes.length === 0) {
      this.#report(sessions)
      return undefined
    }
    let timer: NodeJS.Timeout | undefined
    const timedOut = new Promise<void>(resolve => {
      timer = setTimeout(resolve, MAX_WAIT_MS)
    })
    this.#round = Promise.race([Promise.all(refreshes), timedOut]).then(() => {
      clearTimeout(timer)
      this.#round = undefined
      this.#report(sessions)
    })
    return this.#round
  }

  /** Changes that came too late for the previous round are reported with this one. */
  #report(sessions: readonly PreviewedSession[]): void {
    const changes = sessions.map(session => session.takePreviewChange())
    if (changes.includes(true)) this.#handlers.changed()
  }
}
