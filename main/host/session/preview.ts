// What a session list shows of one session that the session does not report by itself: last line, folder, program.
import type { PooledScreen } from '../screen/pooled-screen.ts'
import type { Foreground } from './activity/foreground.ts'
import type { SessionLog } from './log.ts'
import type { WorkingFolder } from './naming/working-folder.ts'

/** A command begins after its line was echoed, and may print nothing for an hour: refreshes go on for this long. */
const SETTLE_MS = 2_500

export interface PreviewOptions {
  log: SessionLog
  screen: PooledScreen
  folder: WorkingFolder
  foreground: Foreground
  /** Another program runs in the foreground. True: the list shows it. */
  foregroundChanged(): boolean
}

export class Preview {
  readonly #options: PreviewOptions
  #lastLine = ''
  /** The screen's offset when its last line was read. */
  #readTo = 0
  #reading = false
  /** When a refresh last found new output, by performance.now(). */
  #printedAt = Number.NEGATIVE_INFINITY
  /** The list shows something else now, and `takeChange` has not returned it yet. */
  #changed = false

  constructor(options: PreviewOptions) {
    this.#options = options
  }

  /** The last line on the screen that is not blank. */
  get lastLine(): string {
    return this.#lastLine
  }

  /** Reads again what may have changed since the last refresh. Undefined: nothing was printed, so nothing has. */
  refresh(): Promise<unknown> | undefined {
    const { log, screen, folder, foreground } = this.#options
    const printed = this.#readTo !== log.end.offset
    const now = performance.now()
    const settling = now - this.#printedAt < SETTLE_MS
    if ((!printed && !settling) || this.#reading || screen.error) return undefined
    if (printed) this.#printedAt = now
    const folderRead = folder.refresh().then(moved => {
      this.#changed ||= moved
    })
    const programRead = foreground.refresh().then(isOther => {
      if (isOther && this.#options.foregroundChanged()) this.#changed = true
    })
    if (!printed) return Promise.all([folderRead, programRead])
    this.#reading = true
    const lineRead = screen.lastLine().then(
      ({ text, offset }) => {
        this.#changed ||= text !== this.#lastLine
        this.#lastLine = text
        this.#readTo = offset
        this.#reading = false
      },
      () => {}, // the screen is gone; the last line stays as it was read last
    )
    return Promise.all([lineRead, folderRead, programRead])
  }

  /** Whether refreshes found a change since the last call. */
  takeChange(): boolean {
    const changed = this.#changed
    this.#changed = false
    return changed
  }
}
