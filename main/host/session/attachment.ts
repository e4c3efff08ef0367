// One client attached to one session: what it was sent, what it has acknowledged, and its input on the way to the PTY.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { ackFrame, blobFrames, coverFrame, jsonFrames, outputFrame } from '../../../protocol/frames.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import { comparePositions, LOG_START, type Position } from '../../../protocol/position.ts'
import type { GapReason, ReadResult, StoredKeyframe } from '../recording/types.ts'
import type { AttachableSession, AttachedClient, Viewer } from './attachable.ts'
import { EchoCover } from './echo-cover.ts'
import { compressed, type OutputEntry } from './log.ts'

export interface AttachmentOptions {
  /** The attachment's number on its connection. */
  handle: number
  /** Where the client's terminal ends; null: it has nothing. */
  have: Position | null
  /** Maximum of unacknowledged output bytes; 0: the client wants no output. */
  window: number
  /** Bytes of output before the current screen that a client with nothing wants to replay. */
  history: number
  /** Bytes of output that a client which is behind reads; further behind, it skips to the current screen. */
  budget: number
  read_only: boolean
  /** What is displayed here counts as seen; not on a read-only device, which changes nothing for others. */
  marks_seen: boolean
  /** Names the client and the numbering of its input, the same across its reconnects. */
  stream: string
  /** The device's ID, or `local`: its input is dropped when the device is revoked. */
  peer: string
  /** It is on a network: output is compressed where that pays, and what a listener sees does not tell what is echoed. */
  is_remote: boolean
  /** The size of a local client stays when the client leaves (see SizeClaims). */
  size_stays: boolean
  viewer: Viewer
}

export interface AttachmentOutlet {
  send(frames: Uint8Array[]): void
  /** Whether more output may be sent. If not, `pump` is called when it may. */
  hasRoom(): boolean
  /** A fault: the outlet detaches the attachment and tells its client. The session and its other clients go on. */
  failed(error: CodedError): void
}

/** Input that may wait for the PTY's queue; a client stays within it because it waits for acks. */
const WAITING_INPUT_BYTES = 2 * INPUT_BYTES

export class Attachment implements AttachedClient {
  /** A person is at the client's screen, as the client says. */
  present = true
  /** The session is before a person, as the client says. */
  focused = true
  readonly session: AttachableSession
  readonly options: AttachmentOptions
  readonly #outlet: AttachmentOutlet
  readonly #echoCover: EchoCover | undefined
  /** The end of what was sent, and the offset that was acknowledged last. */
  #position: Position = LOG_START
  #acked = 0
  /** The index in the log of the next entry to send; undefined: to be looked up from #position. */
  #next: number | undefined
  /** A recorded segment that waits for the client's window. */
  #held: ReadResult | undefined
  /** The history or the screen is working on a request; sending continues with its reply. */
  #waitsForReply = false
  /** The last such request failed. */
  #requestFailed = false
  /** Claiming the size comes first and adds to the log, but the client knows this handle only after `session` was sent. */
  #started = false
  /** The offset of a keyframe that was sent and not yet acknowledged: another one would only pile up behind it. */
  #keyframeAt: number | undefined
  /** It waited for acks, or starts: before it continues, check whether it is too far behind to read what it missed. */
  #wasBlocked = true
  /** How far behind it may be: more than the budget while the history that it requested is being sent. */
  #allowance: number
  #caughtUp = false
  #exitSent = false
  #waiting: { seq: number; bytes: Uint8Array }[] = []
  #waitingBytes = 0
  #closed = false

  constructor(session: AttachableSession, options: AttachmentOptions, outlet: AttachmentOutlet) {
    this.session = session
    this.options = options
    this.#outlet = outlet
    this.#allowance = options.budget
    if (options.is_remote && options.window > 0)
      this.#echoCover = new EchoCover(() => this.#outlet.send([coverFrame(options.handle)]))
  }

  /** The client displays output; one that only types does not. */
  get showsOutput(): boolean {
    return this.options.window > 0
  }

  /** A person is at the screen that displays the output. */
  get isDisplayed(): boolean {
    return this.showsOutput && this.present
  }

  get isSeen(): boolean {
    return this.isDisplayed && this.options.marks_seen
  }

