// With `single_client`: the client that a session is reserved for.
import { CodedError } from '../../../protocol/errors.ts'
import type { AttachedClient } from './attachable.ts'

/** How long a session is reserved for its client after the connection was lost. */
const RESERVED_MS = 30_000

export class Reservation {
  readonly #now: () => number
  #held: { stream: string; until: number } | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** A client that only looks is let in while no other is attached, and gives way to one that types. Throws `session_busy`. */
  makePlace({ options: { stream, read_only } }: AttachedClient, attached: Iterable<AttachedClient>): void {
    this.#check(stream)
    const others = [...attached].filter(other => other.options.stream !== stream)
    if (read_only && others.length > 0) throw sessionBusy()
    for (const other of others) other.fail(sessionBusy())
  }

  #check(stream: string): void {
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

function sessionBusy(): CodedError {
  return new CodedError(
    'session_busy',
    'another client is attached, and this session takes one at a time; detach there first',
  )
}
