// The attachments of one client, and the handles by which the host names them on the present channel.
import { CodedError, type ErrorCode } from '../errors.ts'
import type { Frame } from '../frames.ts'
import type { ClientMessage } from '../messages.ts'
import { type AttachmentMessage, type AttachOptions, ClientAttachment } from './client-attachment.ts'
import type { Inflate, TerminalSink } from './log-applier.ts'
import type { RequestTable } from './requests.ts'

export interface AttachmentsOptions {
  requests: RequestTable
  /** Both return false while there is no channel. */
  send(message: ClientMessage): boolean
  sendFrames(frames: Uint8Array[]): boolean
  inflate: Inflate
  now: () => number
}

/** Errors with which the host ends an attachment: its session was deleted, another client took its place, or it failed. */
const ENDED: readonly ErrorCode[] = ['session_unknown', 'session_busy', 'attachment_failed']

export class Attachments {
  readonly #options: AttachmentsOptions
  readonly #all = new Set<ClientAttachment>()
  readonly #byHandle = new Map<number, ClientAttachment>()
  /** Those with an `attach` request on this channel. */
  readonly #requested = new Set<ClientAttachment>()

  constructor(options: AttachmentsOptions) {
    this.#options = options
  }

  add(session_id: string, sink: TerminalSink, options: AttachOptions): ClientAttachment {
    const { send, sendFrames, inflate, now } = this.#options
    const attachment: ClientAttachment = new ClientAttachment(
      session_id,
      sink,
      options,
      { message: send, frames: sendFrames, fail: error => this.#fail(attachment, attachmentFailed(error)) },
      inflate,
      now,
    )
    this.#all.add(attachment)
    return attachment
  }

  /** Sends the `attach` request, unless it was sent on this channel. */
  attach(attachment: ClientAttachment): void {
    if (!attachment.ended && !this.#requested.has(attachment)) this.#request(attachment)
  }

  /** On a new channel. */
  attachAll(): void {
    for (const attachment of this.#all) this.attach(attachment)
  }

  detach(attachment: ClientAttachment): void {
    if (!this.#all.delete(attachment)) return
    const { handle } = attachment
    attachment.end()
    this.#release(handle)
  }

  /** The channel is gone. */
  lost(): void {
    this.#byHandle.clear()
    this.#requested.clear()
    for (const attachment of this.#all) attachment.lost()
  }

  failAll(error: CodedError): void {
    const all = [...this.#all]
    this.#all.clear()
    for (const attachment of all) if (!attachment.ended) attachment.failed(error)
  }

  receive(frame: Extract<Frame, { kind: 'output' | 'blob' | 'ack' | 'cover' }>): void {
    this.#guarded(frame.handle, attachment => {
      switch (frame.kind) {
        case 'output':
          return attachment.output(frame)
        case 'blob':
          return attachment.blob(frame.bytes)
        case 'ack':
          return attachment.inputArrived(frame.value)
        case 'cover':
          return attachment.cover()
      }
    })
  }

  message(message: AttachmentMessage): void {
    this.#guarded(message.handle, attachment => attachment.message(message))
  }

  error(handle: number, error: CodedError): void {
    const attachment = this.#byHandle.get(handle)
    if (!attachment) return
    // Otherwise the host refused something that the attachment sent, and that goes on.
    if (ENDED.includes(error.code)) this.#fail(attachment, error)
    else attachment.refused(error)
  }

  /** What is wrong with one attachment does not end the connection, which others share. */
  #guarded(handle: number, apply: (attachment: ClientAttachment) => void): void {
    const attachment = this.#byHandle.get(handle)
    if (!attachment) return
    try {
      apply(attachment)
    } catch (cause) {
      this.#fail(attachment, attachmentFailed(cause))
    }
  }

  #request(attachment: ClientAttachment): void {
    const { requests, send } = this.#options
    const request_id = requests.nextId()
    this.#requested.add(attachment)
    // Resolved at once, not through a promise: frames of the new handle may follow in the same tick.
    requests.add(request_id, {
      repeated: true,
      resolve: message => {
        if (message.type !== 'session') return
        if (!this.#all.has(attachment)) {
          send({ type: 'detach', handle: message.handle })
          return
        }
        this.#byHandle.set(message.handle, attachment)
        attachment.accepted(message)
      },
      reject: error => {
        const isOver = error.code === 'session_ended' || error.code === 'session_expired'
        if (!isOver || attachment.readOnly || attachment.options.ended === 'fail') return this.#fail(attachment, error)
        // What it printed can still be shown.
        attachment.becomeReadOnly()
        this.#request(attachment)
      },
    })
    send(attachment.attachMessage(request_id))
  }

  #fail(attachment: ClientAttachment, error: CodedError): void {
    const { handle } = attachment
    this.#all.delete(attachment)
    this.#release(handle)
    attachment.failed(error)
  }

  #release(handle: number | undefined): void {
    if (handle === undefined) return
    this.#byHandle.delete(handle)
    this.#options.send({ type: 'detach', handle })
  }
}

function attachmentFailed(cause: unknown): CodedError {
  return new CodedError('attachment_failed', 'this session’s output could not be shown', { cause })
}
