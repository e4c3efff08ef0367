// Keeps up to date what a list shows of sessions and they do not tell by themselves: last lines, folders, what runs.
// Looks only while somebody watches the list or asks for it. Knows nothing of clients.
import type { Session } from './session.ts'

/** Sessions are looked at this often, and a list is sent for it as often: as fast as anybody reads a list. */
const EVERY_MS = 1_000

/** Who asks for a list waits this long at most: for a busy screen, or a folder on a network that is gone. */
const WAIT_MS = 100

/** A session as it is needed here. */
export type Preview = Pick<Session, 'look' | 'takeNews'>

export interface PreviewsHandlers {
  /** Whether somebody wants to know. */
  isWatched(): boolean
  /** What a list shows is different. */
  changed(): void
}

export class Previews {
  readonly #sessions: () => Iterable<Preview>
  readonly #handlers: PreviewsHandlers
  #last = Number.NEGATIVE_INFINITY
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(sessions: () => Iterable<Preview>, handlers: PreviewsHandlers) {
    this.#sessions = sessions
    this.#handlers = handlers
  }

  /** For who is about to tell the list: resolves when it is as fresh as it gets. Undefined: it is already. */
  refresh(): Promise<void> | undefined {
    this.#goOn()
    if (this.#round || performance.now() - this.#last < EVERY_MS) return this.#round
    return this.#look()
  }

  dispose(): void {
    clearTimeout(this.#timer)
  }

  #goOn(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.#handlers.isWatched()) return
      this.#look()
      this.#goOn()
    }, EVERY_MS)
    this.#timer.unref()
  }

  #look(): Promise<void> | undefined {
    if (this.#round) return this.#round
    this.#last = performance.now()
    const sessions = [...this.#sessions()]
    const looks = sessions.flatMap(session => session.refreshPreview() ?? [])
    if (looks.length === 0) {
      this.#tell(sessions)
      return undefined
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, WAIT_MS)
    })
    this.#round = Promise.race([Promise.all(looks), late]).then(() => {
      clearTimeout(timer)
      this.#round = undefined
      this.#tell(sessions)
    })
    return this.#round
  }

  /** What came too late for the look before is told with this one. */
  #tell(sessions: readonly Preview[]): void {
    const news = sessions.map(session => session.takePreviewChange())
    if (news.includes(true)) this.#handlers.changed()
  }
}
