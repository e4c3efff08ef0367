// Sends at fixed intervals while somebody types, so that the times of messages say nothing about the keys: the rhythm, and
// whether an answer follows. Between keys, and for a while after the last one, messages without frames fill the intervals. As
// OpenSSH's ObscureKeystrokeTiming does since 9.5 (clientloop.c), but on both sides: the host answers at intervals, too.
import { KIND } from '../frames.ts'
import { LENGTH_BYTES, SMALL_BYTES } from './padding.ts'

/** The intervals go on after the last key for this long, at random (OpenSSH: SSH_KEYSTROKE_CHAFF_MIN_MS, _RNG_MS). */
const LINGER_MIN_MS = 1_024
const LINGER_RANDOM_MS = 2_048

/** Frames of more bytes than this are a flood, and leave at once. */
const QUEUE_BYTES = 64 * 1024

export class Pacer {
  readonly #seal: (frames: Uint8Array[]) => void
  readonly #interval: number
  #queue: Uint8Array[] = []
  #bytes = 0
  #timer: unknown
  /** The intervals end then. */
  #until = 0
  /** When the next message is due. */
  #due = 0

  /** `seal` sends frames as one message. */
  constructor(seal: (frames: Uint8Array[]) => void, interval: number) {
    this.#seal = seal
    this.#interval = interval
  }

  get buffered(): number {
    return this.#bytes
  }

  send(frame: Uint8Array): void {
    if (frame[0] === KIND.input) this.#typed()
    if (this.#timer === undefined) return this.#seal([frame])
    this.#queue.push(frame)
    this.#bytes += frame.length
    if (this.#bytes > QUEUE_BYTES) this.#flush()
  }

  /** The other side has sent `frame`; if it is a key, the answers leave at intervals. */
  received(frame: Uint8Array): void {
    if (frame[0] === KIND.input) this.#typed()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#queue = []
    this.#bytes = 0
  }

  #typed(): void {
    const now = Date.now()
    this.#until = now + LINGER_MIN_MS + Math.random() * LINGER_RANDOM_MS
    if (this.#timer !== undefined) return
    this.#due = now
    this.#next()
  }

  #next(): void {
    const now = Date.now()
    // Counted from the last due time, so that delays do not add up; after a sleep, from now.
    this.#due = Math.max(this.#due + this.#interval, now)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const isOver = Date.now() > this.#until
      if (!isOver) this.#next()
      if (!isOver || this.#queue.length > 0) this.#flush()
    }, this.#due - now)
  }

  /** What waits, in as few messages as it takes; one without frames if nothing does. */
  #flush(): void {
    const queue = this.#queue
    this.#queue = []
    this.#bytes = 0
    let group: Uint8Array[] = []
    let length = 0
    for (const frame of queue) {
      const size = LENGTH_BYTES + frame.length
      if (group.length > 0 && length + size > SMALL_BYTES) {
        this.#seal(group)
        group = []
        length = 0
      }
      group.push(frame)
      length += size
    }
    this.#seal(group)
  }
}