  /** What the client has is a prefix of this log, so output can continue from there. */
  canContinue(): boolean {
    const { have } = this.options
    const { end } = this.session.log
    return have !== null && have.offset <= end.offset && have.n <= end.n
  }

  /** Starts sending: what the client misses, or a keyframe to start from, then live output. */
  start(): void {
    this.#started = true
    if (this.options.window === 0) this.#sendExit()
    else if (this.canContinue()) {
      this.#position = this.options.have!
      this.#acked = this.#position.offset
      this.pump()
    } else this.#waitFor(this.session.startingPoint(this.options.history), keyframe => this.#startAt(keyframe))
    const { handle, stream } = this.options
    if (this.session.sizeOwner === stream) this.send({ type: 'size_owner', handle, owned: true })
  }

  /** Sends as much of the log as the client's window takes. Call whenever the log or the window grew. */
  pump(): void {
    this.#safely(() => this.#sendWhatFits())
  }

  #sendWhatFits(): void {
    if (!this.#started || this.#closed || this.#waitsForReply) return
    if (this.options.window === 0) return this.#sendExit()
    if (!this.#outlet.hasRoom()) {
      this.#wasBlocked = true
      return
    }
    const { log, screenOffset } = this.session
    if (this.#wasBlocked && log.end.offset - this.#position.offset > this.#allowance) {
      if (this.#keyframeAt !== undefined) return
      // The screen may be behind the client; then there is nothing to skip to.
      if (screenOffset > this.#position.offset)
        return this.#waitFor(this.session.currentKeyframe(), keyframe => this.#skipTo(keyframe))
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
      this.#message({ type: 'caught_up', handle: this.options.handle })
    }
    this.#sendExit()
  }

  /** The client's terminal has parsed output up to `offset`. */
  ack(offset: number): void {
    // More than was sent: parsed since the client sent `have`, or before it received a keyframe that took it back.
    this.#acked = Math.max(this.#acked, Math.min(offset, this.#position.offset))
    if (this.#keyframeAt !== undefined && offset >= this.#keyframeAt) this.#keyframeAt = undefined
    this.pump()
  }

  /** One unit of input. A unit that this client's stream has sent before is acknowledged and dropped. Throws `input_full`. */
  input(seq: number, bytes: Uint8Array): void {
    if (this.options.read_only) throw new CodedError('read_only', 'this attachment may not type')
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > WAITING_INPUT_BYTES)
      throw new CodedError('input_full', 'the program is not reading its input, and the input buffer is full')
    this.#waiting.push({ seq, bytes })
    this.flushInput()
  }

  /** Moves waiting input to the PTY's queue, as far as the queue has room. */
  flushInput(): void {
    const { stream, peer } = this.options
    let highest: number | undefined
    for (let unit = this.#waiting[0]; unit; unit = this.#waiting[0]) {
      if (!this.session.writeInput(stream, unit.seq, unit.bytes, peer)) break
      highest = unit.seq
      this.#waiting.shift()
      this.#waitingBytes -= unit.bytes.length
    }
    if (highest === undefined) return
    this.#outlet.send([ackFrame(this.options.handle, highest)])
    this.#echoCover?.typed()
  }

  send(message: HostMessage): void {
    if (this.#started && !this.#closed) this.#message(message)
  }

  /** Its session is gone. */
  fail(error: CodedError): void {
    this.close()
    this.#outlet.failed(error)
  }

  close(): void {
    this.#closed = true
    this.#echoCover?.close()
    this.#waiting = []
    this.#held = undefined
  }

  /** One batch or segment is always allowed; otherwise a smaller window would never open. */
  #hasRoom(end: number): boolean {
    const isInWindow = this.#position.offset <= this.#acked || end - this.#acked <= this.options.window
    if (isInWindow && this.#outlet.hasRoom()) return true
    this.#wasBlocked = true
    return false
  }

  #sendOutput(entry: OutputEntry): void {
    this.#echoCover?.printed()
    const { handle, is_remote } = this.options
    const skip = this.#position.offset - entry.offset
    const small = is_remote && skip === 0 ? compressed(entry) : undefined
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

  /** Retains the log in memory until the reply is there, then continues. */
  #waitFor<T>(reply: Promise<T>, then: (value: T) => void): void {
    this.#waitsForReply = true
    const release = this.session.retainLog()
    const done = (proceed: () => void) => {
      this.#waitsForReply = false
      if (!this.#closed) this.#safely(proceed)
      release()
    }
    reply.then(
      value => done(() => then(value)),
      error => done(() => this.#handleFailure(toCoded(error))),
    )
  }

  /** The history or the screen failed: continues with the other one's keyframe, or with what memory has. */
  #handleFailure({ code, message }: CodedError): void {
    this.#message({ type: 'error', handle: this.options.handle, code, message })
    if (this.#requestFailed) return this.#continueAfterGap(this.session.log.start, 'damaged')
    this.#requestFailed = true
    this.#waitFor(this.session.currentKeyframe(), keyframe => this.#startAt(keyframe))
  }

  #safely(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.close()
      this.#outlet.failed(toCoded(error))
    }
  }

  #startAt(keyframe: StoredKeyframe | undefined): void {
    // There is no keyframe to start from: the best left is the log in memory.
    if (!keyframe) return this.#continueAfterGap(this.session.log.start, 'unrecorded')
    this.#sendKeyframe(keyframe)
    this.#allowance = this.session.log.end.offset - keyframe.position.offset + this.options.budget
    this.pump()
  }

  /** Reports a gap and continues after it without a keyframe, on whatever the client's terminal shows. */
  #continueAfterGap(to: Position, reason: GapReason): void {
    this.#message({ type: 'gap', handle: this.options.handle, from: this.#position, to, reason })
    this.#position = to
    this.#acked = Math.max(this.#acked, to.offset)
    this.#next = undefined
    this.#allowance = Number.POSITIVE_INFINITY
    this.pump()
  }

