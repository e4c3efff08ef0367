// The host's side of one client looking at one session: what it was sent, what it has acknowledged, what it types.
// Knows a source and an outlet for frames; nothing of sockets, PTYs or where history lies.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { ackFrame, blobFrames, jsonFrames, outputFrame } from '../../../protocol/frames.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { HostMessage, SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { BIRTH, type Position } from '../../../protocol/position.ts'
import type { GapReason, ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { ScreenText } from '../screen/screen-pool.ts'
import type { SessionLog } from './log.ts'
import { compressed, type OutputEntry } from './log.ts'

/** A client as others see it. */
export interface Viewer {
  readonly name: string
}

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
  /** Who looks. */
  viewer: Viewer
}

export interface AttachmentOutlet {
  send(frames: Uint8Array[]): void
  /** A fault: the attachment is to be closed, its client told. Others and the session go on. */
  failed(error: CodedError): void
}

/** Who sees what is printed, each client once however often it is attached. */
export function viewersOf(attachments: Iterable<Attachment>): string[] {
  const watchers = new Set<Viewer>()
  for (const attachment of attachments) if (attachment.showsOutput) watchers.add(attachment.options.viewer)
  return [...watchers].map(({ name }) => name)
}

/** Input that may wait for the PTY's queue; a client keeps within it because it waits for acks itself. */
const WAITING_INPUT_BYTES = 2 * INPUT_BYTES

export class Attachment {
  /** As the client says it. */
  present = true
  readonly session: AttachableSession
  readonly options: AttachmentOptions
  readonly #outlet: AttachmentOutlet
  /** Where what was sent ends, and the offset that was acknowledged last. */
  #position: Position = BIRTH
  #acked = 0
  /** The index in the log of what is sent next; undefined: to be looked up from #position. */
  #next: number | undefined
  /** A piece of history that waits for the client's window. */
  #held: ReadResult | undefined
  /** A question to the history or the screen is under way; sending goes on with its answer. */
  #asking = false
  /** Whoever was asked last did not answer. */
  #troubled = false
  /** Taking the size comes first and adds to the log, but the client knows this handle only once `session` was sent. */
  #started = false
  /** A keyframe was sent and not yet acknowledged: another one would only pile up behind it. */
  #keyframeAt: number | undefined
  /** It waited for acks (or begins): before going on, see whether it is too far behind to read what it missed. */
  #wasBlocked = true
  /** How far behind it may be; more than the budget while the history that it asked for is on its way. */
  #allowance: number
  #caughtUp = false
  #exitSent = false
  #waiting: { seq: number; bytes: Uint8Array }[] = []
  #waitingBytes = 0
  #closed = false

  constructor(source: AttachableSession, options: AttachmentOptions, outlet: AttachmentOutlet) {
    this.session = source
    this.options = options
    this.#outlet = outlet
    this.#allowance = options.budget
  }

  /** Whether what is printed is shown; who only types does not show it. */
  get showsOutput(): boolean {
    return this.options.window > 0
  }

  /** Whether somebody is before the screen that it is shown on. */
  get isSeen(): boolean {
    return this.showsOutput && this.present
  }

  /** True when what the client has is a part of this log, so that it can be continued. */
  canContinue(): boolean {
    const { have } = this.options
    const { end } = this.session.log
    return have !== null && have.offset <= end.offset && have.n <= end.n
  }

  /** Begins to send: what is missing, or a state to start from, then what comes. */
  start(): void {
    this.#started = true
    if (this.options.window === 0) this.#tellExit()
    else if (this.canContinue()) {
      this.#position = this.options.have!
      this.#acked = this.#position.offset
      this.pump()
    } else this.#ask(this.session.startingPoint(this.options.history), keyframe => this.#startAt(keyframe))
    const { handle, stream } = this.options
    if (this.session.sizeOwner === stream) this.send({ type: 'size_owner', handle, owned: true })
  }

