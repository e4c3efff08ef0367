// When text is rendered: in short turns with rests between them, so that recording comes first.
import type { Store } from '../../store/store.ts'
import type { LogReader } from '../playback/reader.ts'
import type { TextJobs } from '../text/text-jobs.ts'

/** A turn takes at most this long. */
const TURN_MS = 3

/** A rest takes this many times as long as the turn: while output arrives (a terminal is busy), and otherwise. */
const REST_BUSY = 19
const REST_QUIET = 1

/** The first turn waits this long, so that a host that stops after its only session does not load what it cannot use. */
const FIRST_TURN_MS = 200

export class TextTurns {
  readonly #store: Store
  readonly #reader: LogReader
  readonly #schedule: () => void
  #jobs: TextJobs | undefined
  #isLoading = false
  #rest: NodeJS.Timeout | undefined

  /** `schedule`: called when the next turn may begin. */
  constructor(store: Store, reader: LogReader, schedule: () => void) {
    this.#store = store
    this.#reader = reader
    this.#schedule = schedule
  }

  /** A turn may begin now. */
  get isReady(): boolean {
    return !this.#rest && !this.#isLoading
  }

  /** Whether a segment waits for its text, which a host without sessions never has. */
  isNeeded(): boolean {
    return this.#jobs !== undefined || this.#store.logRows.pendingText() !== undefined
  }

  /** False: `schedule` will be called when it is loaded. */
  load(): boolean {
    if (this.#jobs) return true
    this.#isLoading = true
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      // Loaded when first needed: the terminal emulator takes longer to load than the database to open.
      import('../text/text-jobs.ts').then(
        ({ TextJobs }) => {
          this.#jobs = new TextJobs(this.#store, this.#reader)
          this.#isLoading = false
          this.#schedule()
        },
        () => {
          this.#isLoading = false
        },
      )
    }, FIRST_TURN_MS)
    return false
  }

  /** False: nothing was left to render, or it failed. `attempt` runs the work and handles its errors. */
  turn(isBusy: boolean, attempt: (work: () => unknown) => boolean): boolean {
    const begin = performance.now()
    if (!attempt(() => this.#jobs?.work(TURN_MS))) return false
    const worked = performance.now() - begin
    this.#rest = setTimeout(
      () => {
        this.#rest = undefined
        this.#schedule()
      },
      worked * (isBusy ? REST_BUSY : REST_QUIET),
    )
    return true
  }

  stop(): void {
    clearTimeout(this.#rest)
    this.#jobs?.dispose()
  }
}
