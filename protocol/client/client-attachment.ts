// The client's side of one attachment: its output goes to a terminal (log-applier.ts), its input to the session, and both
// survive reconnecting. client.ts and attachments.ts tell it when there is a channel.
import { Emitter } from '../emitter.ts'
import { assertNever, CodedError } from '../errors.ts'
import { ackFrame, inputFrames, type Output } from '../frames.ts'
import { CLAIM_LAPSE_MS, WINDOW_BYTES } from '../limits.ts'
import type { ClientMessage, HostMessageOf, SessionInfo, SessionSpec } from '../messages.ts'
import type { Position } from '../position.ts'
import { type Inflate, LogApplier, type TerminalSink } from './log-applier.ts'
import { TypedInput, type UnsentInput } from './typed-input.ts'

export interface AttachmentEvents {
  /** The host accepted the attachment, the first time or again. */
  session: HostMessageOf<'session'>
  /** Everything there was has been applied; what comes now is live. */
  caught_up: undefined
  /** The terminal was reset to the state at this position: it was empty, the client was too slow, or there is a gap. */
  keyframe: Position
  /** This extent of the log will not come. */
  gap: HostMessageOf<'gap'>
  size: { cols: number; rows: number }
  size_owner: boolean
  title: string
  exit: HostMessageOf<'exit'>
  /** The host refused something (a size, input into a read-only session); the attachment goes on. */
  error: CodedError
  /** The attachment is over and will not be retried. */
  failed: CodedError
  /** Bytes of input that have not arrived yet, to show them as pending. */
  pending_input: number
  /** After a reconnect, input older than STALE_INPUT_MS waits for `confirmInput`. */
  stale_input: Uint8Array[]
}

export interface AttachOptions {
  /** Where the terminal ends, if it is not empty. */
  have?: Position
  read_only?: boolean
  /** Claims the session's size when attaching. */
  size?: { cols: number; rows: number }
  window?: number
  /** Raw output before the end to begin with. */
  history_bytes?: number
  /** Missed raw output to receive rather than skip to the current screen. */
  catch_up_bytes?: number
  /** When the session is unknown, ended or expired: start this one instead of failing. */
  fallback?: SessionSpec
  /** `read` (the default): an ended session is attached read-only, to show what it printed. `fail`: it is an error. */
  ended?: 'read' | 'fail'
  /** Ask before old input is sent after a reconnect (the person may have moved on). */
  ask_stale_input?: boolean
  /** Continues the numbering and the unsent input of an attachment that is gone (a page that was reloaded). */
  resume?: UnsentInput | undefined
}

/** Sends on the present channel; false while there is none. */
export interface Outlet {
  message(message: ClientMessage): boolean
  frames(frames: Uint8Array[]): boolean
  /** The attachment cannot go on. */
  fail(error: CodedError): void
}

export type AttachmentMessage = HostMessageOf<
  'resize' | 'size_owner' | 'keyframe' | 'segment' | 'gap' | 'caught_up' | 'title' | 'exit'
>

export class ClientAttachment extends Emitter<AttachmentEvents> {
  /** The session's id as requested, then as the host names it. */
  session_id: string
  session: SessionInfo | undefined
  readonly options: AttachOptions
  readonly #log: LogApplier
  readonly #input: TypedInput
  readonly #outlet: Outlet
  readonly #now: () => number
  #handle: number | undefined
  #readOnly: boolean
  #size: { cols: number; rows: number } | undefined
  /** The size in the last `attach` message. */
  #sentSize: { cols: number; rows: number } | undefined
  #lostAt: number | undefined
  #ended = false
  #present = true
  #focused = true
  /** As the host knows it. */
  #sentPresent = true
  #sentFocused = true

