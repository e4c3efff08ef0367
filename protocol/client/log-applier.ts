// Applies a session's log to a terminal in order: output, segments, keyframes, resizes and gaps, each once, and acknowledges
// what the terminal has parsed. Bytes come from wherever the host continues; what the terminal has is skipped.
import { crc32 } from '../checksum.ts'
import { assertNever, CodedError, toCoded } from '../errors.ts'
import type { Output } from '../frames.ts'
import type { Blob, HostMessageOf } from '../messages.ts'
import type { Position } from '../position.ts'

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
 * Turns one zstd frame into `size` bytes; throws or rejects when it does not contain exactly that. May take its time for
 * long input: the caller keeps the order.
 */
export type Inflate = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>

export interface LogHandlers {
  /** Sends an ack: the terminal has parsed output up to `offset`. Returns false while there is no channel. */
  ack(offset: number): boolean
  /** Bytes cannot be unpacked, so they would be missing for good. */
  fail(error: CodedError): void
  /** The following are called in the log's order, when the terminal has parsed everything before. */
  size(size: { cols: number; rows: number }): void
  keyframe(position: Position): void
  gap(message: HostMessageOf<'gap'>): void
}

/** Bytes, or a promise while they are inflated. */
type Bytes = Uint8Array | Promise<Uint8Array>

type Item =
  /** `skip`: how many of its first bytes the terminal has already. */
  | { do: 'write'; bytes: Bytes; skip: number }
  | { do: 'resize'; cols: number; rows: number; n: number }
  | { do: 'keyframe'; message: HostMessageOf<'keyframe'>; bytes: Bytes }
  /** `from`: the end of what was received before it. */
  | { do: 'segment'; message: HostMessageOf<'segment'>; bytes: Bytes; from: Position }
  /** An extent of the log that will not be sent: the terminal's end moves past it. */
  | { do: 'gap'; message: HostMessageOf<'gap'> }
  /** Nothing to write, and an ack as if there were. */
  | { do: 'cover' }
  | { do: 'call'; call: () => void }

export class LogApplier {
  /** Where the terminal ends: bytes whose write callback ran, resizes that were applied. Null: it is empty. */
  have: Position | null
  readonly #sink: TerminalSink
  readonly #inflate: Inflate
  readonly #window: number
  readonly #handlers: LogHandlers
  /** The end of what was received, applied or not. */
  #end: Position = { offset: 0, n: 0 }
  #queue: Item[] = []
  /** Writes whose callback has not run yet. */
  #unparsed = 0
  #inflating = false
  #acked = 0
  /** The host waits for an ack even though the offset has not moved. */
  #ackDue = false
  /** Announced, its blob not here yet. */
  #announced: HostMessageOf<'keyframe' | 'segment'> | undefined

  /** `window`: unacknowledged bytes that the host sends at most. */
  constructor(
    { sink, have, inflate, window }: { sink: TerminalSink; have: Position | null; inflate: Inflate; window: number },
    handlers: LogHandlers,
  ) {
    this.#sink = sink
    this.have = have
    this.#inflate = inflate
    this.#window = window
    this.#handlers = handlers
  }

  /** The host goes on from `have` on a new channel; `size` is the session's. */
  resume(size: { cols: number; rows: number }): void {
    this.#announced = undefined
    // What was received before and is not parsed yet stays in the queue: the host sends from `have`, and whatever is before
    // `#end` is dropped when it comes again. The overlap still needs an ack, or the window would not open.
    this.#ackDue = true
    if (!this.have && this.#unparsed === 0) this.#sink.resize(size.cols, size.rows)
  }

  /** Another session takes this one's place. */
  restart(): void {
    this.have = null
    this.#end = { offset: 0, n: 0 }
    this.#queue = []
  }

  /** Nothing more is applied. */
  stop(): void {
    this.#queue = []
  }

  output(output: Output): void {
    const skip = this.#end.offset - output.offset
    if (skip < 0) throw new CodedError('bad_frame', 'output is missing before this frame')
    if (skip >= output.size) return this.#ackOverlap()
    const bytes = this.#unpacked(() => (output.compressed ? this.#inflate(output.bytes, output.size) : output.bytes))
    if (!bytes) return
    this.#end = { offset: output.offset + output.size, n: this.#end.n }
    this.#push({ do: 'write', bytes, skip })
  }

  /** Stands in for output: it is acknowledged in the same way, after the same time. */
  cover(): void {
    if (this.have) this.#push({ do: 'cover' })
  }

  /** Its blob follows. */
  announce(message: HostMessageOf<'keyframe' | 'segment'>): void {
    this.#announced = message
  }

  /** The blob that was announced last. */
  blob(bytes: Uint8Array): void {
    const message = this.#announced
    if (!message) throw new CodedError('bad_frame', 'a blob was not announced')
    this.#announced = undefined
    const { blob } = message
    if (!blob.compressed && blob.size !== bytes.length) throw new CodedError('bad_frame', 'a blob has the wrong size')
    const raw = this.#unpacked(() => this.#unpackBlob(blob, bytes))
    if (!raw) return
    if (message.type === 'keyframe') {
      // The new state contains everything that was queued; queued events are still reported.
      this.#queue = this.#queue.flatMap((item): Item[] => {
        if (item.do === 'gap') return [{ do: 'call', call: () => this.#handlers.gap(item.message) }]
        return item.do === 'call' ? [item] : []
      })
      this.#end = { ...message.position }
      this.#push({ do: 'keyframe', message, bytes: raw })
      return
    }
    const from = this.#end
    if (message.position.offset > from.offset) throw new CodedError('bad_frame', 'output is missing before a segment')
    if (message.end.offset <= from.offset && message.end.n <= from.n) return this.#ackOverlap()
    this.#end = { ...message.end }
    this.#push({ do: 'segment', message, bytes: raw, from })
  }

  resize({ cols, rows, n }: HostMessageOf<'resize'>): void {
    if (n <= this.#end.n) return
    this.#end = { offset: this.#end.offset, n }
    this.#push({ do: 'resize', cols, rows, n })
  }

  gap(message: HostMessageOf<'gap'>): void {
    const { to } = message
    this.#end = { offset: Math.max(this.#end.offset, to.offset), n: Math.max(this.#end.n, to.n) }
    this.#push({ do: 'gap', message })
  }

  /** Calls `call` when everything received before it has been parsed. */
  afterParsed(call: () => void): void {
    this.#push({ do: 'call', call })
  }

  #unpacked(unpack: () => Bytes): Bytes | undefined {
    try {
      return unpack()
    } catch (error) {
      this.#handlers.fail(toCoded(error))
      return undefined
    }
  }

  /** The raw bytes of a blob, checked against its checksum. */
  #unpackBlob(blob: Blob, bytes: Uint8Array): Bytes {
    if (!blob.compressed) return checked(blob, bytes)
    const raw = this.#inflate(bytes, blob.size)
    return raw instanceof Promise ? raw.then(inflated => checked(blob, inflated)) : checked(blob, raw)
  }

