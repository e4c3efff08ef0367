// The client's side of one attachment: applies a session's log to a terminal in order, numbers and keeps input until it
// has arrived. Knows nothing of sockets or reconnecting; the client (client.ts) tells it when a channel is there.

import { Emitter } from './emitter.ts'
import { CodedError, type ErrorCode } from './errors.ts'
import { ackFrame, inputFrames, type Output } from './frames.ts'
import { INPUT_BYTES, WINDOW_BYTES } from './limits.ts'
import type { ClientMessage, HostMessageOf, SessionInfo } from './messages.ts'
import type { Position } from './position.ts'

/** What a log is applied to. xterm.js fits; so does anything that counts bytes. */
export interface TerminalSink {
  /** Takes bytes; calls `done` when they have been parsed. Calls come in order. */
  write(bytes: Uint8Array, done: () => void): void
  /** Applied after everything written before was parsed. */
  resize(cols: number, rows: number): void
  /** Forgets everything: a state to replace it comes next. */
  reset(cols: number, rows: number): void
}

/** Turns one zstd frame into `size` bytes; throws when it does not hold exactly that. */
export type Inflate = (bytes: Uint8Array, size: number) => Uint8Array

export interface AttachedEvents {
  /** The host accepted the attachment, the first time or again. */
  session: HostMessageOf<'session'>
  /** Everything there was has been applied; what comes now is live. */
  caught_up: undefined
  /** History before this place was skipped: the client could not keep up or had nothing. */
  keyframe: Position
  size: { cols: number; rows: number }
  size_owner: boolean
  title: string
  exit: HostMessageOf<'exit'>
  /** Something was refused (a size, typing into a read-only session); the attachment goes on. */
  error: CodedError
  /** The attachment cannot go on; it will not be tried again by itself. */
  failed: CodedError
  /** Input that has not arrived yet, in bytes; for showing it as pending. */
  pending_input: number
  /** Input older than STALE_INPUT_MS waits for `confirmInput` after a reconnect. */
  stale_input: Uint8Array[]
}

export interface AttachOptions {
  read_only?: boolean
  /** Takes the session's size when attaching. */
  size?: { cols: number; rows: number }
  window?: number
  /** Ask before input that was typed this long ago is sent after a reconnect (a person may have moved on). */
  ask_stale_input?: boolean
}

/** Sends on the present channel; false while there is none. */
export interface Outlet {
  message(message: ClientMessage): boolean
  frames(frames: Uint8Array[]): boolean
}

/** Typed before a drop and unsent for longer than this: the person is asked first. */
export const STALE_INPUT_MS = 5_000

/** Input that may wait for a channel; past it typing fails rather than growing without bound. */
export const PENDING_INPUT_BYTES = 2 * INPUT_BYTES

type Item =
  | { do: 'write'; bytes: Uint8Array }
  | { do: 'resize'; cols: number; rows: number; n: number }
  | { do: 'keyframe'; message: HostMessageOf<'keyframe'>; bytes: Uint8Array }
  | { do: 'tell'; tell: () => void }

interface PendingInput {
  seq: number
  bytes: Uint8Array
  at: number
}

export class Attached extends Emitter<AttachedEvents> {
  /** The session's id as asked for, then as the host names it. */
  session_id: string
  session: SessionInfo | undefined
  readonly options: AttachOptions
  readonly input_stream: string
  /** Where the terminal ends: bytes whose write callback ran, resizes that were applied. Null until something was. */
  have: Position | null = null

