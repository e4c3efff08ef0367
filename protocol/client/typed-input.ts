// Typed input that the host has not acknowledged: numbered, kept for resending, and confirmed by the person when it is old.
import { CodedError } from '../errors.ts'
import { INPUT_BYTES } from '../limits.ts'

/** One unit: a key, or a whole paste. `at`: when it was typed, in milliseconds. */
export interface PendingInput {
  seq: number
  bytes: Uint8Array
  at: number
}

/** Input that may not have arrived, with its numbering. A client that resumes with both does not deliver input twice. */
export interface UnsentInput {
  input_stream: string
  /** The highest number in use. */
  seq: number
  input: readonly Readonly<PendingInput>[]
}

/** The person is asked before input is sent that was typed before the connection was lost and is older than this. */
const STALE_INPUT_MS = 5_000

/** Input that may wait for a channel; beyond it typing fails rather than growing without bound. */
export const PENDING_INPUT_BYTES = 2 * INPUT_BYTES

/**
 * What was typed after an `UnsentInput` was saved has numbers above its `seq`, and may still be on its way to the host:
 * the numbers after a resume start higher than anyone types in that time.
 */
const RESUME_GAP = 10_000

export class TypedInput {
  /** Names the numbering; random, kept across reconnects. */
  readonly stream: string
  readonly #now: () => number
  readonly #changed: (bytes: number) => void
  #seq = 0
  #waiting: PendingInput[] = []
  #bytes = 0
  /** The person is being asked about everything up to number #askedUpTo; what was confirmed once is not asked about again. */
  #held = false
  #askedUpTo = 0
  #confirmedUpTo = 0

  /** `changed` gets the number of waiting bytes. `resume`: continues another instance's stream. */
  constructor(now: () => number, changed: (bytes: number) => void, resume?: UnsentInput) {
    this.#now = now
    this.#changed = changed
    this.stream = resume?.input_stream ?? randomName()
    if (!resume) return
    this.#seq = resume.seq + RESUME_GAP
    this.#waiting = [...resume.input]
    for (const { bytes } of resume.input) this.#bytes += bytes.length
  }

  /** True while the person is being asked: nothing may be sent. */
  get held(): boolean {
    return this.#held
  }

  /** Everything to send on a new channel, in order. */
  get waiting(): readonly PendingInput[] {
    return this.#waiting
  }

  /** Waiting bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Numbers and keeps one unit. Throws `input_full`. */
  add(bytes: Uint8Array): PendingInput {
    if (bytes.length > INPUT_BYTES || this.#bytes + bytes.length > PENDING_INPUT_BYTES)
      throw new CodedError('input_full', 'too much input waits for the connection; send it when it is back')
    const input = { seq: ++this.#seq, bytes, at: this.#now() }
    this.#waiting.push(input)
    this.#bytes += bytes.length
    return input
  }

  /** The host has everything up to this number. */
  arrived(seq: number): void {
    const next = this.#waiting.findIndex(input => input.seq > seq)
    this.#forget(next < 0 ? this.#waiting.length : next)
  }

  /** On a new channel: returns what the person has to confirm before anything is sent, if anything. */
  hold(): Uint8Array[] | undefined {
    const old = this.#now() - STALE_INPUT_MS
    this.#held = this.#waiting.some(input => input.seq > this.#confirmedUpTo && input.at < old)
    this.#askedUpTo = this.#seq
    return this.#held ? this.#waiting.map(input => input.bytes) : undefined
  }

  /** The person's answer. What was typed since they were asked is sent in any case. */
  confirm(send: boolean): void {
    this.#held = false
    if (send) this.#confirmedUpTo = this.#askedUpTo
    else this.#forget(this.#waiting.filter(input => input.seq <= this.#askedUpTo).length)
  }

  /** Discards everything. */
  clear(): void {
    this.#held = false
    this.#forget(this.#waiting.length)
  }

  /** Restarts the numbering, for another session. */
  restart(): void {
    this.clear()
    this.#seq = this.#confirmedUpTo = this.#askedUpTo = 0
  }

  unsent(): UnsentInput {
    return { input_stream: this.stream, seq: this.#seq, input: [...this.#waiting] }
  }

  #forget(count: number): void {
    if (count === 0) return
    for (const { bytes } of this.#waiting.splice(0, count)) this.#bytes -= bytes.length
    this.#changed(this.#bytes)
  }
}

function randomName(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