  /** The terminal has all of it; without an ack the host's window would stay closed. */
  #ackOverlap(): void {
    this.#ackDue = true
    this.#ack()
  }

  #push(item: Item): void {
    this.#queue.push(item)
    this.#drain()
  }

  /** Writes go on at once; everything else waits until everything written before has been parsed. */
  #drain(): void {
    while (!this.#inflating) {
      const item = this.#queue[0]
      if (!item || (item.do !== 'write' && this.#unparsed > 0)) break
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
      error => this.#handlers.fail(toCoded(error)),
    )
  }

  #apply(item: Item): void {
    switch (item.do) {
      case 'write':
        return this.#write(item.skip === 0 ? inflated(item.bytes) : inflated(item.bytes).subarray(item.skip))
      case 'resize':
        return this.#applyResize(item)
      case 'keyframe':
        return this.#applyKeyframe(item.message, inflated(item.bytes))
      case 'segment':
        return this.#applySegment(item.message, inflated(item.bytes), item.from)
      case 'gap':
        this.have = { ...item.message.to }
        this.#ackDue = true
        this.#ack()
        return this.#handlers.gap(item.message)
      case 'cover':
        return this.#write(new Uint8Array(0), 0, true)
      case 'call':
        return item.call()
      default:
        assertNever(item)
    }
  }

  #applyResize({ cols, rows, n }: { cols: number; rows: number; n: number }): void {
    this.#sink.resize(cols, rows)
    this.have = { offset: this.have?.offset ?? 0, n }
    this.#handlers.size({ cols, rows })
  }

  /** Puts what the terminal does not have of a segment at the front of the queue, writes and resizes in order. */
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

  #applyKeyframe(message: HostMessageOf<'keyframe'>, bytes: Uint8Array): void {
    this.#sink.reset(message.cols, message.rows)
    this.have = { ...message.position }
    this.#ackDue = true
    this.#handlers.size({ cols: message.cols, rows: message.rows })
    this.#handlers.keyframe(message.position)
    this.#write(bytes, 0)
  }

  /** `logBytes`: how many bytes of the log these are; a keyframe's are none. `ackDue`: they are acknowledged in any case. */
  #write(bytes: Uint8Array, logBytes = bytes.length, ackDue = false): void {
    this.#unparsed++
    this.#sink.write(bytes, () => {
      this.have = { offset: (this.have?.offset ?? 0) + logBytes, n: this.have?.n ?? 0 }
      this.#unparsed--
      this.#ackDue ||= ackDue
      this.#ack()
      if (this.#unparsed === 0) this.#drain()
    })
  }

  /** Often enough that the host never waits for it, rarely enough that a flood is not answered frame by frame. */
  #ack(): void {
    const offset = this.have?.offset ?? 0
    if (!this.#ackDue && (offset === this.#acked || (this.#unparsed > 0 && offset - this.#acked < this.#window / 4)))
      return
    if (!this.#handlers.ack(offset)) return
    this.#ackDue = false
    this.#acked = offset
  }
}

/** The queue has waited for what it hands out. */
function inflated(bytes: Bytes): Uint8Array {
  if (bytes instanceof Promise) throw new CodedError('internal', 'bytes are applied before they are inflated')
  return bytes
}

function checked(blob: Blob, bytes: Uint8Array): Uint8Array {
  if (bytes.length === blob.size && crc32(bytes) === blob.checksum) return bytes
  throw new CodedError('bad_frame', 'a blob does not match its announcement')
}
