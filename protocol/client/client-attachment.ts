// The client's side of one attachment: applies a session's log to a terminal in order, and types.
// Knows nothing of sockets or reconnecting; the client (client.ts) tells it when a channel is there.
import { crc32 } from '../checksum.ts'
import { Emitter } from '../emitter.ts'
import { assertNever, CodedError, toCoded } from '../errors.ts'
import { ackFrame, inputFrames, type Output } from '../frames.ts'
import { CLAIM_LAPSE_MS, WINDOW_BYTES } from '../limits.ts'
import type { Blob, ClientMessage, HostMessageOf, SessionInfo, SessionSpec } from '../messages.ts'
import type { Position } from '../position.ts'
import { TypedInput, type UnsentInput } from './typed-input.ts'

/** What a log is applied to. xterm.js fits; so does anything that counts bytes. */
export interface TerminalSink {
  /** Takes bytes; calls `done` when they have been parsed. Calls come in order. */
  write(bytes: Uint8Array, done: () => void): void
  /** Applied after everything written before was parsed. */
  resize(cols: number, rows: number): void
  /** Forgets everything: a state to replace it comes next. */
  reset(cols: number, rows: number): void
}

/**
 * Turns one zstd frame into `size` bytes; throws or rejects when it does not hold exactly that. May answer later for
 * what is long: order is kept by who asks.
 */
export type Inflate = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>

export interface AttachmentEvents {
  /** The host accepted the attachment, the first time or again. */
  session: HostMessageOf<'session'>
  /** Everything there was has been applied; what comes now is live. */
  caught_up: undefined
  /** The terminal was reset to the state at this place: the client had nothing, could not keep up, or history has a hole. */
  keyframe: Position
  /** This part of the log will not come. */
  gap: HostMessageOf<'gap'>
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
  /** History to begin with, in raw bytes. */
  history_bytes?: number
  /** Missed raw output to read rather than be skipped to the present screen. */
  catch_up_bytes?: number
  /** Instead of failing because the session is unknown, ended or expired: start this in its place. */
  fallback?: SessionSpec
  /** `read` (the default): an ended session is attached read-only, to show what it was. `fail`: it is an error. */
  ended?: 'read' | 'fail'
  /** Ask before input that was typed this long ago is sent after a reconnect (a person may have moved on). */
  ask_stale_input?: boolean
  /** Goes on with the numbering and the input of an attachment that is gone (a page that was reloaded). */
  resume?: UnsentInput | undefined
}

/** Sends on the present channel; false while there is none. */
export interface Outlet {
  message(message: ClientMessage): boolean
  frames(frames: Uint8Array[]): boolean
  /** What came cannot be applied: this attachment is over. */
  fail(error: CodedError): void
}

/** Bytes that are there, or will be once inflated. */
type Bytes = Uint8Array | Promise<Uint8Array>

type Item =
  /** `skip`: how many of its first bytes the terminal has already. */
  | { do: 'write'; bytes: Bytes; skip: number }
  | { do: 'resize'; cols: number; rows: number; n: number }
  | { do: 'keyframe'; message: HostMessageOf<'keyframe'>; bytes: Bytes }
  /** `from`: where what was received ended before it came. */
  | { do: 'segment'; message: HostMessageOf<'segment'>; bytes: Bytes; from: Position }
  /** A part of the log will not come: the terminal's end moves past it. */
  | { do: 'gap'; message: HostMessageOf<'gap'> }
  | { do: 'tell'; tell: () => void }

