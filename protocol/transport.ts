// A transport carries whole frames, in order, between two ends.

/**
 * Why a transport closed. `code` is from the table in errors.ts; `reason` is a sentence for people.
 * A transport that went away without a reason (network gone, process ended) closes with `connection_lost`.
 */
export interface CloseReason {
  code: string
  reason: string
}

export interface TransportHandlers {
  /** One whole frame. The bytes belong to the receiver. */
  frame(frame: Uint8Array): void
  /** Called exactly once, after the last frame; also when our own side closed. */
  close(reason: CloseReason): void
}

/**
 * Three kinds exist: WebSocket, local socket and MessagePort; the encrypted channel is a fourth that wraps one
 * of them. Frames are at most FRAME_BYTES long (limits.ts); the receiver closes at a longer one.
 */
export interface Transport {
  /** Sets the receiver. Frames that arrived before are delivered now, so none is lost between open and start. */
  start(handlers: TransportHandlers): void
  /** Queues one frame. After close it does nothing. The caller must not change the bytes afterwards. */
  send(frame: Uint8Array): void
  /** The encrypted channel can send at fixed intervals while somebody types (channel/pacer.ts). */
  pace?(milliseconds: number): void
  /** Bytes that `send` took and the system has not. */
  readonly buffered: number
  /** Stops and continues reading from the other end; frames that were read already are still delivered. Absent within a computer. */
  pause?(): void
  resume?(): void
  /** Closes this side; queued frames are still sent if the network allows. Calling it twice is fine. */
  close(reason: CloseReason): void
}

/** Keeps what arrives before `start` and calls `close` exactly once; every transport has one. */
export class Inbox {
  #handlers: TransportHandlers | undefined
  #early: Uint8Array[] = []
  #closed: CloseReason | undefined
  #closeDelivered = false

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers
    const early = this.#early
    this.#early = []
    for (const frame of early) handlers.frame(frame)
    this.#deliverClose()
  }

  frame(frame: Uint8Array): void {
    if (this.#closed) return
    if (this.#handlers) this.#handlers.frame(frame)
    else this.#early.push(frame)
  }

  /** Returns false if it was closed already. */
  close(reason: CloseReason): boolean {
    if (this.#closed) return false
    this.#closed = reason
    this.#deliverClose()
    return true
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  #deliverClose(): void {
    if (!this.#handlers || !this.#closed || this.#closeDelivered) return
    this.#closeDelivered = true
    this.#handlers.close(this.#closed)
  }
}

/** Two ends in one process: what one sends, the other receives in a later microtask. */
export function transportPair(): [Transport, Transport] {
  const inboxes = [new Inbox(), new Inbox()] as const
  const end = (mine: Inbox, other: Inbox): Transport => ({
    start: handlers => mine.start(handlers),
    send: frame => {
      if (!mine.closed) queueMicrotask(() => other.frame(frame))
    },
    buffered: 0,
    close: reason => {
      if (mine.close(reason)) queueMicrotask(() => other.close(reason))
    },
  })
  return [end(inboxes[0], inboxes[1]), end(inboxes[1], inboxes[0])]
}
