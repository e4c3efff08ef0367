// Whether a session needs attention, and how often clients are notified of that.

import type { AttentionKind } from '../../../../protocol/messages.ts'

/** Notifies this often at most: a program may ring a thousand times a second. */
export const NOTIFY_MS = 1_000

export interface PendingAttention {
  at: number
  /** The text of its notification; '' for a bell. */
  text: string
  kind: AttentionKind
  /** No one is notified of it. */
  silent?: boolean
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
  request(text: string, kind: AttentionKind, seen: boolean): boolean {
    const before = this.#pending
    // A question after a bell is news, and so is another question (it is requested once for each); a bell after it is not.
    const isNew = !seen && (before === null || kind === 'blocked' || rank(kind) > rank(before.kind))
    // A bell after a notification keeps the notification's text.
    if (isNew) this.#pending = { at: this.#now(), text: text || (before?.text ?? ''), kind }
    else if (!seen && before && rank(kind) === rank(before.kind)) {
      // A page that showed the first text to a person still has to notify of the next one when it is hidden.
      const isOther = text !== '' && text !== before.text
      this.#pending = { ...before, at: isOther ? this.#now() : before.at, text: text || before.text, kind }
    }
    if (this.#timer) this.#unsent = text || this.#unsent
    else this.#notifyNow(text)
    return isNew
  }

  /** No one is to be notified of what is pending. */
  silence(): void {
    if (this.#pending) this.#pending.silent = true
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

const RANKS: readonly AttentionKind[] = ['bell', 'message', 'done', 'blocked', 'ended']

/** What a person wants to know first. */
function rank(kind: AttentionKind): number {
  return RANKS.indexOf(kind === 'failed' ? 'ended' : kind)
}