  /** Sends as much of the log as the client's window takes. Called whenever the log or the window grew. */
  pump(): void {
    this.#safely(() => this.#sendWhatFits())
  }

  #sendWhatFits(): void {
    if (!this.#started || this.#closed || this.#asking) return
    if (this.options.window === 0) return this.#tellExit()
    const { log, screenOffset: presentOffset } = this.session
    if (this.#wasBlocked && log.end.offset - this.#position.offset > this.#allowance) {
      if (this.#keyframeAt !== undefined) return
      // The screen may be behind what the client has; then there is nothing to skip to.
      if (presentOffset > this.#position.offset)
        return this.#ask(this.session.currentKeyframe(), keyframe => this.#skipTo(keyframe))
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
    // More than was sent: parsed since the client said what it has, or before it heard of a keyframe that took it back.
    this.#acked = Math.max(this.#acked, Math.min(offset, this.#position.offset))
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
    this.flushInput()
  }

  /** Moves waiting input to the PTY's queue as far as that has room. */
  flushInput(): void {
    let highest: number | undefined
    for (let unit = this.#waiting[0]; unit; unit = this.#waiting[0]) {
      if (!this.session.writeInput(this.options.stream, unit.seq, unit.bytes)) break
      highest = unit.seq
      this.#waiting.shift()
      this.#waitingBytes -= unit.bytes.length
    }
    if (highest !== undefined) this.#outlet.send([ackFrame(this.options.handle, highest)])
  }

  send(message: HostMessage): void {
    if (this.#started && !this.#closed) this.#message(message)
  }

  /** What it looks at is gone. */
  fail(error: CodedError): void {
    this.close()
    this.#outlet.failed(error)
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
    this.#outlet.send([
      outputFrame({
        handle,
        offset: entry.offset + skip,
        size: raw.length,
        bytes: small ?? raw,
        compressed: small !== undefined,
        is_prompt: false,
      }),
    ])
  }

  /** Waits for an answer with the log in memory held, then goes on. */
  #ask<T>(question: Promise<T>, then: (answer: T) => void): void {
    this.#asking = true
    const release = this.session.retainLog()
    const done = (go: () => void) => {
      this.#asking = false
      if (!this.#closed) this.#safely(go)
      release()
    }
    question.then(
      answer => done(() => then(answer)),
      error => done(() => this.#tellTrouble(toCoded(error))),
    )
  }

  /** The history or the screen did not answer: what the other has, or memory, is better than nothing. */
  #tellTrouble({ code, message }: CodedError): void {
    this.#message({ type: 'error', handle: this.options.handle, code, message })
    if (this.#troubled) return this.#goOnFrom(this.session.log.start, 'damaged')
    this.#troubled = true
    this.#ask(this.session.currentKeyframe(), keyframe => this.#startAt(keyframe))
  }

  #safely(go: () => void): void {
    try {
      go()
    } catch (error) {
      this.close()
      this.#outlet.failed(toCoded(error))
    }
  }

  #startAt(keyframe: StoredKeyframe | undefined): void {
    // No state to start from: the log from where memory has it is the best there is.
    if (!keyframe) return this.#goOnFrom(this.session.log.start, 'unrecorded')
    this.#sendKeyframe(keyframe)
    this.#allowance = this.session.log.end.offset - keyframe.position.offset + this.options.budget
    this.pump()
  }

  /** Names the hole and goes on behind it, on whatever the terminal shows: there is no state to put there. */
  #goOnFrom(to: Position, reason: GapReason): void {
    this.#message({ type: 'gap', handle: this.options.handle, from: this.#position, to, reason })
    this.#position = to
    this.#acked = Math.max(this.#acked, to.offset)
    this.#next = undefined
    this.#allowance = Number.POSITIVE_INFINITY
    this.pump()
  }

