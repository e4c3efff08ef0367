// What bounds how often something is sent, and the waits between attempts.

export class TokenBucket {
  readonly #max: number
  readonly #refill_ms: number
  readonly #now: () => number
  #left: number
  #at: number

  /** `max` tokens at once, and one more every `refill_ms`. */
  constructor(max: number, refill_ms: number, now: () => number) {
    this.#max = max
    this.#refill_ms = refill_ms
    this.#now = now
    this.#left = max
    this.#at = now()
  }

  /** Milliseconds until there is a token. */
  wait(): number {
    this.#fill()
    return this.#left > 0 ? 0 : this.#refill_ms - (this.#now() - this.#at)
  }

  take(): boolean {
    this.#fill()
    if (this.#left === 0) return false
    this.#left--
    return true
  }

  #fill(): void {
    const now = this.#now()
    // A clock that was set back must not stop the refill until it has caught up.
    if (now < this.#at || this.#left === this.#max) this.#at = now
    const more = Math.floor((now - this.#at) / this.#refill_ms)
    this.#left = Math.min(this.#max, this.#left + more)
    this.#at += more * this.#refill_ms
  }
}

/** Resolves after this time, or when `signal` is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    timer.unref()
    signal.addEventListener('abort', done)
  })
}
