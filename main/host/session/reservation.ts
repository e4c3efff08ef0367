// With `single_client`: the client that a session is reserved for.
import { CodedError } from '../../../protocol/errors.ts'

/** How long a session is reserved for its client after the connection was lost. */
const RESERVED_MS = 30_000

export class Reservation {
  readonly #now: () => number
  #held: { stream: string; until: number } | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** Throws `session_busy` if it is reserved for another client. */
  check(stream: string): void {
    if (this.#held && this.#held.stream !== stream && this.#held.until > this.#now()) throw sessionBusy()
  }

  /** The client is attached. */
  hold(stream: string): void {
    this.#held = { stream, until: Number.POSITIVE_INFINITY }
  }

  /** The client is gone; `lost`: it may come back. */
  end(stream: string, lost: boolean): void {
    if (this.#held?.stream === stream) this.#held.until = lost ? this.#now() + RESERVED_MS : 0
  }
}

export function sessionBusy(): CodedError {
  return new CodedError(
    'session_busy',
    'another client is attached, and this session takes one at a time; detach there first',
  )
}
