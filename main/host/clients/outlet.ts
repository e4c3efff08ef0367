// What one connection sends: frames, messages, replies and refusals, as long as the client reads them.
import { type CodedError, toCoded } from '../../../protocol/errors.ts'
import { jsonFrames, KIND } from '../../../protocol/frames.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { SENT_BYTE_COST } from '../budget/costs.ts'
import type { DeviceBudget } from '../budget/device-budget.ts'
import type { ConnectionTrace } from '../log/frame-trace.ts'
import type { Logger } from '../log/logger.ts'

/** What a client may leave unread before it is disconnected; the windows of its attachments keep it far below. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

export interface OutletOptions {
  transport: Transport
  log: Logger
  trace: ConnectionTrace | undefined
  /** The client does not read. Its transport was closed. */
  stalled(): void
}

export class Outlet {
  readonly #options: OutletOptions
  #budget: DeviceBudget | undefined
  #closed = false

  constructor(options: OutletOptions) {
    this.#options = options
  }

  /** The client was let in: from now on its replies wait for its turn. */
  takeTurns(budget: DeviceBudget): void {
    this.#budget = budget
  }

  /** Bytes that are not yet handed to the system. */
  get buffered(): number {
    return this.#options.transport.buffered
  }

  /** From now on no message is sent. */
  close(): void {
    this.#closed = true
  }

  get closed(): boolean {
    return this.#closed
  }

  send(frames: Uint8Array[]): void {
    const { transport, trace, stalled } = this.#options
    for (const frame of frames) {
      transport.send(frame)
      if (frame[0] !== KIND.output) this.#budget?.charge(frame.length * SENT_BYTE_COST)
      trace?.sent(frame)
    }
    if (transport.buffered <= MAX_UNREAD_BYTES || this.#closed) return
    // No error message: it would wait behind what is not read.
    transport.close({ code: 'stalled', reason: 'the client does not read what it is sent' })
    stalled()
  }

  /** Throws `bad_frame` for a message that is too long. */
  message(message: HostMessage): void {
    if (!this.#closed) this.send(jsonFrames(message))
  }

  /** For messages that no request waits for: one that is too long is logged. */
  tryMessage(message: HostMessage): void {
    this.trySend(() => jsonFrames(message))
  }

  trySend(frames: () => Uint8Array[]): void {
    try {
      if (!this.#closed) this.send(frames())
    } catch (error) {
      this.#options.log.error({ err: error }, 'a message could not be sent')
    }
  }

  /** Sends the reply when it is there and it is the client's turn, or what `reply` throws. A function is called in that turn. */
  replyLater(request_id: number, reply: () => Promise<HostMessage | (() => HostMessage)>): void {
    reply().then(
      message =>
        this.inTurn(() => {
          try {
            if (!this.#closed) this.message(typeof message === 'function' ? message() : message)
          } catch (error) {
            this.refuse(toCoded(error), request_id)
          }
        }),
      error => this.inTurn(() => this.refuse(toCoded(error), request_id)),
    )
  }

  inTurn(job: () => void): void {
    if (this.#budget) this.#budget.run(job)
    else job()
  }

  refuse(error: CodedError, request_id: number): void {
    if (error.code === 'internal') this.#options.log.error({ err: error }, 'a request failed')
    this.error(error, { request_id })
  }

  error(error: CodedError, about: { request_id?: number; handle?: number }): void {
    this.message({ type: 'error', ...about, code: error.code, message: error.message })
  }
}
