// The host's side of one client looking at one session: what it was sent, what it has acknowledged, what it types.
// Knows a source and an outlet for frames; nothing of sockets, PTYs or where history lies.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { ackFrame, blobFrames, jsonFrames, outputFrame } from '../../../protocol/frames.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import { BIRTH, type Position } from '../../../protocol/position.ts'
import type { Piece, StoredKeyframe } from '../history/types.ts'
import { compressed, type OutputEntry } from './log.ts'
import type { Source } from './source.ts'

export interface AttachmentOptions {
  handle: number
  /** Where the client's terminal ends; null: it has nothing. */
  have: Position | null
  /** Most unacknowledged output bytes; 0: the client wants no output. */
  window: number
  /** Raw output before the present that a client with nothing wants to have. */
  history: number
  /** Missed raw output that the client would rather read than be skipped to the present screen. */
  budget: number
  read_only: boolean
  /** Names the client and its numbering, the same across its reconnects. */
  stream: string
  /** Compressing pays on a network, not on a local socket. */
  compress: boolean
  /** Sizes of local clients stay when they leave (see SizeClaims). */
  size_stays: boolean
}

/** Input that may wait for the PTY's queue; a client keeps within it because it waits for acks itself. */
const WAITING_INPUT_BYTES = 2 * INPUT_BYTES

export class Attachment {
  readonly source: Source
  readonly options: AttachmentOptions
  readonly #send: (frames: Uint8Array[]) => void
  /** Where what was sent ends, and the offset that was acknowledged last. */
  #position: Position = BIRTH
  #acked = 0
  /** The index in the log of what is sent next; undefined: to be looked up from #position. */
  #next: number | undefined
  /** A piece of history that waits for the client's window. */
  #held: Piece | undefined
  /** A question to the history or the screen is under way; sending goes on with its answer. */
  #asking = false
  /** Taking the size comes first and adds to the log, but the client knows this handle only once `session` was sent. */
  #started = false
  /** A keyframe was sent and not yet acknowledged: another one would only pile up behind it. */
  #keyframeAt: number | undefined
  /** It waited for acks (or begins): before going on, see whether it is too far behind to read what it missed. */
  #wasBlocked = true
  /** How far behind it may be; more than the budget while the history that it asked for is on its way. */
  #allowance: number
  #caughtUp = false
  #liveFrom = 0
  #exitSent = false
  #waiting: { seq: number; bytes: Uint8Array }[] = []
  #waitingBytes = 0
  #closed = false

  constructor(source: Source, options: AttachmentOptions, send: (frames: Uint8Array[]) => void) {
    this.source = source
    this.options = options
    this.#send = send
    this.#allowance = options.budget
  }

  /** True when what the client has is a part of this log, so that it can be continued. */
  canContinue(): boolean {
    const { have } = this.options
    const { end } = this.source.log
    return have !== null && have.offset <= end.offset && have.n <= end.n
  }

  /** Begins to send: what is missing, or a state to start from, then what comes. */
  start(): void {
    this.#started = true
    this.#liveFrom = this.source.log.end.offset
    if (this.options.window === 0) this.#tellExit()
    else if (this.canContinue()) {
      this.#position = this.options.have!
      this.#acked = this.#position.offset
      this.pump()
    } else this.#ask(this.source.startingPoint(this.options.history), keyframe => this.#startAt(keyframe))
  }

