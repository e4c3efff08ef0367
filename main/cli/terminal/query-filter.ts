// Removes every terminal query and clipboard access from a stream of output, byte by byte. Assumes UTF-8.

import { isCsiQuery, type OscQuery, settingsOf } from '../../../terminal/queries.ts'
import { concatBytes, NO_BYTES } from './bytes.ts'
import { ALLOW_CLIPBOARD, type QueryRules, REFUSE_CLIPBOARD } from './query-rules.ts'
import { SequenceParameters } from './sequence-parameters.ts'

// The grammar is that of xterm.js (EscapeSequenceParser.ts, after https://vt100.net/emu/dec_ansi_parser), because the
// host's screen is an xterm.js and has answered the queries. Terminals differ in how they treat interrupted sequences; a
// query must not hide in one, or be formed by what is removed around it. So:
//
// - A complete sequence that is not a query passes unchanged, whatever it means.
// - A sequence that is malformed or interrupted (by ESC, CAN, SUB, a C1 control or a character that cannot be in it) does
//   nothing in xterm.js and is removed. Control characters inside it take effect, and stay.
// - A control string (OSC, DCS …) that is not a query passes as it arrives. If something right after its unfinished end is
//   removed, ST replaces it: kitty continues the string until ST, other terminals with whatever follows.
// - Strings end as in xterm.js: at ST, BEL (OSC only), CAN, SUB, and any ESC.
// - C1 controls are UTF-8: C2 80 to C2 9F. A single byte 80 to 9F is either inside another character or an error that is
//   drawn as one (xterm: ptydata.c, decodeUtf8), so it passes. A lone C2 before something that may be removed is removed
//   too, so that it cannot meet such a byte.
// - ENQ is removed everywhere, also inside strings.

/**
 * How much of an unfinished sequence is held back while it may be a query. The longest in practice is an OSC 4 that sets all
 * 256 colors, about 6 KB. A longer one could still end as a query, so it is dropped to its end.
 */
export const MAX_HELD_BYTES = 16 * 1024

/** How much of an OSC's payload is checked before its end: enough for every `decided` in the table. */
const DECIDED_CHARS = 64

const ENQ = 0x05
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const DEL = 0x7f
const C1_LEAD = 0xc2
const C1_ST = 0x9c
const BACKSLASH = 0x5c
const SEMICOLON = 0x3b

const ST = Uint8Array.of(ESC, BACKSLASH)

type State =
  | 'ground'
  | 'escape'
  | 'escape_intermediate'
  | 'csi'
  | 'dcs'
  | 'apc'
  | 'osc'
  | 'osc_escape' // an ESC inside a held OSC: ST, or an interruption
  | 'string' // passes
  | 'drop' // a string that is removed
  | 'drop_escape'
  | 'drop_sequence' // the rest of a CSI or ESC sequence that was too long

export interface QueryFilterOptions {
  /** Let programs write to the outer terminal's clipboard. Reading is always removed. */
  allowClipboard?: boolean
}

/**
 * The filter for one stream; how the stream is cut into chunks does not matter. Chunks without control sequences are
 * returned as they are, others as views where possible: do not reuse a chunk before its result is written.
 */
export class QueryFilter {
  readonly #rules: QueryRules
  #state: State = 'ground'

  // Held back: #carry (from earlier chunks), then #chunk from #heldFrom; nothing while #heldFrom is -1. Bytes of the chunk from
  // #passFrom on that are not held pass at its end. While #carry is not empty, #passFrom equals #heldFrom.
  #chunk: Uint8Array = NO_BYTES
  #carry: Uint8Array = NO_BYTES
  #heldFrom = -1
  #passFrom = 0
  #out: Uint8Array[] = []

  /** The last byte was C2, which can begin a C1 control. */
  #afterC2 = false
  /** The output so far ends inside a string, and the held sequence follows it. */
  #insideString = false
  /** BEL ends the current string. */
  #bellEndsString = false
  /** Control characters inside the held sequence. */
  #controls: number[] = []

  // The held CSI or DCS.
  readonly #parameters = new SequenceParameters()

  // The held OSC: everything after the introducer, and where its payload begins (-1 until there is a `;`).
  #oscText = ''
  #payload = -1

  constructor(options: QueryFilterOptions = {}) {
    this.#rules = options.allowClipboard ? ALLOW_CLIPBOARD : REFUSE_CLIPBOARD
  }