  readonly #sink: TerminalSink
  readonly #outlet: Outlet
  readonly #inflate: Inflate
  readonly #now: () => number
  #handle: number | undefined
  /** Where what was received ends, applied or not. */
  #end: Position = { offset: 0, n: 0 }
  #queue: Item[] = []
  #outstanding = 0
  #acked = 0
  #owed = false
  #keyframe: HostMessageOf<'keyframe'> | undefined
  #seq = 0
  #input: PendingInput[] = []
  #inputBytes = 0
  #held = false
  #size: { cols: number; rows: number } | undefined
  #ended = false

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
    this.#sink = sink
    this.#outlet = outlet
    this.#inflate = inflate
    this.#now = now
    this.#size = options.size
    this.input_stream = randomName()
  }

  /** True between the host's `session` answer and the loss of its channel. */
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

  /**
   * Types `bytes` as one unit. They are kept until the host has said that they reached the PTY's queue, and sent again
   * after a reconnect; the host drops what it has had. Throws `input_full`, `read_only` or `session_ended`.
   */
  type(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.options.read_only) throw new CodedError('read_only', 'this attachment only looks')
    if (this.#ended) throw new CodedError('session_ended', 'the session takes no more input')
    if (bytes.length > INPUT_BYTES || this.#inputBytes + bytes.length > PENDING_INPUT_BYTES)
      throw new CodedError('input_full', 'too much input waits for the connection; send it when it is back')
    const input = { seq: ++this.#seq, bytes, at: this.#now() }
    this.#input.push(input)
    this.#inputBytes += bytes.length
    if (this.#handle !== undefined && !this.#held) this.#outlet.frames(inputFrames(this.#handle, input.seq, bytes))
    this.emit('pending_input', this.#inputBytes)
  }

  /** Answers `stale_input`: sends what waited, or forgets it. */
  confirmInput(send: boolean): void {
    if (!this.#held) return
    this.#held = false
    if (!send) {
      this.#input = []
      this.#inputBytes = 0
      this.emit('pending_input', 0)
    } else this.#resend()
  }

  /** Takes the session's size, now and again after a reconnect, until `releaseSize`. */
  resize(cols: number, rows: number): void {
    this.#size = { cols, rows }
    if (this.#handle !== undefined) this.#outlet.message({ type: 'resize', handle: this.#handle, cols, rows })
  }

  releaseSize(): void {
    this.#size = undefined
    if (this.#handle !== undefined) this.#outlet.message({ type: 'release_size', handle: this.#handle })
  }

  /** The message that attaches, at first or again from where the terminal ends. */
  attachMessage(request_id: number): ClientMessage {
    return {
      type: 'attach',
      request_id,
      session_id: this.session_id,
      have: this.have,
      input_stream: this.input_stream,
      window: this.options.window ?? WINDOW_BYTES,
      ...(this.options.read_only ? { read_only: true } : {}),
      ...(this.#size ? { size: this.#size } : {}),
    }
  }

  /** The host accepted; what was received but not yet applied stays in the queue, so continue from there. */
  accepted(message: HostMessageOf<'session'>): void {
    this.#handle = message.handle
    this.session_id = message.session_id
    this.session = message.session
    this.#keyframe = undefined
    // What was received before and is not yet parsed stays in the queue: the host sends from `have`, and whatever
    // lies before `#end` is dropped when it comes again. The overlap still owes an ack, or the window would not open.
    this.#owed = true
    if (!this.have && this.#outstanding === 0) this.#sink.resize(message.cols, message.rows)
    const seen = this.#input.findIndex(input => input.seq > message.input_seen)
    this.#forgetInput(seen < 0 ? this.#input.length : seen)
    const stale = this.#input.filter(input => this.#now() - input.at > STALE_INPUT_MS)
    if (stale.length > 0 && this.options.ask_stale_input && message.reconnected) {
      this.#held = true
      this.emit('session', message)
      this.emit(
        'stale_input',
        this.#input.map(input => input.bytes),
      )
      return
    }
    this.#resend()
    this.emit('session', message)
  }

  /** The channel is gone; a later `accepted` goes on. */
  lost(): void {
    this.#handle = undefined
  }

  failed(error: CodedError): void {
    this.end()
    this.emit('failed', error)
  }

  end(): void {
    this.#ended = true
    this.#handle = undefined
    this.#queue = []
  }

  output(output: Output): void {
    const raw = output.compressed ? this.#inflate(output.bytes, output.size) : output.bytes
    const skip = this.#end.offset - output.offset
    if (skip < 0) throw new CodedError('bad_frame', 'output is missing before this frame')
    if (skip >= raw.length) {
      this.#owed = true
      this.#ackOutput()
      return
    }
    const bytes = skip === 0 ? raw : raw.subarray(skip)
    this.#end = { offset: this.#end.offset + bytes.length, n: this.#end.n }
    this.#push({ do: 'write', bytes })
  }

  blob(bytes: Uint8Array): void {
    const message = this.#keyframe
    if (!message || message.size !== bytes.length) throw new CodedError('bad_frame', 'a blob that nobody announced')
    this.#keyframe = undefined
    // What was to be applied before is part of the state that comes now.
    this.#queue = this.#queue.filter(item => item.do === 'tell')
    this.#end = { ...message.position }
    this.#push({ do: 'keyframe', message, bytes })
  }

  ack(seq: number): void {
    const next = this.#input.findIndex(input => input.seq > seq)
    this.#forgetInput(next < 0 ? this.#input.length : next)
  }

  message(message: HostMessageOf<'resize' | 'size_owner' | 'keyframe' | 'caught_up' | 'title' | 'exit'>): void {
    switch (message.type) {
      case 'resize':
        if (message.n <= this.#end.n) return
        this.#end = { offset: this.#end.offset, n: message.n }
        this.#push({ do: 'resize', cols: message.cols, rows: message.rows, n: message.n })
        return
      case 'keyframe':
        this.#keyframe = message
        return
      case 'caught_up':
        this.#push({ do: 'tell', tell: () => this.emit('caught_up', undefined) })
        return
      case 'size_owner':
        if (!message.owned) this.#size = undefined
        this.emit('size_owner', message.owned)
        return
      case 'title':
        this.emit('title', message.title)
        return
      case 'exit':
        this.#push({
          do: 'tell',
          tell: () => {
            this.#ended = true
            this.emit('exit', message)
          },
        })
        return
    }
  }

  #push(item: Item): void {
    this.#queue.push(item)
    this.#drain()
  }

  /** Writes go on at once; everything else waits until all that was written before has been parsed. */
  #drain(): void {
    for (;;) {
      const item = this.#queue[0]
      if (!item || (item.do !== 'write' && this.#outstanding > 0)) break
      this.#queue.shift()
      switch (item.do) {
        case 'write':
          this.#write(item.bytes, item.bytes.length)
          break
        case 'resize':
          this.#sink.resize(item.cols, item.rows)
          this.have = { offset: this.have?.offset ?? 0, n: item.n }
          this.emit('size', { cols: item.cols, rows: item.rows })
          break
        case 'keyframe':
          this.#applyKeyframe(item.message, item.bytes)
          break
        case 'tell':
          item.tell()
          break
      }
    }
  }

  #write(bytes: Uint8Array, counts: number): void {
    this.#outstanding++
    this.#sink.write(bytes, () => {
      this.have = { offset: (this.have?.offset ?? 0) + counts, n: this.have?.n ?? 0 }
      this.#outstanding--
      this.#ackOutput()
      if (this.#outstanding === 0) this.#drain()
    })
  }

  #applyKeyframe(message: HostMessageOf<'keyframe'>, bytes: Uint8Array): void {
    this.#sink.reset(message.cols, message.rows)
    this.have = { ...message.position }
    this.#owed = true
    this.emit('size', { cols: message.cols, rows: message.rows })
    this.emit('keyframe', message.position)
    // The state's own bytes are not part of the log, so they count for nothing.
    this.#write(bytes, 0)
  }

  #ackOutput(): void {
    const window = this.options.window ?? WINDOW_BYTES
    const offset = this.have?.offset ?? 0
    // Often enough that the host never waits for it, rarely enough that a flood is not answered frame by frame.
    if (this.#handle === undefined) return
    if (this.#outstanding > 0 && offset - this.#acked < window / 4 && !this.#owed) return
    if (offset === this.#acked && !this.#owed) return
    this.#owed = false
    this.#acked = offset
    this.#outlet.frames([ackFrame(this.#handle, offset)])
  }

  #resend(): void {
    for (const input of this.#input) this.#outlet.frames(inputFrames(this.#handle!, input.seq, input.bytes))
  }

  #forgetInput(count: number): void {
    if (count === 0) return
    for (const input of this.#input.splice(0, count)) this.#inputBytes -= input.bytes.length
    this.emit('pending_input', this.#inputBytes)
  }
}

/** Attach errors after which trying the same again makes no sense. */
export const FINAL_ATTACH_ERRORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'session_unknown',
  'session_ambiguous',
  'session_ended',
  'session_expired',
  'session_busy',
  'forbidden',
  'bad_message',
])

function randomName(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
