// A transport whose messages are delivered when it is their client's turn. It is below the encrypted channel, so that decrypting
// is part of a turn.
import type { CloseReason, Transport, TransportHandlers } from '../../../protocol/transport.ts'
import { MESSAGE_COST } from './costs.ts'
import type { DeviceBudget } from './device-budget.ts'

/** Of a client that is not let in yet: a handshake, the digits of a pairing, and a hello, with room. */
export const MESSAGES_BEFORE_ADMISSION = 16

export class PacedTransport implements Transport {
  readonly #inner: Transport
  #handlers: TransportHandlers | undefined
  #budget: DeviceBudget | undefined
  #isClosed = false
  /** Frames that wait for their turn. */
  #waiting = 0
  #beforeAdmission = 0

  constructor(inner: Transport) {
    this.#inner = inner
  }

  /** From now on frames wait for their turn. Before, a client is not known, and only a hello is taken from it. */
  takeTurns(budget: DeviceBudget): void {
    this.#budget = budget
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers
    this.#inner.start({ frame: bytes => this.#received(bytes), close: reason => this.#ended(reason) })
  }

  send(frame: Uint8Array): void {
    this.#inner.send(frame)
  }

  get buffered(): number {
    return this.#inner.buffered
  }

  pause(): void {
    this.#inner.pause?.()
  }

  resume(): void {
    this.#inner.resume?.()
  }

  close(reason: CloseReason): void {
    this.#isClosed = true
    this.#inner.close(reason)
  }

  #received(bytes: Uint8Array): void {
    if (!this.#budget) {
      // Its messages may be empty: whoever reads frames would not see them.
      if (++this.#beforeAdmission <= MESSAGES_BEFORE_ADMISSION) return this.#handlers!.frame(bytes)
      if (!this.#isClosed) this.close({ code: 'bad_frame', reason: 'too many messages before the client was let in' })
      return
    }
    this.#waiting++
    this.#budget.run(() => {
      this.#waiting--
      if (this.#isClosed) return
      this.#budget!.charge(MESSAGE_COST)
      this.#handlers!.frame(bytes)
    })
  }

  /** What the client sent before it closed still counts, unless it sent more than it may. */
  #ended(reason: CloseReason): void {
    const budget = this.#budget
    if (this.#waiting > 0 && budget && !this.#isClosed && !budget.isSlowed)
      return budget.run(() => this.#handlers!.close(reason))
    this.#isClosed = true
    this.#handlers!.close(reason)
  }
}