  filter(bytes: Uint8Array): Uint8Array {
    if (this.#state === 'ground' && this.#heldFrom < 0 && isPlain(bytes)) return bytes
    this.#chunk = bytes
    this.#passFrom = 0
    if (this.#heldFrom >= 0) this.#heldFrom = 0
    for (let i = 0; i < bytes.length; i++) {
      if (this.#heldFrom < 0 && !this.#afterC2) {
        if (this.#state === 'ground') {
          while (i < bytes.length && !ENDS_TEXT[bytes[i]!]) i++
        } else if (this.#state === 'string') {
          while (i < bytes.length && !ENDS_STRING[bytes[i]!]) i++
        }
        if (i === bytes.length) break
      }
      this.#take(bytes[i]!, i)
      if (this.#heldFrom >= 0 && this.#carry.length + i + 1 - this.#heldFrom > MAX_HELD_BYTES) this.#overflow(i)
    }
    if (this.#heldFrom >= 0) this.#carryOver(bytes.length)
    else if (!this.#dropping()) this.#push(bytes.subarray(this.#passFrom))
    const out = concatBytes(this.#out)
    this.#out = []
    this.#chunk = NO_BYTES
    return out
  }

  /**
   * What to write when no more output follows: ST if a string has passed without its end. What is held is discarded, because
   * no terminal would have drawn it and the outer shell's next output could complete it.
   */
  end(): Uint8Array {
    const unfinished = this.#state === 'string' || this.#insideString
    this.#state = 'ground'
    this.#carry = NO_BYTES
    this.#heldFrom = -1
    this.#afterC2 = false
    this.#insideString = false
    this.#controls = []
    return unfinished ? ST : NO_BYTES
  }

  #take(byte: number, i: number): void {
    if (this.#state === 'osc_escape' || this.#state === 'drop_escape') {
      if (this.#endsAtBackslash(byte, i)) return
    }
    if (this.#afterC2) {
      this.#afterC2 = false
      if (byte >= 0x80 && byte <= 0x9f) return this.#c1(byte, i)
      // What follows may be removed, and a stray byte after that would turn the C2 into a C1 control.
      if (byte === ESC || byte === ENQ || byte === C1_LEAD) this.#removeC2(i)
      else this.#character(i)
    }
    if (byte === ENQ) return this.#removeByte(i)
    if (byte === C1_LEAD) {
      this.#afterC2 = true
      if (this.#heldFrom < 0 && !this.#dropping()) this.#heldFrom = i
      return
    }
    switch (this.#state) {
      case 'ground':
        if (byte === ESC) this.#hold('escape', i)
        return
      case 'escape':
        return this.#escape(byte, i)
      case 'escape_intermediate':
        if (this.#interrupts(byte, i)) return
        if (byte >= 0x30) this.#passHeld('ground')
        return
      case 'csi':
        return this.#csi(byte, i)
      case 'dcs':
        return this.#dcs(byte, i)
      case 'apc':
        if (this.#rules.apc.has(byte)) return this.#removeHeldAndEnter(i + 1, 'drop')
        this.#passHeld('string')
        return this.#string(byte, i)
      case 'osc':
        return this.#osc(byte, i)
      case 'string':
        return this.#string(byte, i)
      case 'drop':
        if (byte === ESC) this.#state = 'drop_escape'
        else if (byte === CAN || byte === SUB || (byte === BEL && this.#bellEndsString)) this.#resume(i + 1)
        return
      case 'drop_sequence':
        if (byte === ESC) {
          this.#resume(i)
          this.#hold('escape', i)
        } else if (byte === CAN || byte === SUB || (byte >= 0x40 && byte < DEL)) {
          this.#resume(i + 1)
        } else if (byte > DEL) {
          this.#resume(i)
        }
        return
      case 'osc_escape':
      case 'drop_escape':
        return // handled above
    }
  }

  #string(byte: number, i: number): void {
    if (byte === ESC) {
      this.#insideString = true
      this.#hold('escape', i)
    } else if (byte === CAN || byte === SUB || (byte === BEL && this.#bellEndsString)) {
      this.#state = 'ground'
    }
  }

  /** The byte after an ESC in a string. True if the two are ST; otherwise the ESC begins a new sequence. */
  #endsAtBackslash(byte: number, i: number): boolean {
    if (byte === BACKSLASH) {
      if (this.#state === 'osc_escape') this.#endOsc(i, ST)
      else this.#resume(i + 1)
      return true
    }
    // An OSC that could be a query, without its own end: some terminals end it here, others continue it.
    if (this.#state === 'osc_escape') this.#remove(i)
    this.#holdAgain(ESC, 'escape', i)
    return false
  }

  #escape(byte: number, i: number): void {
    if (this.#interrupts(byte, i)) return
    switch (byte) {
      case 0x5b: // [
        return this.#begin('csi')
      case 0x5d: // ]
        return this.#begin('osc')
      case 0x50: // P
        return this.#begin('dcs')
      case 0x5f: // _
        return this.#begin('apc')
      case 0x58: // X
      case 0x5e: // ^
        this.#bellEndsString = false
        return this.#passHeld('string')
      default:
        if (byte < 0x30) this.#state = 'escape_intermediate'
        else if (this.#rules.esc.has(byte)) this.#removeHeldAndEnter(i + 1, 'ground')
        else this.#passHeld('ground')
    }
  }

  #csi(byte: number, i: number): void {
    if (this.#interrupts(byte, i) || !this.#parameters.take(byte)) return
    const { ident, malformed, values } = this.#parameters
    if (malformed) return this.#removeHeldAndEnter(i + 1, 'ground')
    const query = this.#rules.csi.get((ident << 8) | byte)?.find(q => isCsiQuery(q, values))
    if (!query) return this.#passHeld('ground')
    const modes = query.modes && values.filter(mode => !query.modes!.includes(mode))
    this.#removeHeldAndEnter(i + 1, 'ground')
    if (modes?.length) this.#push(latin1(`\x1b[?${modes.join(';')}h`))
  }

  #dcs(byte: number, i: number): void {
    if (byte === ESC || byte === CAN || byte === SUB || byte > DEL) {
      this.#interrupts(byte, i)
      return
    }
    if (byte < 0x20 || byte === DEL || !this.#parameters.take(byte)) return
    const { ident, malformed } = this.#parameters
    if (malformed || this.#rules.dcs.has((ident << 8) | byte)) this.#removeHeldAndEnter(i + 1, 'drop')
    else this.#passHeld('string')
  }

  #osc(byte: number, i: number): void {
    if (byte === BEL) return this.#endOsc(i, Uint8Array.of(BEL))
    if (byte === ESC) {
      this.#state = 'osc_escape'
      return
    }
    if (byte === CAN || byte === SUB) return this.#removeHeldAndEnter(i + 1, 'ground')
    if (byte < 0x20) return // ignored by xterm.js
    this.#oscText += String.fromCharCode(byte)
    if (this.#payload < 0) {
      if (byte === SEMICOLON) this.#payload = this.#oscText.length
      else if (byte < 0x30 || byte > 0x39) return this.#passHeld('string') // not a number, so not in the table
    }
    if (this.#payload < 0 || this.#oscText.length - this.#payload > DECIDED_CHARS) return
    const queries = this.#oscQueries()
    const payload = this.#oscText.slice(this.#payload)
    if (queries?.some(q => q.decided?.test(payload) && q.pattern.test(payload))) this.#removeHeldAndEnter(i + 1, 'drop')
    else if (!queries || queries.every(q => q.decided?.test(payload))) this.#passHeld('string')
  }

  #oscQueries(): OscQuery[] | undefined {
    const number = this.#payload < 0 ? this.#oscText : this.#oscText.slice(0, this.#payload - 1)
    return number === '' ? undefined : this.#rules.osc.get(Number(number))
  }

  /** The held OSC is complete. */
  #endOsc(i: number, terminator: Uint8Array): void {
    const payload = this.#payload < 0 ? '' : this.#oscText.slice(this.#payload)
    const query = this.#oscQueries()?.find(q => q.pattern.test(payload))
    if (!query) return this.#passHeld('ground')
    const osc = Number.parseInt(this.#oscText, 10)
    this.#removeHeldAndEnter(i + 1, 'ground')
    for (const body of settingsOf(query, osc, payload)) {
      this.#push(latin1(`\x1b]${body}`))
      this.#push(terminator)
    }
  }

  /** A C1 control: `byte` is the one after C2. */
  #c1(byte: number, i: number): void {
    if (byte === C1_ST && this.#state === 'osc') return this.#endOsc(i, ST)
    if (byte === C1_ST && this.#state === 'drop') return this.#resume(i + 1)
    if (this.#state === 'string') this.#insideString = true
    else if (this.#state !== 'ground') {
      // It interrupts what is held or dropped, and begins anew with the C2.
      if (this.#heldFrom >= 0) this.#remove(i)
      this.#holdAgain(C1_LEAD, 'ground', i)
    }
    switch (byte) {
      case 0x9b:
        return this.#begin('csi')
      case 0x9d:
        return this.#begin('osc')
      case 0x90:
        return this.#begin('dcs')
      case 0x9f:
        return this.#begin('apc')
      case 0x98:
      case 0x9e:
        this.#bellEndsString = false
        return this.#passHeld('string')
      default:
        if (this.#rules.controls.has(byte)) this.#removeHeldAndEnter(i + 1, 'ground')
        else this.#passHeld('ground')
    }
  }

  /** The C2 before `i` began a character, not a C1 control. */
  #character(i: number): void {
    switch (this.#state) {
      case 'ground':
      case 'string':
        return this.#passHeld(this.#state)
      case 'osc':
        this.#oscText += '\xc2'
        return
      case 'apc':
        return this.#passHeld('string')
      case 'drop':
        return
      default:
        // A sequence cannot contain it: xterm.js abandons the sequence.
        if (this.#heldFrom >= 0) this.#remove(i)
        this.#holdAgain(C1_LEAD, 'ground', i)
        this.#passHeld('ground')
    }
  }

  /** Removes the C2 before `i`, which belongs to nothing. */
  #removeC2(i: number): void {
    switch (this.#state) {
      case 'ground':
      case 'string':
      case 'osc':
      case 'apc':
        this.#carryOver(i)
        this.#carry = this.#carry.subarray(0, -1)
        if (this.#carry.length === 0) this.#heldFrom = -1
        return
      case 'drop':
        return
      default:
        // As in `#character`.
        if (this.#heldFrom >= 0) this.#remove(i)
        this.#resume(i)
    }
  }

  /** Handles bytes that interrupt a held ESC or CSI sequence or do not affect it; true if this was one. */
  #interrupts(byte: number, i: number): boolean {
    if (byte === ESC) {
      this.#remove(i)
      this.#hold('escape', i)
    } else if (byte === CAN || byte === SUB) {
      this.#removeHeldAndEnter(i + 1, 'ground')
    } else if (byte > DEL) {
      this.#removeHeldAndEnter(i, 'ground')
    } else if (byte < 0x20) {
      this.#controls.push(byte)
    } else {
      return byte === DEL
    }
    return true
  }

  #begin(state: 'csi' | 'osc' | 'dcs' | 'apc'): void {
    this.#state = state
    this.#bellEndsString = state === 'osc'
    this.#parameters.reset()
    this.#oscText = ''
    this.#payload = -1
  }

  #overflow(i: number): void {
    const string =
      this.#state === 'osc' || this.#state === 'osc_escape' || this.#state === 'dcs' || this.#state === 'apc'
    const afterC2 = this.#afterC2
    const ending = this.#state === 'osc_escape'
    this.#removeHeldAndEnter(i + 1, ending ? 'drop_escape' : string ? 'drop' : 'drop_sequence')
    this.#afterC2 = afterC2
  }

  #dropping(): boolean {
    return this.#state === 'drop' || this.#state === 'drop_escape' || this.#state === 'drop_sequence'
  }

  #hold(state: State, start: number): void {
    this.#state = state
    this.#heldFrom = start
  }

  /** Holds a byte that is already removed, and the chunk from `i` on. */
  #holdAgain(byte: number, state: State, i: number): void {
    this.#carry = Uint8Array.of(byte)
    this.#passFrom = i
    this.#hold(state, i)
  }

  /** Lets what is held pass. */
  #passHeld(state: State): void {
    this.#push(this.#carry)
    this.#carry = NO_BYTES
    this.#heldFrom = -1
    this.#insideString = false
    this.#controls = []
    this.#state = state
  }

  /** Removes what is held, up to `end`, and continues in `state`. */
  #removeHeldAndEnter(end: number, state: State): void {
    this.#remove(end)
    this.#state = state
  }

  #remove(end: number): void {
    this.#push(this.#chunk.subarray(this.#passFrom, this.#heldFrom))
    if (this.#insideString) this.#push(ST)
    if (this.#controls.length) this.#push(Uint8Array.from(this.#controls))
    this.#carry = NO_BYTES
    this.#heldFrom = -1
    this.#passFrom = end
    this.#insideString = false
    this.#controls = []
  }

  /** Dropping ends before `i`. */
  #resume(i: number): void {
    this.#state = 'ground'
    this.#passFrom = i
  }

  /** Removes the byte at `i`. */
  #removeByte(i: number): void {
    if (this.#heldFrom >= 0) {
      this.#carryOver(i)
      this.#heldFrom = this.#passFrom = i + 1
    } else if (!this.#dropping()) {
      this.#push(this.#chunk.subarray(this.#passFrom, i))
      this.#passFrom = i + 1
    }
  }

  /** Moves what is held, up to `end`, from the chunk to #carry. */
  #carryOver(end: number): void {
    this.#push(this.#chunk.subarray(this.#passFrom, this.#heldFrom))
    this.#carry = concatBytes([this.#carry, this.#chunk.slice(this.#heldFrom, end)])
    this.#heldFrom = this.#passFrom = end
  }

  #push(bytes: Uint8Array): void {
    if (bytes.length) this.#out.push(bytes)
  }
}

const ENDS_TEXT = table(ESC, ENQ, C1_LEAD)
const ENDS_STRING = table(ESC, ENQ, C1_LEAD, BEL, CAN, SUB)

function table(...bytes: number[]): Uint8Array {
  const marked = new Uint8Array(256)
  for (const byte of bytes) marked[byte] = 1
  return marked
}

function isPlain(bytes: Uint8Array): boolean {
  return !bytes.includes(ESC) && !bytes.includes(ENQ) && !bytes.includes(C1_LEAD)
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, c => c.charCodeAt(0))
}