  /** For a hole in the history: a state behind it if there is one, else the log behind it as it is. */
  #jumpOver(to: Position, reason: GapReason): void {
    const from = this.#position
    if (this.session.screenOffset < to.offset) return this.#goOnFrom(to, reason)
    this.#ask(this.session.currentKeyframe(), present => {
      if (!present || present.position.offset < to.offset) return this.#goOnFrom(to, reason)
      this.#message({ type: 'gap', handle: this.options.handle, from, to: present.position, reason })
      this.#startAt(present)
    })
  }

  #skipTo(keyframe: StoredKeyframe | undefined): void {
    if (keyframe && keyframe.position.offset > this.#position.offset) {
      const from = this.#position
      this.#message({ type: 'gap', handle: this.options.handle, from, to: keyframe.position, reason: 'skipped' })
      this.#sendKeyframe(keyframe)
    } else this.#allowance = Number.POSITIVE_INFINITY // there is no later state: everything has to be read
    this.pump()
  }

  #sendKeyframe({ position, cols, rows, size, checksum, blob }: StoredKeyframe): void {
    const { handle } = this.options
    this.#message({ type: 'keyframe', handle, position, cols, rows, blob: { size, checksum, compressed: true } })
    this.#outlet.send(blobFrames(handle, blob))
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
    else this.#ask(this.session.read(this.#position), piece => this.#sendPiece(piece))
  }

  #sendPiece(piece: ReadResult): void {
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
        this.#outlet.send(blobFrames(handle, piece.blob))
        this.#position = end
        return this.pump()
      }
      case 'gap': {
        const { from, to, reason, keyframe } = piece
        if (!keyframe) return this.#jumpOver(to, reason)
        this.#message({ type: 'gap', handle, from, to, reason })
        this.#sendKeyframe(keyframe)
        return this.pump()
      }
      case 'end': {
        // Neither memory nor history has what comes next.
        const { start } = this.session.log
        if (this.#position.offset >= start.offset && this.#position.n >= start.n) return
        return this.#jumpOver(start, 'unrecorded')
      }
      default:
        assertNever(piece)
    }
  }

  #tellExit(): void {
    const { state, exit_code, signal } = this.session
    if (this.#exitSent || state === 'running') return
    this.#exitSent = true
    this.#message({ type: 'exit', handle: this.options.handle, state, exit_code, signal })
  }

  #message(message: HostMessage): void {
    this.#outlet.send(jsonFrames(message))
  }
}

export interface AttachableSession {
  readonly session_id: string
  readonly created_at: number
  /** The end of its log, in memory; what is before lies in the history. */
  readonly log: SessionLog
  readonly state: SessionState
  readonly exit_code: number | null
  readonly signal: string | null
  readonly size: Size
  readonly attachments: ReadonlySet<Attachment>
  info(): SessionInfo
  /** Lets a client in. Throws `session_busy`. */
  attach(attachment: Attachment): void
  detach(attachment: Attachment, left: 'detached' | 'lost'): void
  /** Where somebody begins who wants this much history before the present; undefined: nothing is known. */
  startingPoint(history: number): Promise<StoredKeyframe | undefined>
  /** How far the state that `present` gives has come. */
  readonly screenOffset: number
  /** The state as it is now, or as near to now as there is one. */
  currentKeyframe(): Promise<StoredKeyframe | undefined>
  /** Recorded output from a position that the log in memory no longer has. */
  read(position: Position): Promise<ReadResult>
  /** Keeps the log in memory from `presentOffset` on, until the returned function is called. */
  retainLog(): () => void
  /** The highest number that this stream's input has reached. */
  lastInputSeq(stream: string): number
  /** Queues one unit of input, once. False: no room now, ask again when told. */
  writeInput(stream: string, seq: number, bytes: Uint8Array): boolean
  /** Whether somebody is before that client's screen. */
  setPresent(attachment: Attachment, looking: boolean): void
  /** Throws `size_invalid`. */
  claimSize(attachment: Attachment, size: Size): void
  releaseSize(attachment: Attachment): void
  /** The stream that owns the size; undefined: nobody claims it. */
  readonly sizeOwner: string | undefined
  rename(title: string): void
  /** The present screen as plain text. */
  text(): Promise<ScreenText>
}