  /** For a gap in the history: continues with a keyframe after it if there is one, otherwise with the log after it. */
  #skipGap(to: Position, reason: GapReason): void {
    const from = this.#position
    if (this.session.screenOffset < to.offset) return this.#continueAfterGap(to, reason)
    this.#waitFor(this.session.currentKeyframe(), keyframe => {
      if (!keyframe || keyframe.position.offset < to.offset) return this.#continueAfterGap(to, reason)
      this.#message({ type: 'gap', handle: this.options.handle, from, to: keyframe.position, reason })
      this.#startAt(keyframe)
    })
  }

  #skipTo(keyframe: StoredKeyframe | undefined): void {
    if (keyframe && keyframe.position.offset > this.#position.offset) {
      const from = this.#position
      this.#message({ type: 'gap', handle: this.options.handle, from, to: keyframe.position, reason: 'skipped' })
      this.#sendKeyframe(keyframe)
    } else this.#allowance = Number.POSITIVE_INFINITY // there is no later keyframe: everything has to be read
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

  /** Sends recorded output that memory no longer has. */
  #replay(): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#sendRecorded(held)
    else this.#waitFor(this.session.read(this.#position), result => this.#sendRecorded(result))
  }

  #sendRecorded(result: ReadResult): void {
    const { handle } = this.options
    switch (result.kind) {
      case 'segment': {
        if (!this.#hasRoom(result.end.offset)) {
          this.#held = result
          return
        }
        const { position, end, size, checksum, resizes } = result
        const blob = { size, checksum, compressed: result.compressed }
        this.#message({ type: 'segment', handle, position, end, blob, resizes })
        this.#outlet.send(blobFrames(handle, result.blob))
        this.#position = end
        return this.pump()
      }
      case 'gap': {
        const { from, to, reason, keyframe } = result
        if (!keyframe) return this.#skipGap(to, reason)
        this.#message({ type: 'gap', handle, from, to, reason })
        this.#sendKeyframe(keyframe)
        return this.pump()
      }
      case 'end': {
        // Neither memory nor the history has what comes next.
        const { start, end } = this.session.log
        if (comparePositions(this.#position, end) > 0) {
          // More is stored of the session than its damaged record says.
          this.#position = end
          return this.pump()
        }
        if (this.#position.offset >= start.offset && this.#position.n >= start.n) return
        return this.#skipGap(start, 'unrecorded')
      }
      default:
        assertNever(result)
    }
  }

  #sendExit(): void {
    const { state, exit_code, signal } = this.session
    if (this.#exitSent || state === 'running') return
    this.#exitSent = true
    this.#message({ type: 'exit', handle: this.options.handle, state, exit_code, signal })
  }

  #message(message: HostMessage): void {
    this.#outlet.send(jsonFrames(message))
  }
}
