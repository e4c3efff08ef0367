// Whether a session needs attention, and how often clients are notified of that.

/** Notifies this often at most: a program may ring a thousand times a second. */
export const NOTIFY_MS = 1_000

export interface PendingAttention {
  at: number
  /** The text of its notification; '' for a bell. */
  text: string
}

export class Attention {
  #pending: PendingAttention | null = null
  readonly #now: () => number
  readonly #notify: (text: string) => void
  readonly #notify_ms: number
  #timer: NodeJS.Timeout | undefined
  /** The latest text since the last notification. */
  #unsent = ''

  constructor(now: () => number, notify: (text: string) => void, notify_ms = NOTIFY_MS) {
    this.#now = now
    this.#notify = notify
    this.#notify_ms = notify_ms
  }

  /** The session asked for attention, and no person has seen it since. */
  get pending(): PendingAttention | null {
    return this.#pending
  }

  /** `seen`: a person is at a screen that shows the session. True: it did not need attention before. */
  request(text: string, seen: boolean): boolean {
    const isNew = !seen && this.#pending === null
    // A bell after a notification keeps the notification's text.
    if (!seen) this.#pending = { at: this.#now(), text: text || (this.#pending?.text ?? '') }
    if (this.#timer) this.#unsent = text || this.#unsent
    else this.#notifyNow(text)
    return isNew
  }

  /** A person has seen the session. True: it needed attention. */
  clear(): boolean {
    const wasPending = this.#pending !== null
    this.#pending = null
    return wasPending
  }

  dispose(): void {
    clearTimeout(this.#timer)
  }

  #notifyNow(text: string): void {
    this.#notify(text)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const unsent = this.#unsent
      this.#unsent = ''
      if (unsent !== '') this.#notifyNow(unsent)
    }, this.#notify_ms)
    this.#timer.unref()
  }
}
