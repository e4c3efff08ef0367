// A transport carries whole frames, in order, between two ends. Knows nothing of what is in a frame.

/**
 * Why a transport closed. `code` is from the table in errors.ts; `reason` is a sentence for people.
 * A transport that just went away (network gone, process ended) closes with `connection_lost`.
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
 * of them. Frames are at most FRAME_BYTES long (limits.ts); a longer one closes the receiver's side.
 */
export interface Transport {
  /** Sets who receives. Frames that came before are delivered then, so none is lost between open and start. */
  start(handlers: TransportHandlers): void
  /** Queues one frame. After close it does nothing. The caller must not change the bytes afterwards. */
  send(frame: Uint8Array): void
  /** Bytes taken by `send` and not yet handed to the system. */
  readonly buffered: number
  /** Closes this side; frames already queued are still sent where the network allows. Twice is fine. */
  close(reason: CloseReason): void
}

/** Holds what arrives before `start` and promises `close` exactly once; every transport is built on one. */
export class Inbox {
  #handlers: TransportHandlers | undefined
  #early: Uint8Array[] = []
  #closed: CloseReason | undefined
  #told = false

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers
    const early = this.#early
    this.#early = []
    for (const frame of early) handlers.frame(frame)
    this.#tellClose()
  }

  frame(frame: Uint8Array): void {
    if (this.#closed) return
    if (this.#handlers) this.#handlers.frame(frame)
    else this.#early.push(frame)
  }

  /** Returns false when it was closed already. */
  close(reason: CloseReason): boolean {
    if (this.#closed) return false
    this.#closed = reason
    this.#tellClose()
    return true
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  #tellClose(): void {
    if (!this.#handlers || !this.#closed || this.#told) return
    this.#told = true
    this.#handlers.close(this.#closed)
  }
}

/** Two ends in one process: what one sends the other receives, in a later microtask. For tests and benchmarks. */
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
