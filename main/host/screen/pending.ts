// Follows a terminal's output byte by byte and holds what an unfinished control sequence needs to be begun again.
// Knows nothing of what sequences mean or of any screen: only where they begin and end, exactly as xterm.js 6.0 sees it.

/** An unfinished sequence that is kept: longer than any that makes sense but an inline image's. */
export const PENDING_BYTES = 64 * 1024

const GROUND = 0
const ESCAPE = 1
const ESCAPE_INTERMEDIATE = 2
const CSI_ENTRY = 3
const CSI_PARAM = 4
const CSI_INTERMEDIATE = 5
const CSI_IGNORE = 6
const STRING = 7 // SOS, PM, APC: swallowed
const OSC = 8
const DCS_ENTRY = 9
const DCS_PARAM = 10
const DCS_IGNORE = 11
const DCS_INTERMEDIATE = 12
const DCS_PASSTHROUGH = 13

const NON_ASCII = 0xa0

/** xterm.js's VT500_TRANSITION_TABLE without its actions; the numbers of the states are the same (a test compares). */
export function nextState(state: number, code: number): number {
  if (code >= 0x80 && code < NON_ASCII) {
    if (code === 0x90) return DCS_ENTRY
    if (code === 0x9b) return CSI_ENTRY
    if (code === 0x9d) return OSC
    if (code === 0x98 || code === 0x9e || code === 0x9f) return STRING
    return GROUND
  }
  if (code === 0x1b) return ESCAPE
  if (code === 0x18 || code === 0x1a) return GROUND
  if (code < 0x20) return state === OSC && code === 0x07 ? GROUND : state
  if (code >= NON_ASCII)
    return state === OSC || state === CSI_IGNORE || state === DCS_IGNORE || state === DCS_PASSTHROUGH ? state : GROUND
  switch (state) {
    case GROUND:
    case STRING:
    case OSC:
    case DCS_IGNORE:
    case DCS_PASSTHROUGH:
      return state
  }
  if (code === 0x7f) return state
  switch (state) {
    case ESCAPE:
      if (code < 0x30) return ESCAPE_INTERMEDIATE
      if (code === 0x5b) return CSI_ENTRY
      if (code === 0x5d) return OSC
      if (code === 0x50) return DCS_ENTRY
      return code === 0x58 || code === 0x5e || code === 0x5f ? STRING : GROUND
    case ESCAPE_INTERMEDIATE:
      return code < 0x30 ? state : GROUND
    case CSI_ENTRY:
      return code < 0x30 ? CSI_INTERMEDIATE : code < 0x40 ? CSI_PARAM : GROUND
    case CSI_PARAM:
      return code < 0x30 ? CSI_INTERMEDIATE : code < 0x3c ? state : code < 0x40 ? CSI_IGNORE : GROUND
    case CSI_INTERMEDIATE:
      return code < 0x30 ? state : code < 0x40 ? CSI_IGNORE : GROUND
    case CSI_IGNORE:
      return code < 0x40 ? state : GROUND
    case DCS_ENTRY:
      return code < 0x30 ? DCS_INTERMEDIATE : code < 0x40 ? DCS_PARAM : DCS_PASSTHROUGH
    case DCS_PARAM:
      return code < 0x30 ? DCS_INTERMEDIATE : code < 0x3c ? state : code < 0x40 ? DCS_IGNORE : DCS_PASSTHROUGH
    case DCS_INTERMEDIATE:
      return code < 0x30 ? state : code < 0x40 ? DCS_IGNORE : DCS_PASSTHROUGH
    default:
      return GROUND
  }
}

/**
 * What stands for a sequence that was longer than PENDING_BYTES: it opens a sequence of the same kind that ends where
 * the real one would have ended and does nothing, so that the rest of the payload is not printed as text.
 */
function harmless(state: number): string {
  switch (state) {
    case OSC:
      return '\x1b]x' // an OSC whose number is not a number is ignored to its end
    case DCS_PASSTHROUGH:
      return '\x1bP~' // nobody handles a DCS with this final
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

/** Whether a byte that leaves the parser in this state means anything to it when it is read again. */
function recorded(state: number, code: number): boolean {
  switch (state) {
    case STRING:
    case CSI_IGNORE:
    case DCS_IGNORE:
      return false // swallowed: having got into the state is enough
    case DCS_PASSTHROUGH:
      return true
    case OSC:
      return code >= 0x20
    default:
      // Controls inside a CSI or ESC sequence were executed when they came: they must not be executed again.
      return code >= 0x20 && code !== 0x7f
  }
}

export class Pending {
  #state = GROUND
  #held = new Uint8Array(256)
  #length = 0
  #dropped = false

  /** Takes the next output. It must end where a character ends (whole-characters.ts). */
  feed(bytes: Uint8Array): void {
    // An ESC begins anew whatever came before it, so only what follows the last one matters.
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

  /** What must be written to a terminal in ground state to bring its parser to where this stream's parser is. */
  bytes(): Uint8Array {
    return this.#held.slice(0, this.#length)
  }

  /** The unfinished sequence was longer than PENDING_BYTES; its effect is lost, `bytes` only finds its end. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** xterm.js's number of the parser state, 0 is ground. */
  get state(): number {
    return this.#state
  }

  reset(): void {
    this.#open(GROUND)
  }

  /** From ground, to behind the next 8-bit introducer (U+0090 … U+009F, C2 9x in UTF-8), or to the end. */
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

  /** Inside a string: over its printable ASCII, which keeps it in its state, and one character more. */
  #skipPayload(bytes: Uint8Array, from: number): number {
    const state = this.#state
    let at = from
    const { length } = bytes
    while (at < length && bytes[at]! >= 0x20 && bytes[at]! < 0x7f) at++
    if (at > from && !this.#dropped && recorded(state, 0x20)) {
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
      this.#open(state) // C1 controls end what was open; introducers begin anew
    } else if (state === GROUND) {
      this.#open(GROUND)
    } else {
      const entered = state !== this.#state
      this.#state = state
      if (!entered && !recorded(state, code)) return at + length
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

/** The length of the character at `at`, or minus the number of bytes that xterm's decoder skips as invalid. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  const needed = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0
  if (needed === 0) return -1
  let point = first & (0xff >> (needed + 1))
  for (let i = 1; i < needed; i++) {
    const byte = bytes[at + i]
    if (byte === undefined || (byte & 0xc0) !== 0x80) return -i
    point = (point << 6) | (byte & 0x3f)
  }
  if (needed === 2) return point < 0x80 ? -1 : 2
  if (needed === 3) return point < 0x800 || (point >= 0xd800 && point <= 0xdfff) || point === 0xfeff ? -3 : 3
  return point < 0x10000 || point > 0x10ffff ? -4 : 4
}
