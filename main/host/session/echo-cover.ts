// Answers a key that a program does not echo like one that it does. Otherwise a listener sees by the missing answer where a
// password is typed. An echoed key is followed by its acknowledgement, a small frame of output, and the client's
// acknowledgement of that; a key without an echo gets a frame without output at the time when an echo would have come.

/** An echo of an idle shell takes a millisecond; the first key has no others to compare with. */
const FIRST_MS = 4
/** What comes later is not an echo. */
const LONGEST_MS = 100
/** Echoes that say how long the next one may take. */
const REMEMBERED = 16
/** Longer than the longest of those, so that a slow echo rarely comes after the frame that stands in for it. */
const MARGIN = 1.25
const MARGIN_MS = 1

export class EchoCover {
  readonly #cover: () => void
  readonly #now: () => number
  /** How long the latest echoes took, in milliseconds. */
  #taken: number[] = []
  #typedAt: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** `cover` sends the frame that stands in for an echo. */
  constructor(cover: () => void, now: () => number = () => performance.now()) {
    this.#cover = cover
    this.#now = now
  }

  /** Input has reached the PTY. */
  typed(): void {
    this.#typedAt = this.#now()
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#cover()
    }, this.#expected())
  }

  /** Output was sent, which is the answer that a listener sees. */
  printed(): void {
    if (this.#typedAt === undefined) return
    const taken = this.#now() - this.#typedAt
    if (taken < LONGEST_MS) this.#taken = [...this.#taken, taken].slice(-REMEMBERED)
    this.close()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#typedAt = undefined
  }

  #expected(): number {
    return Math.max(FIRST_MS, Math.max(0, ...this.#taken) * MARGIN + MARGIN_MS)
  }
}