  /** Sends as much of the log as the client's window takes. Called whenever the log or the window grew. */
  pump(): void {
    if (!this.#started || this.#closed || this.#asking) return
    if (this.options.window === 0) return this.#tellExit()
    const { log, presentOffset } = this.source
    if (this.#wasBlocked && log.end.offset - this.#position.offset > this.#allowance) {
      if (this.#keyframeAt !== undefined) return
      // The screen may be behind what the client has; then there is nothing to skip to.
      if (presentOffset > this.#position.offset)
        return this.#ask(this.source.present(), keyframe => this.#skipTo(keyframe))
    }
    for (;;) {
      if (this.#next === undefined || !log.has(this.#next)) this.#next = log.find(this.#position)
      if (this.#next === undefined) return this.#replay()
      const entry = log.at(this.#next)
      if (!entry) break
      if (entry.kind === 'resize') {
        const { offset, n, cols, rows } = entry
        this.#message({ type: 'resize', handle: this.options.handle, offset, n, cols, rows })
        this.#position = { offset: this.#position.offset, n }
      } else {
        const end = entry.offset + entry.bytes.length
        if (!this.#hasRoom(end)) return
        this.#sendOutput(entry)
        this.#position = { offset: end, n: this.#position.n }
      }
      this.#next++
    }
    this.#wasBlocked = false
    this.#allowance = this.options.budget
    if (!this.#caughtUp) {
      this.#caughtUp = true
      this.#message({ type: 'caught_up', handle: this.options.handle, position: log.end })
    }
    this.#tellExit()
  }

  /** The client's terminal has parsed output up to `offset`. */
  ack(offset: number): void {
    // Sent before it heard of the keyframe that took it back.
    if (offset > this.#position.offset && this.#keyframeAt !== undefined) return
    if (offset > this.#position.offset) throw new CodedError('bad_frame', 'an ack for output that was not sent')
    if (offset > this.#acked) this.#acked = offset
    if (this.#keyframeAt !== undefined && offset >= this.#keyframeAt) this.#keyframeAt = undefined
    this.pump()
  }

  /** One unit of input. What this client's stream has sent before is acknowledged and dropped. */
  input(seq: number, bytes: Uint8Array): void {
    if (this.options.read_only) throw new CodedError('read_only', 'this attachment may not type')
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > WAITING_INPUT_BYTES)
      throw new CodedError('input_full', 'more input was sent than may wait for the program to read it')
    this.#waiting.push({ seq, bytes })
    this.takeInput()
  }

  /** Moves waiting input to the PTY's queue as far as that has room. */
  takeInput(): void {
    let highest: number | undefined
    for (let unit = this.#waiting[0]; unit; unit = this.#waiting[0]) {
      if (!this.source.takeInput(this.options.stream, unit.seq, unit.bytes)) break
      highest = unit.seq
      this.#waiting.shift()
      this.#waitingBytes -= unit.bytes.length
    }
    if (highest !== undefined) this.#send([ackFrame(this.options.handle, highest)])
  }

  tell(message: HostMessage): void {
    if (this.#started && !this.#closed) this.#message(message)
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#held = undefined
  }

  /** One batch or piece is always allowed, or a window smaller than that would never open. */
  #hasRoom(end: number): boolean {
    if (this.#position.offset <= this.#acked || end - this.#acked <= this.options.window) return true
    this.#wasBlocked = true
    return false
  }

  #sendOutput(entry: OutputEntry): void {
    const { handle, compress } = this.options
    const skip = this.#position.offset - entry.offset
    const small = compress && skip === 0 ? compressed(entry) : undefined
    const raw = skip === 0 ? entry.bytes : entry.bytes.subarray(skip)
    this.#send([
      outputFrame({
        handle,
        offset: entry.offset + skip,
        size: raw.length,
        bytes: small ?? raw,
        compressed: small !== undefined,
        is_replay: entry.offset < this.#liveFrom,
        is_prompt: false,
      }),
    ])
  }

  /** Waits for an answer with the log in memory held, then goes on. */
  #ask<T>(question: Promise<T>, then: (answer: T) => void): void {
    this.#asking = true
    const release = this.source.keep()
    const done = (go: () => void) => {
      this.#asking = false
      if (!this.#closed) go()
      release()
    }
    question.then(
      answer => done(() => then(answer)),
      error =>
        done(() => {
          const { code, message } = toCoded(error)
          this.#message({ type: 'error', handle: this.options.handle, code, message })
          this.#startAt(undefined)
        }),
    )
  }

  #startAt(keyframe: StoredKeyframe | undefined): void {
    if (keyframe) {
      this.#sendKeyframe(keyframe)
      this.#allowance = this.source.log.end.offset - keyframe.position.offset + this.options.budget
    } else {
      // No state to start from: the log from where memory has it is the best there is.
      this.#position = this.source.log.start
      this.#acked = this.#position.offset
      this.#allowance = Number.POSITIVE_INFINITY
    }
    this.pump()
  }

  #skipTo(keyframe: StoredKeyframe | undefined): void {
    if (keyframe && keyframe.position.offset > this.#position.offset) {
      const from = this.#position
      this.#message({ type: 'missing', handle: this.options.handle, from, to: keyframe.position, reason: 'skipped' })
      this.#sendKeyframe(keyframe)
    } else this.#allowance = Number.POSITIVE_INFINITY // there is no later state: everything has to be read
    this.pump()
  }

  #sendKeyframe({ position, cols, rows, size, checksum, blob }: StoredKeyframe): void {
    const { handle } = this.options
    this.#message({ type: 'keyframe', handle, position, cols, rows, blob: { size, checksum, compressed: true } })
    this.#send(blobFrames(handle, blob))
    this.#position = position
    this.#acked = position.offset
    this.#next = undefined
    this.#held = undefined
    this.#keyframeAt = position.offset
    this.#wasBlocked = true
  }

  /** Goes on with what memory no longer has. */
  #replay(): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#sendPiece(held)
    else this.#ask(this.source.read(this.#position), piece => this.#sendPiece(piece))
  }

  #sendPiece(piece: Piece): void {
    const { handle } = this.options
    switch (piece.kind) {
      case 'segment': {
        if (!this.#hasRoom(piece.end.offset)) {
          this.#held = piece
          return
        }
        const { position, end, size, checksum, resizes } = piece
        const blob = { size, checksum, compressed: piece.compressed }
        this.#message({ type: 'segment', handle, position, end, blob, resizes })
        this.#send(blobFrames(handle, piece.blob))
        this.#position = end
        return this.pump()
      }
      case 'lost': {
        const { from, to, reason, keyframe } = piece
        this.#message({ type: 'missing', handle, from, to, reason })
        if (keyframe) this.#sendKeyframe(keyframe)
        else return this.#ask(this.source.present(), present => this.#startAt(present))
        return this.pump()
      }
      case 'end': {
        // Neither memory nor history has what comes next.
        const { start } = this.source.log
        if (this.#position.offset >= start.offset && this.#position.n >= start.n) return
        this.#message({ type: 'missing', handle, from: this.#position, to: start, reason: 'unrecorded' })
        return this.#ask(this.source.present(), present => this.#startAt(present))
      }
      default:
        assertNever(piece)
    }
  }

  #tellExit(): void {
    const { state, exit_code, signal } = this.source
    if (this.#exitSent || state === 'running') return
    this.#exitSent = true
    this.#message({ type: 'exit', handle: this.options.handle, state, exit_code, signal })
  }

  #message(message: HostMessage): void {
    this.#send(jsonFrames(message))
  }
}