export class ClientAttachment extends Emitter<AttachmentEvents> {
  /** The session's id as asked for, then as the host names it. */
  session_id: string
  session: SessionInfo | undefined
  readonly options: AttachOptions
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
  #inflating = false
  #acked = 0
  #owed = false
  /** Announced, its blob not here yet. */
  #announced: HostMessageOf<'keyframe' | 'segment'> | undefined
  readonly #input: TypedInput
  #readOnly: boolean
  #size: { cols: number; rows: number } | undefined
  /** The size that the last attach asked for. */
  #sentSize: { cols: number; rows: number } | undefined
  #lostAt: number | undefined
  #ended = false
  #looking = true
  /** As the host knows it. */
  #toldLooking = true

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
    this.#readOnly = options.read_only === true
    this.#input = new TypedInput(now, bytes => this.emit('pending_input', bytes), options.resume)
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
    if (this.#readOnly) throw new CodedError('read_only', 'this attachment only looks')
    if (this.#ended) throw new CodedError('session_ended', 'the session takes no more input')
    const { seq } = this.#input.add(bytes)
    if (this.#handle !== undefined && !this.#input.held) this.#outlet.frames(inputFrames(this.#handle, seq, bytes))
    this.emit('pending_input', this.#input.bytes)
  }

  /** What waits to arrive, and where its numbering has come to. */
  unsent(): UnsentInput {
    return this.#input.unsent()
  }

  /** Answers `stale_input`: sends what waited, or forgets it. */
  confirmInput(send: boolean): void {
    if (!this.#input.held) return
    this.#input.confirm(send)
    this.#resend()
  }

  /** Forgets what waits for a channel; while there is one it has gone out already. What went out before a drop may have arrived. */
  discardInput(): void {
    if (this.#handle === undefined) this.#input.clear()
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

  /**
   * Whether somebody is before this client's screen, now and after a reconnect. A program that calls for somebody is
   * heard elsewhere only while nobody looks.
   */
  setPresent(looking: boolean): void {
    if (looking === this.#looking) return
    this.#looking = looking
    this.#tellLooking()
  }

  #tellLooking(): void {
    if (this.#handle === undefined || this.#toldLooking === this.#looking) return
    this.#toldLooking = this.#looking
    this.#outlet.message({ type: 'attachment_presence', handle: this.#handle, present: this.#looking })
  }

  /** The message that attaches, at first or again from where the terminal ends. */
  attachMessage(request_id: number): ClientMessage {
    // Somebody else may have sized the session for themselves long since; taking it back would be no glitch to them.
    if (this.#size && this.#lostAt !== undefined && this.#now() - this.#lostAt > CLAIM_LAPSE_MS) {
      this.#size = undefined
      this.emit('size_owner', false)
    }
    this.#sentSize = this.#size
    this.#toldLooking = this.#looking
    return {
      type: 'attach',
      request_id,
      session_id: this.session_id,
      have: this.have,
      input_stream: this.#input.stream,
      window: this.options.window ?? WINDOW_BYTES,
      ...(this.options.history_bytes === undefined ? {} : { history_bytes: this.options.history_bytes }),
      ...(this.options.catch_up_bytes === undefined ? {} : { catch_up_bytes: this.options.catch_up_bytes }),
      ...(this.options.fallback ? { fallback: { new: this.options.fallback } } : {}),
      ...(this.#readOnly ? { read_only: true } : {}),
      ...(this.#size ? { size: this.#size } : {}),
      ...(this.#looking ? {} : { present: false }),
    }
  }

  /** The host accepted; what was received but not yet applied stays in the queue, so continue from there. */
  accepted(message: HostMessageOf<'session'>): void {
    this.#handle = message.handle
    // Another session in the place of the one that is gone (fallback): nothing of the old one is meant for it.
    if (this.session && this.session.session_id !== message.session_id) this.#forgetAll()
    this.session_id = message.session_id
    this.session = message.session
    this.#announced = undefined
    // What was received before and is not yet parsed stays in the queue: the host sends from `have`, and whatever
    // lies before `#end` is dropped when it comes again. The overlap still owes an ack, or the window would not open.
    this.#owed = true
    if (!this.have && this.#outstanding === 0) this.#sink.resize(message.cols, message.rows)
    this.#input.arrived(message.input_seen)
    this.#readOnly = message.read_only
    if (this.#readOnly) this.#input.clear()
    this.#catchUpSize()
    this.#tellLooking()
    const stale = this.options.ask_stale_input ? this.#input.hold() : undefined
    if (!stale) this.#resend()
    this.emit('session', message)
    if (stale) this.emit('stale_input', stale)
  }

  /** What was asked for while the attach was under way. */
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

  /** The host refused something that this attachment asked for; it goes on, without asking again. */
  refused(error: CodedError): void {
    if (error.code === 'size_invalid' || error.code === 'bad_message') this.#size = undefined
    this.emit('error', error)
  }

  /** From now on it only looks: the session is over, what it was can still be seen. */
  becomeReadOnly(): void {
    this.#readOnly = true
    this.#size = undefined
    this.#input.clear()
  }

  get readOnly(): boolean {
    return this.#readOnly
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
    const skip = this.#end.offset - output.offset
    if (skip < 0) throw new CodedError('bad_frame', 'output is missing before this frame')
    if (skip >= output.size) return this.#overlap()
    const bytes = this.#trying(() => (output.compressed ? this.#inflate(output.bytes, output.size) : output.bytes))
    if (!bytes) return
    this.#end = { offset: output.offset + output.size, n: this.#end.n }
    this.#push({ do: 'write', bytes, skip })
  }

  /** What was announced last. */
  blob(bytes: Uint8Array): void {
    const message = this.#announced
    if (!message) throw new CodedError('bad_frame', 'a blob that nobody announced')
    this.#announced = undefined
    const { blob } = message
    if (!blob.compressed && blob.size !== bytes.length) throw new CodedError('bad_frame', 'a blob of another size')
    const raw = this.#trying(() => this.#unpack(blob, bytes))
    if (!raw) return
    if (message.type === 'keyframe') {
      // What was to be applied before is part of the state that comes now; what was to be told is told all the same.
      this.#queue = this.#queue.flatMap((item): Item[] => {
        if (item.do === 'gap') return [{ do: 'tell', tell: () => this.emit('gap', item.message) }]
        return item.do === 'tell' ? [item] : []
      })
      this.#end = { ...message.position }
      this.#push({ do: 'keyframe', message, bytes: raw })
      return
    }
    const from = this.#end
    if (message.position.offset > from.offset) throw new CodedError('bad_frame', 'output is missing before a segment')
    if (message.end.offset <= from.offset && message.end.n <= from.n) return this.#overlap()
    this.#end = { ...message.end }
    this.#push({ do: 'segment', message, bytes: raw, from })
  }

  /** Bytes that cannot be had would be missing for good: the attachment ends, its connection goes on. */
  #trying(unpack: () => Bytes): Bytes | undefined {
    try {
      return unpack()
    } catch (error) {
      this.#outlet.fail(toCoded(error))
      return undefined
    }
  }

  /** The raw bytes of a blob; the checksum is looked at when they are there. */
  #unpack(blob: Blob, bytes: Uint8Array): Bytes {
    if (!blob.compressed) return checked(blob, bytes)
    const raw = this.#inflate(bytes, blob.size)
    return raw instanceof Promise ? raw.then(inflated => checked(blob, inflated)) : checked(blob, raw)
  }

  /** Everything in it was here before; its ack is owed all the same, or the host's window would stay closed. */
  #overlap(): void {
    this.#owed = true
    this.#ackOutput()
  }

  ack(seq: number): void {
    this.#input.arrived(seq)
  }

  message(
    message: HostMessageOf<'resize' | 'size_owner' | 'keyframe' | 'segment' | 'gap' | 'caught_up' | 'title' | 'exit'>,
  ): void {
    switch (message.type) {
      case 'resize':
        if (message.n <= this.#end.n) return
        this.#end = { offset: this.#end.offset, n: message.n }
        this.#push({ do: 'resize', cols: message.cols, rows: message.rows, n: message.n })
        return
      case 'keyframe':
      case 'segment':
        this.#announced = message
        return
      case 'gap':
        this.#end = { offset: Math.max(this.#end.offset, message.to.offset), n: Math.max(this.#end.n, message.to.n) }
        this.#push({ do: 'gap', message })
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
    while (!this.#inflating) {
      const item = this.#queue[0]
      if (!item || (item.do !== 'write' && this.#outstanding > 0)) break
      if ('bytes' in item && item.bytes instanceof Promise) {
        this.#waitFor(item, item.bytes)
        break
      }
      this.#queue.shift()
      this.#apply(item)
    }
  }

  #waitFor(item: Item & { bytes: Bytes }, bytes: Promise<Uint8Array>): void {
    this.#inflating = true
    bytes.then(
      raw => {
        this.#inflating = false
        item.bytes = raw
        this.#drain()
      },
      error => this.#outlet.fail(toCoded(error)),
    )
  }

  #apply(item: Item): void {
    switch (item.do) {
      case 'write':
        return this.#write(item.skip === 0 ? ready(item.bytes) : ready(item.bytes).subarray(item.skip))
      case 'resize':
        return this.#applyResize(item)
      case 'keyframe':
        return this.#applyKeyframe(item.message, ready(item.bytes))
      case 'segment':
        return this.#applySegment(item.message, ready(item.bytes), item.from)
      case 'gap':
        this.have = { ...item.message.to }
        this.#owed = true
        this.#ackOutput()
        return this.emit('gap', item.message)
      case 'tell':
        return item.tell()
      default:
        assertNever(item)
    }
  }

  #applyResize({ cols, rows, n }: { cols: number; rows: number; n: number }): void {
    this.#sink.resize(cols, rows)
    this.have = { offset: this.have?.offset ?? 0, n }
    this.emit('size', { cols, rows })
  }

  /** Puts the segment's parts that the terminal does not have in front of the queue, writes and resizes in order. */
  #applySegment({ position, end, resizes }: HostMessageOf<'segment'>, bytes: Uint8Array, from: Position): void {
    const items: Item[] = []
    let at = Math.max(position.offset, from.offset)
    const upTo = (offset: number) => {
      if (offset <= at) return
      items.push({ do: 'write', bytes: bytes.subarray(at - position.offset, offset - position.offset), skip: 0 })
      at = offset
    }
    for (const resize of resizes) {
      upTo(resize.offset)
      if (resize.n > from.n) items.push({ do: 'resize', cols: resize.cols, rows: resize.rows, n: resize.n })
    }
    upTo(end.offset)
    this.#queue.unshift(...items)
  }

  /** `counts`: how many bytes of the log these are; the bytes of a state are none. */
  #write(bytes: Uint8Array, counts = bytes.length): void {
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

  #forgetAll(): void {
    this.have = null
    this.#end = { offset: 0, n: 0 }
    this.#queue = []
    this.#input.restart()
  }

  #resend(): void {
    if (this.#handle === undefined) return
    for (const { seq, bytes } of this.#input.waiting) this.#outlet.frames(inputFrames(this.#handle, seq, bytes))
  }
}

/** What the queue hands out has been waited for. */
function ready(bytes: Bytes): Uint8Array {
  if (bytes instanceof Promise) throw new CodedError('internal', 'bytes are applied before they are there')
  return bytes
}

function checked(blob: Blob, bytes: Uint8Array): Uint8Array {
  if (bytes.length === blob.size && crc32(bytes) === blob.checksum) return bytes
  throw new CodedError('bad_frame', 'a blob does not hold what was announced')
}
