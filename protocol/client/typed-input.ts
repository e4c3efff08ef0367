// What a client typed and the host has not acknowledged: numbered, kept, asked about when old. Knows no channel and no terminal.
import { CodedError } from '../errors.ts'
import { INPUT_BYTES } from '../limits.ts'

/** One unit: a key, or a whole paste. `at`: when it was typed, in milliseconds. */
export interface PendingInput {
  seq: number
  bytes: Uint8Array
  at: number
}

/** Input that has not arrived, and its numbering: who goes on with both has it arrive once. */
export interface UnsentInput {
  input_stream: string
  /** The highest number that was given. */
  seq: number
  input: readonly Readonly<PendingInput>[]
}

/** Typed before a drop and unsent for longer than this: the person is asked first. */
export const STALE_INPUT_MS = 5_000

/** Input that may wait for a channel; past it typing fails rather than growing without bound. */
export const PENDING_INPUT_BYTES = 2 * INPUT_BYTES

/**
 * What was typed since `UnsentInput` was last noted has numbers above its `seq`, and may still be on its way to the host:
 * nobody types as many units in that time.
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
  /** The person's answer is waited for, up to the number #asked; what was confirmed once is not asked about again. */
  #held = false
  #asked = 0
  #confirmed = 0

  /** `changed` is told how many bytes wait. `resume`: goes on with what another one had not sent. */
  constructor(now: () => number, changed: (bytes: number) => void, resume?: UnsentInput) {
    this.#now = now
    this.#changed = changed
    this.stream = resume?.input_stream ?? randomName()
    if (!resume) return
    this.#seq = resume.seq + RESUME_GAP
    this.#waiting = [...resume.input]
    for (const { bytes } of resume.input) this.#bytes += bytes.length
  }

  /** True while the person's answer is waited for: nothing is to be sent. */
  get held(): boolean {
    return this.#held
  }

  /** All that has to be sent on a new channel, in order. */
  get waiting(): readonly PendingInput[] {
    return this.#waiting
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

  /** On a new channel: returns what the person is to be asked about before anything is sent, if so. */
  hold(): Uint8Array[] | undefined {
    const old = this.#now() - STALE_INPUT_MS
    this.#held = this.#waiting.some(input => input.seq > this.#confirmed && input.at < old)
    this.#asked = this.#seq
    return this.#held ? this.#waiting.map(input => input.bytes) : undefined
  }

  /** The person's answer. What was typed after the question was not asked about, and goes in any case. */
  confirm(send: boolean): void {
    this.#held = false
    if (send) this.#confirmed = this.#asked
    else this.#forget(this.#waiting.filter(input => input.seq <= this.#asked).length)
  }

  /** Nothing of it is to be sent any more. */
  clear(): void {
    this.#held = false
    this.#forget(this.#waiting.length)
  }

  /** Begins to count again, for another session. */
  restart(): void {
    this.clear()
    this.#seq = this.#confirmed = this.#asked = 0
  }

  unsent(): UnsentInput {
    return { input_stream: this.stream, seq: this.#seq, input: [...this.#waiting] }
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
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
