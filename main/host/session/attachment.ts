// The host's side of one client looking at one session: what it was sent, what it has acknowledged, what it types.
// Knows the session's log and an outlet for frames; nothing of sockets.
import { CodedError } from '../../../protocol/errors.ts'
import { ackFrame, blobFrames, jsonFrames, outputFrame } from '../../../protocol/frames.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import { compressed, type OutputEntry } from './log.ts'
import type { Session } from './session.ts'

export interface AttachmentOptions {
  handle: number
  /** Where the client's terminal ends; null: it has nothing. */
  have: Position | null
  /** Most unacknowledged output bytes; 0: the client wants no output. */
  window: number
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
  readonly session: Session
  readonly options: AttachmentOptions
  readonly #send: (frames: Uint8Array[]) => void
  /** The log entry that is sent next, and how many of its first bytes the client has already. */
  #next = 0
  #skip = 0
  /** The offset that was sent last, and the one acknowledged last. */
  #sent = 0
  #acked = 0
  /** A keyframe was sent and not yet acknowledged; what comes before its ack would only pile up. */
  #keyframeAt: number | undefined
  #asking = false
  /** Taking the size, which comes before, adds to the log; the client knows this handle only once `session` was sent. */
  #started = false
  /** It waited for acks (or begins): before going on, see whether it is too far behind to read what it missed. */
  #wasBlocked = true
  #caughtUp = false
  #liveFrom = 0
  #exitSent = false
  #waiting: { seq: number; bytes: Uint8Array }[] = []
  #waitingBytes = 0
  #closed = false

  constructor(session: Session, options: AttachmentOptions, send: (frames: Uint8Array[]) => void) {
    this.session = session
    this.options = options
    this.#send = send
  }

  /** True when what the client has can be continued from memory. */
  canContinue(): boolean {
    const { have } = this.options
    return have !== null && this.session.log.find(have) !== undefined
  }

  /** Begins to send: what is missing, or a keyframe, then what comes. */
  start(): void {
    this.#started = true
    const { have } = this.options
    const { log } = this.session
    this.#liveFrom = log.end.offset
    const index = have ? log.find(have) : undefined
    if (have && index !== undefined) {
      this.#next = index
      this.#sent = this.#acked = have.offset
      const entry = log.at(index)
      this.#skip = entry?.kind === 'output' ? have.offset - entry.offset : 0
      this.pump()
    } else if (this.options.window > 0) this.#sendKeyframe()
    else this.#tellExit()
  }

  /** Sends as much of the log as the client's window takes. Called whenever the log or the window grew. */
  pump(): void {
    if (!this.#started || this.#closed || this.#asking || this.#keyframeAt !== undefined) return
    if (this.options.window === 0) return this.#tellExit()
    const { log } = this.session
    const behind = this.#wasBlocked && log.end.offset - this.#sent > this.options.budget
    // A screen that lags behind what was sent would take the client back, and its acks would be for the future.
    if (!log.has(this.#next) || (behind && this.session.parsed.offset >= this.#sent)) {
      this.#sendKeyframe()
      return
    }
    for (let entry = log.at(this.#next); entry; entry = log.at(this.#next)) {
      if (entry.kind === 'resize') {
        const { offset, n, cols, rows } = entry
        this.#message({ type: 'resize', handle: this.options.handle, offset, n, cols, rows })
      } else {
        const size = entry.bytes.length - this.#skip
        // One batch is always allowed, or a window smaller than a batch would never open.
        if (this.#sent > this.#acked && this.#sent + size - this.#acked > this.options.window) {
          this.#wasBlocked = true
          return
        }
        this.#sendOutput(entry)
        this.#sent = entry.offset + entry.bytes.length
        this.#skip = 0
      }
      this.#next++
    }
    this.#wasBlocked = false
    if (!this.#caughtUp) {
      this.#caughtUp = true
      this.#message({ type: 'caught_up', handle: this.options.handle, position: log.end })
    }
    this.#tellExit()
  }

  /** The client's terminal has parsed output up to `offset`. */
  ack(offset: number): void {
    if (offset > this.#sent) throw new CodedError('bad_frame', 'an ack for output that was not sent')
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
      if (!this.session.takeInput(this.options.stream, unit.seq, unit.bytes)) break
      highest = unit.seq
      this.#waiting.shift()
      this.#waitingBytes -= unit.bytes.length
    }
    if (highest !== undefined) this.#send([ackFrame(this.options.handle, highest)])
  }

  tell(message: HostMessage): void {
    if (!this.#closed) this.#message(message)
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
  }

  #sendOutput(entry: OutputEntry): void {
    const { handle, compress } = this.options
    const small = compress && this.#skip === 0 ? compressed(entry) : undefined
    const raw = this.#skip === 0 ? entry.bytes : entry.bytes.subarray(this.#skip)
    this.#send([
      outputFrame({
        handle,
        offset: entry.offset + this.#skip,
        size: raw.length,
        bytes: small ?? raw,
        compressed: small !== undefined,
        is_replay: entry.offset < this.#liveFrom,
        is_prompt: false,
      }),
    ])
  }

  #sendKeyframe(): void {
    if (this.#asking || this.#closed) return
    this.#asking = true
    const release = this.session.keep()
    this.session.keyframe().then(
      keyframe => {
        this.#asking = false
        if (this.#closed) return release()
        const { position, cols, rows } = keyframe
        const bytes = new Uint8Array(keyframe.vt.length + keyframe.pending.length)
        bytes.set(keyframe.vt)
        bytes.set(keyframe.pending, keyframe.vt.length)
        const handle = this.options.handle
        this.#message({
          type: 'keyframe',
          handle,
          position,
          cols,
          rows,
          size: bytes.length,
          skipped: position.offset > 0,
        })
        this.#send(blobFrames(handle, bytes))
        this.#next = this.session.log.find(position) ?? this.session.log.endIndex
        this.#skip = 0
        const entry = this.session.log.at(this.#next)
        if (entry?.kind === 'output') this.#skip = position.offset - entry.offset
        this.#sent = position.offset
        this.#acked = Math.min(this.#acked, position.offset)
        // What is live for somebody who had nothing begins here.
        this.#keyframeAt = position.offset
        this.#wasBlocked = true
        release()
      },
      error => {
        this.#asking = false
        release()
        if (this.#closed) return
        // No state to start from: the log from where it begins is the best there is.
        this.#next = this.session.log.find(this.session.log.start) ?? this.session.log.endIndex
        this.#sent = this.#acked = this.session.log.start.offset
        const { code, message } = error as CodedError
        this.#message({ type: 'error', handle: this.options.handle, code, message })
      },
    )
  }

  #tellExit(): void {
    const { session } = this
    if (this.#exitSent || session.state === 'running') return
    this.#exitSent = true
    this.#message({
      type: 'exit',
      handle: this.options.handle,
      state: session.state,
      exit_code: session.exit_code,
      signal: session.signal,
    })
  }

  #message(message: HostMessage): void {
    this.#send(jsonFrames(message))
  }
}
