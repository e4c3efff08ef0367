// That a program called for somebody while nobody looked, and how often that is told. Knows nothing of screens or clients.

/** Who did not hear the first bell of a second does not hear its thousandth. */
const TELL_MS = 1_000

export interface PendingAttention {
  at: number
  /** What it said; '' when it only rang. */
  text: string
}

export class Attention {
  #mark: PendingAttention | null = null
  readonly #now: () => number
  readonly #tell: (text: string) => void
  #timer: NodeJS.Timeout | undefined
  /** Said since it was told last. */
  #unsaid = ''

  constructor(now: () => number, tell: (text: string) => void) {
    this.#now = now
    this.#tell = tell
  }

  /** Somebody was called, and nobody has looked since. */
  get pending(): PendingAttention | null {
    return this.#mark
  }

  /** `seen`: somebody looks. True: it was not marked before. */
  request(text: string, seen: boolean): boolean {
    const isNew = !seen && this.#mark === null
    // A bell behind what was said does not take it away.
    if (!seen) this.#mark = { at: this.#now(), text: text || (this.#mark?.text ?? '') }
    if (this.#timer) this.#unsaid = text || this.#unsaid
    else this.#tellNow(text)
    return isNew
  }

  /** Somebody looks. True: it was marked. */
  clear(): boolean {
    const was = this.#mark !== null
    this.#mark = null
    return was
  }

  dispose(): void {
    clearTimeout(this.#timer)
  }

  #tellNow(text: string): void {
    this.#tell(text)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const unsaid = this.#unsaid
      this.#unsaid = ''
      if (unsaid !== '') this.#tellNow(unsaid)
    }, TELL_MS)
    this.#timer.unref()
  }
}