  constructor(
    session_id: string,
    sink: TerminalSink,
    options: AttachOptions,
    outlet: Outlet,
    inflate: Inflate,
    now: () => number,
  ) {
    super()
    this.session_id = session_id
    this.options = options
    this.#outlet = outlet
    this.#now = now
    this.#size = options.size
    this.#readOnly = options.read_only === true
    this.#input = new TypedInput(now, bytes => this.emit('pending_input', bytes), options.resume)
    this.#log = new LogApplier(
      { sink, have: options.have ?? null, inflate, window: options.window ?? WINDOW_BYTES },
      {
        ack: offset => {
          if (this.#handle === undefined) return false
          outlet.frames([ackFrame(this.#handle, offset)])
          return true
        },
        fail: outlet.fail,
        size: size => this.emit('size', size),
        keyframe: position => this.emit('keyframe', position),
        gap: message => this.emit('gap', message),
      },
    )
  }

  /** True between the host's `session` reply and the loss of its channel. */
  get live(): boolean {
    return this.#handle !== undefined
  }

  get handle(): number | undefined {
    return this.#handle
  }

  /** True once it failed, was detached, or the process ended and all its output was applied. */
  get ended(): boolean {
    return this.#ended
  }

  get readOnly(): boolean {
    return this.#readOnly
  }

  /** Where the terminal ends; null: it is empty. */
  get have(): Position | null {
    return this.#log.have
  }

  /**
   * Types `bytes` as one unit. They are kept until the host reports that they reached the PTY's queue, and sent again after
   * a reconnect; the host drops repeated units. Throws `input_full`, `read_only` or `session_ended`.
   */
  type(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#readOnly) throw new CodedError('read_only', 'this attachment is read-only')
    if (this.#ended) throw new CodedError('session_ended', 'the session takes no more input')
    const { seq } = this.#input.add(bytes)
    if (this.#handle !== undefined && !this.#input.held) this.#outlet.frames(inputFrames(this.#handle, seq, bytes))
    this.emit('pending_input', this.#input.bytes)
  }

  /** Input that has not arrived, and its numbering so far. */
  unsent(): UnsentInput {
    return this.#input.unsent()
  }

  /** Answers `stale_input`: sends what waited, or discards it. */
  confirmInput(send: boolean): void {
    if (!this.#input.held) return
    this.#input.confirm(send)
    this.#resend()
  }

  /** Discards what waits for a channel; while there is one it was sent already. What was sent before a drop may have arrived. */
  discardInput(): void {
    if (this.#handle === undefined) this.#input.clear()
  }

  /** Claims the session's size, now and again after a reconnect, until `releaseSize`. */
  resize(cols: number, rows: number): void {
    this.#size = { cols, rows }
    if (this.#handle !== undefined) this.#outlet.message({ type: 'resize', handle: this.#handle, cols, rows })
  }

  releaseSize(): void {
    this.#size = undefined
    if (this.#handle !== undefined) this.#outlet.message({ type: 'release_size', handle: this.#handle })
  }

  /** Whether a person is at this client's screen, now and after a reconnect. While no one is, bells are announced elsewhere. */
  setPresent(present: boolean, focused = present): void {
    this.#present = present
    this.#focused = focused
    this.#sendPresent()
  }

  #sendPresent(): void {
    const [present, focused] = [this.#present, this.#focused]
    if (this.#handle === undefined || (this.#sentPresent === present && this.#sentFocused === focused)) return
    this.#sentPresent = present
    this.#sentFocused = focused
    this.#outlet.message({ type: 'attachment_presence', handle: this.#handle, present, focused })
  }

  // --- called by attachments.ts ---

  /** The message that attaches, the first time or again from where the terminal ends. */
  attachMessage(request_id: number): ClientMessage {
    // After CLAIM_LAPSE_MS another client may own the size. Taking it back would surprise its user.
    if (this.#size && this.#lostAt !== undefined && this.#now() - this.#lostAt > CLAIM_LAPSE_MS) {
      this.#size = undefined
      this.emit('size_owner', false)
    }
    this.#sentSize = this.#size
    this.#sentPresent = this.#present
    this.#sentFocused = this.#focused
    const { window, history_bytes, catch_up_bytes, fallback } = this.options
    return {
      type: 'attach',
      request_id,
      session_id: this.session_id,
      have: this.have,
      input_stream: this.#input.stream,
      window: window ?? WINDOW_BYTES,
      ...(history_bytes !== undefined && { history_bytes }),
      ...(catch_up_bytes !== undefined && { catch_up_bytes }),
      ...(fallback && { fallback: { new: fallback } }),
      ...(this.#readOnly && { read_only: true }),
      ...(this.#size && { size: this.#size }),
      ...(!this.#present && { present: false }),
      ...(this.#focused !== this.#present && { focused: this.#focused }),
    }
  }

  /** The host accepted. */
  accepted(message: HostMessageOf<'session'>): void {
    this.#handle = message.handle
    // A new session replaces the one that is gone (fallback): nothing of the old one is meant for it.
    if (this.session && this.session.session_id !== message.session_id) {
      this.#log.restart()
      this.#input.restart()
    }
    this.session_id = message.session_id
    this.session = message.session
    this.#log.resume(message)
    this.#input.arrived(message.input_seen)
    this.#readOnly = message.read_only
    if (this.#readOnly) this.#input.clear()
    this.#catchUpSize()
    this.#sendPresent()
    const stale = this.options.ask_stale_input ? this.#input.hold() : undefined
    if (!stale) this.#resend()
    this.emit('session', message)
    if (stale) this.emit('stale_input', stale)
  }

  /** Sends what changed while the `attach` was under way. */
  #catchUpSize(): void {
    const [now, sent] = [this.#size, this.#sentSize]
    if (now && (now.cols !== sent?.cols || now.rows !== sent.rows)) this.resize(now.cols, now.rows)
    else if (!now && sent) this.releaseSize()
  }

  /** The channel is gone; a later `accepted` goes on. */
  lost(): void {
    if (this.#handle !== undefined) this.#lostAt = this.#now()
    this.#handle = undefined
  }

  /** The host refused something that this attachment sent; it goes on without it. */
  refused(error: CodedError): void {
    if (error.code === 'size_invalid' || error.code === 'bad_message') this.#size = undefined
    this.emit('error', error)
  }

  /** The session is over; what it printed can still be shown. */
  becomeReadOnly(): void {
    this.#readOnly = true
    this.#size = undefined
    this.#input.clear()
  }

  failed(error: CodedError): void {
    this.end()
    this.emit('failed', error)
  }

  end(): void {
    this.#ended = true
    this.#handle = undefined
    this.#log.stop()
  }

  output(output: Output): void {
    this.#log.output(output)
  }

  /** A key was not echoed; the acknowledgement of an echo is due all the same. */
  cover(): void {
    this.#log.cover()
  }

  blob(bytes: Uint8Array): void {
    this.#log.blob(bytes)
  }

  /** Input up to this number reached the PTY's queue. */
  inputArrived(seq: number): void {
    this.#input.arrived(seq)
  }

  message(message: AttachmentMessage): void {
    switch (message.type) {
      case 'resize':
        return this.#log.resize(message)
      case 'keyframe':
      case 'segment':
        return this.#log.announce(message)
      case 'gap':
        return this.#log.gap(message)
      case 'caught_up':
        return this.#log.afterParsed(() => this.emit('caught_up', undefined))
      case 'size_owner':
        if (!message.owned) this.#size = undefined
        return this.emit('size_owner', message.owned)
      case 'title':
        return this.emit('title', message.title)
      case 'exit':
        return this.#log.afterParsed(() => {
          this.#ended = true
          this.emit('exit', message)
        })
      default:
        assertNever(message)
    }
  }

  #resend(): void {
    if (this.#handle === undefined) return
    for (const { seq, bytes } of this.#input.waiting) this.#outlet.frames(inputFrames(this.#handle, seq, bytes))
  }
}
