// Keeps the bytes of an unfinished control sequence, so that another terminal can continue it. Finds where sequences begin
// and end exactly as xterm.js 6.0 does, without interpreting them.
import {
  CSI_IGNORE,
  characterLength,
  DCS_ENTRY,
  DCS_IGNORE,
  DCS_INTERMEDIATE,
  DCS_PARAM,
  DCS_PASSTHROUGH,
  ESCAPE,
  ESCAPE_INTERMEDIATE,
  GROUND,
  NON_ASCII,
  nextState,
  OSC,
  STRING,
} from '../../../terminal/parser-states.ts'
import { STRING_CHARACTERS } from '../../../terminal/xterm-bounds.ts'

/** Bytes of an unfinished sequence that are kept: more than any that still has an effect, except OSC 52, which the host ignores. */
export const PENDING_BYTES = 4 * STRING_CHARACTERS + 1024

/**
 * Replaces a sequence that was longer than PENDING_BYTES: opens a sequence of the same kind that ends where the real one
 * would have ended and does nothing, so that the rest of the payload is not printed as text.
 */
function harmless(state: number): string {
  switch (state) {
    case OSC:
      return '\x1b]x' // an OSC whose number is not a number is ignored to its end
    case DCS_PASSTHROUGH:
      return '\x1bP~' // a DCS with this final has no handler
    case DCS_ENTRY:
    case DCS_PARAM:
    case DCS_INTERMEDIATE:
    case DCS_IGNORE:
      return '\x1bP0?' // DCS_IGNORE
    case ESCAPE_INTERMEDIATE:
      return '\x1b    '
    default:
      return '\x1b[??' // CSI_IGNORE
  }
}

/** The states that printable ASCII does not leave. */
function isString(state: number): boolean {
  return state === STRING || state === OSC || state === DCS_IGNORE || state === DCS_PASSTHROUGH
}

/** Whether a byte that leaves the parser in this state matters when the sequence is replayed. */
function isRecorded(state: number, code: number): boolean {
  switch (state) {
    case STRING:
    case CSI_IGNORE:
    case DCS_IGNORE:
      return false // ignored: being in the state is enough
    case DCS_PASSTHROUGH:
      return true
    case OSC:
      return code >= 0x20
    default:
      // Control characters inside a CSI or ESC sequence were executed when they arrived, and must not be again.
      return code >= 0x20 && code !== 0x7f
  }
}

export class Pending {
  #state = GROUND
  #held = new Uint8Array(256)
  #length = 0
  #dropped = false
  #opened = 0

  /** Reads the next output, which must end at the end of a character (whole-characters.ts). */
  feed(bytes: Uint8Array): void {
    // An ESC starts a new sequence whatever came before, so only the bytes after the last one matter.
    const last = bytes.lastIndexOf(0x1b)
    let at = 0
    if (last >= 0) {
      this.#open(ESCAPE)
      this.#hold(0x1b)
      at = last + 1
    }
    while (at < bytes.length) {
      if (this.#state === GROUND) at = this.#skipText(bytes, at)
      else if (isString(this.#state)) at = this.#skipPayload(bytes, at)
      else at = this.#step(bytes, at)
    }
  }

  /** The bytes that bring the parser of a terminal in ground state to the state of this stream's parser. */
  bytes(): Uint8Array {
    return this.#held.slice(0, this.#length)
  }

  /** The unfinished sequence was longer than PENDING_BYTES: its effect is lost, and `bytes` only finds its end. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** Counts the sequences that were begun: names the open one. */
  get sequence(): number {
    return this.#opened
  }

  /** xterm.js's number of the parser state, 0 is ground. */
  get state(): number {
    return this.#state
  }

  reset(): void {
    this.#open(GROUND)
  }

  /** From ground, up to and including the next 8-bit introducer (U+0090 … U+009F, C2 9x in UTF-8), or to the end. */
  #skipText(bytes: Uint8Array, from: number): number {
    const { length } = bytes
    for (let at = from; at < length; at++) {
      if (bytes[at] !== 0xc2) continue
      const second = bytes[at + 1]
      if (second === undefined || second < 0x90 || second > 0x9f) continue
      const state = nextState(GROUND, second)
      if (state === GROUND) continue
      this.#open(state)
      this.#hold(0xc2)
      this.#hold(second)
      return at + 2
    }
    return bytes.length
  }

  /** Inside a string: skips printable ASCII, which does not change the state, and one more character. */
  #skipPayload(bytes: Uint8Array, from: number): number {
    const state = this.#state
    let at = from
    const { length } = bytes
    while (at < length && bytes[at]! >= 0x20 && bytes[at]! < 0x7f) at++
    if (at > from && !this.#dropped && isRecorded(state, 0x20)) {
      if (this.#length + at - from > PENDING_BYTES) this.#drop(state)
      else this.#holdAll(bytes.subarray(from, at))
    }
    return at < length ? this.#step(bytes, at) : at
  }

  /** One character inside a sequence. */
  #step(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!
    let code = first
    let length = 1
    if (first >= 0x80) {
      length = characterLength(bytes, at)
      if (length < 0) return at - length // not a character: xterm's decoder skips it
      code = length === 2 && first === 0xc2 && bytes[at + 1]! < NON_ASCII ? bytes[at + 1]! : NON_ASCII
    }
    const state = nextState(this.#state, code)
    if (code >= 0x80 && code < NON_ASCII) {
      this.#open(state) // C1 controls end the open sequence; introducers start a new one
    } else if (state === GROUND) {
      this.#open(GROUND)
    } else {
      const entered = state !== this.#state
      this.#state = state
      if (!entered && !isRecorded(state, code)) return at + length
      if (this.#dropped) return at + length
      if (this.#length + length > PENDING_BYTES) {
        this.#drop(state)
        return at + length
      }
    }
    if (state !== GROUND) for (let i = 0; i < length; i++) this.#hold(bytes[at + i]!)
    return at + length
  }

  #open(state: number): void {
    this.#opened++
    this.#state = state
    this.#length = 0
    this.#dropped = false
  }

  #drop(state: number): void {
    this.#length = 0
    for (const char of harmless(state)) this.#hold(char.charCodeAt(0))
    this.#dropped = true
  }

  #hold(byte: number): void {
    this.#grow(1)
    this.#held[this.#length++] = byte
  }

  #holdAll(bytes: Uint8Array): void {
    this.#grow(bytes.length)
    this.#held.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#held.length) return
    const larger = new Uint8Array(Math.min(Math.max(this.#held.length * 4, this.#length + by), PENDING_BYTES))
    larger.set(this.#held)
    this.#held = larger
  }
}
