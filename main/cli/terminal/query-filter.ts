// Takes every question to the terminal, and every reach for the clipboard, out of a stream of output, byte by byte.
// Knows nothing of sessions, connections or the terminal that is written to, but that it runs UTF-8.

import { asksCsi, type CsiQuery, identOf, type OscQuery, QUERIES, settingsOf } from '../../../terminal/queries.ts'

// The grammar is that of xterm.js (EscapeSequenceParser.ts, after https://vt100.net/emu/dec_ansi_parser), because the
// host's screen is one and has answered by it. Terminals differ where a sequence is broken off, and a question must not
// hide there or come into being by what is taken out around it. So:
//
// - What is complete and no question passes unchanged, whatever it means.
// - What is broken off (by ESC, CAN, SUB, a C1 control or a character that cannot be in it) or malformed does nothing in
//   xterm.js, and is taken out. The control characters inside it were acted on, and stay.
// - A string (OSC, DCS …) that is no question passes as it comes. If something is taken out right behind its unfinished
//   end, ST takes its place: kitty goes on with the string until there is one, others with whatever follows.
// - Strings end as in xterm.js: at ST, at BEL (OSC only), at CAN or SUB, and at any ESC.
// - C1 controls are what UTF-8 makes of them: C2 80 to C2 9F. A single byte 80 to 9F is either the inside of another
//   character or an error that is drawn as one (xterm: ptydata.c, decodeUtf8), so it passes.
//   A lone C2 before something that may be taken out goes as well, lest it meet such a byte.
// - ENQ is taken out wherever it stands, also inside of strings.

/**
 * How much of an unfinished sequence is held back while it may be a question. An OSC 4 that sets all 256 colours has about
 * 6 KB and is the longest that anybody sends; a longer one may still end in a question, and so is dropped to its end.
 */
export const MAX_HELD_BYTES = 16 * 1024

/** How far into an OSC the verdict is looked for before its end: all `settles` of the table need less. */
const SETTLE_CHARS = 64

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

const NOTHING = new Uint8Array(0)
const ST = Uint8Array.of(ESC, BACKSLASH)
const MAX_PARAM = 0x7fffffff

type State =
  | 'ground'
  | 'escape'
  | 'escape_intermediate'
  | 'csi'
  | 'dcs'
  | 'apc'
  | 'osc'
  | 'osc_escape' // an ESC inside a held OSC: its end, or that of the sequence
  | 'string' // passes
  | 'drop' // a string that does not pass
  | 'drop_escape'
  | 'drop_sequence' // the rest of a CSI or ESC sequence that was too long

interface Rules {
  csi: Map<number, CsiQuery[]>
  osc: Map<number, OscQuery[]>
  dcs: Set<number>
  esc: Set<number>
  apc: Set<number>
  controls: Set<number>
}

function rules(allowClipboard: boolean): Rules {
  const built: Rules = {
    csi: new Map(),
    osc: new Map(),
    dcs: new Set(),
    esc: new Set(),
    apc: new Set(),
    controls: new Set(),
  }
  const add = <K, V>(map: Map<K, V[]>, key: K, value: V) => map.set(key, [...(map.get(key) ?? []), value])
  for (const query of QUERIES) {
    switch (query.kind) {
      case 'csi':
        add(built.csi, packed(identOf(query)), query)
        break
      case 'osc':
        if (query.clipboard && allowClipboard) break
        for (const id of query.ids) add(built.osc, id, query)
        break
      case 'dcs':
        built.dcs.add(packed(identOf(query)))
        break
      case 'esc':
        built.esc.add(query.final.charCodeAt(0))
        break
      case 'apc':
        built.apc.add(query.first.charCodeAt(0))
        break
      case 'control':
        built.controls.add(query.code)
        break
    }
  }
  return built
}

/** Prefix, intermediates and final in one number, as xterm.js has them. */
function packed(ident: string): number {
  let ident32 = 0
  for (let i = 0; i < ident.length; i++) ident32 = (ident32 << 8) | ident.charCodeAt(i)
  return ident32
}

const REFUSING = rules(false)
const ALLOWING = rules(true)

export interface QueryFilterOptions {
  /** Let programs write to the clipboard of the outer terminal. Reading stays refused. */
  allowClipboard?: boolean
}

/**
 * One stream's filter. What comes out does not depend on where the stream is cut. Chunks without anything to look at are
 * returned as they are, others as views of them where possible: do not reuse a chunk before its result is written.
 */
export class QueryFilter {
  readonly #rules: Rules
  #state: State = 'ground'

  // What is held back: #carry (from earlier chunks), then #chunk from #start. Nothing is held while #start is -1. Bytes of
  // the chunk from #keep on that are not held pass at its end. While #carry is not empty, #keep equals #start.
  #chunk: Uint8Array = NOTHING
  #carry: Uint8Array = NOTHING
  #start = -1
  #keep = 0
  #out: Uint8Array[] = []

  /** The last byte was C2, and may be half of a C1 control. */
  #lead = false
  /** What has passed ends inside a string, and a held sequence follows it. */
  #open = false
  /** BEL ends the string. */
  #bell = false
  /** Control characters inside the held sequence. */
  #controls: number[] = []

  // The held CSI or DCS.
  #ident = 0
  #part: 'entry' | 'params' | 'intermediates' | 'malformed' = 'entry'
  #params: number[] = []
  #sub = false

  // The held OSC: everything behind the introducer, and where its payload starts (-1 as long as there is no `;`).
  #text = ''
  #payload = -1

  constructor(options: QueryFilterOptions = {}) {
    this.#rules = options.allowClipboard ? ALLOWING : REFUSING
  }

  filter(bytes: Uint8Array): Uint8Array {
    if (this.#state === 'ground' && this.#start < 0 && isPlain(bytes)) return bytes
    this.#chunk = bytes
    this.#keep = 0
    if (this.#start >= 0) this.#start = 0
    for (let i = 0; i < bytes.length; i++) {
      if (this.#start < 0 && !this.#lead) {
        if (this.#state === 'ground') {
          while (i < bytes.length && !ENDS_TEXT[bytes[i]!]) i++
        } else if (this.#state === 'string') {
          while (i < bytes.length && !ENDS_STRING[bytes[i]!]) i++
        }
        if (i === bytes.length) break
      }
      this.#take(bytes[i]!, i)
      if (this.#start >= 0 && this.#carry.length + i + 1 - this.#start > MAX_HELD_BYTES) this.#overflow(i)
    }
    if (this.#start >= 0) this.#stash(bytes.length)
    else if (!this.#dropping()) this.#push(bytes.subarray(this.#keep))
    const out = joined(this.#out)
    this.#out = []
    this.#chunk = NOTHING
    return out
  }

  /**
   * What is left to write when no more output follows: nothing of what is held (no terminal would have drawn it, and what
   * the outer shell prints next might complete it), but the end of a string that has passed without one.
   */
  end(): Uint8Array {
    const unfinished = this.#state === 'string' || this.#open
    this.#state = 'ground'
    this.#carry = NOTHING
    this.#start = -1
    this.#lead = false
    this.#open = false
    this.#controls = []
    return unfinished ? ST : NOTHING
  }

  #take(byte: number, i: number): void {
    if (this.#state === 'osc_escape' || this.#state === 'drop_escape') {
      if (this.#endsAtBackslash(byte, i)) return
    }
    if (this.#lead) {
      this.#lead = false
      if (byte >= 0x80 && byte <= 0x9f) return this.#c1(byte, i)
      // What follows may be taken out, and a stray byte behind it would make a C1 control of this one.
      if (byte === ESC || byte === ENQ || byte === C1_LEAD) this.#loseLead(i)
      else this.#character(i)
    }
    if (byte === ENQ) return this.#cut(i)
    if (byte === C1_LEAD) {
      this.#lead = true
      if (this.#start < 0 && !this.#dropping()) this.#start = i
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
        if (byte >= 0x30) this.#accept('ground')
        return
      case 'csi':
        return this.#csi(byte, i)
      case 'dcs':
        return this.#dcs(byte, i)
      case 'apc':
        if (this.#rules.apc.has(byte)) return this.#refuse(i + 1, 'drop')
        this.#accept('string')
        return this.#string(byte, i)
      case 'osc':
        return this.#osc(byte, i)
      case 'string':
        return this.#string(byte, i)
      case 'drop':
        if (byte === ESC) this.#state = 'drop_escape'
        else if (byte === CAN || byte === SUB || (byte === BEL && this.#bell)) this.#resume(i + 1)
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
        return // left above
    }
  }

  #string(byte: number, i: number): void {
    if (byte === ESC) {
      this.#open = true
      this.#hold('escape', i)
    } else if (byte === CAN || byte === SUB || (byte === BEL && this.#bell)) {
      this.#state = 'ground'
    }
  }

  /** The byte behind an ESC that ended a string. True if it was ST's and is dealt with; if not, the ESC starts anew. */
  #endsAtBackslash(byte: number, i: number): boolean {
    if (byte === BACKSLASH) {
      if (this.#state === 'osc_escape') this.#endOsc(i, ST)
      else this.#resume(i + 1)
      return true
    }
    // An OSC of a kind that can ask, without an end of its own: some terminals take it for one, others go on with it.
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
        this.#bell = false
        return this.#accept('string')
      default:
        if (byte < 0x30) this.#state = 'escape_intermediate'
        else if (this.#rules.esc.has(byte)) this.#refuse(i + 1, 'ground')
        else this.#accept('ground')
    }
  }

  #csi(byte: number, i: number): void {
    if (this.#interrupts(byte, i) || !this.#sequenceByte(byte)) return
    if (this.#part === 'malformed') return this.#refuse(i + 1, 'ground')
    const query = this.#rules.csi.get((this.#ident << 8) | byte)?.find(q => asksCsi(q, this.#params))
    if (!query) return this.#accept('ground')
    const modes = query.modes && this.#params.filter(mode => !query.modes!.includes(mode))
    this.#refuse(i + 1, 'ground')
    if (modes?.length) this.#push(latin1(`\x1b[?${modes.join(';')}h`))
  }

  #dcs(byte: number, i: number): void {
    if (byte === ESC || byte === CAN || byte === SUB || byte > DEL) {
      this.#interrupts(byte, i)
      return
    }
    if (byte < 0x20 || byte === DEL || !this.#sequenceByte(byte)) return
    if (this.#part === 'malformed' || this.#rules.dcs.has((this.#ident << 8) | byte)) this.#refuse(i + 1, 'drop')
    else this.#accept('string')
  }

  /** Collects what comes before the final byte of a CSI or DCS; true if this is the final byte. */
  #sequenceByte(byte: number): boolean {
    if (byte >= 0x40) return true
    if (this.#part === 'malformed') return false
    if (byte < 0x30) {
      this.#ident = (this.#ident << 8) | byte
      this.#part = 'intermediates'
    } else if (this.#part === 'intermediates') {
      this.#part = 'malformed'
    } else if (byte >= 0x3c) {
      if (this.#part === 'entry') this.#ident = byte
      this.#part = this.#part === 'entry' ? 'params' : 'malformed'
    } else {
      this.#part = 'params'
      if (byte === SEMICOLON) {
        this.#params.push(0)
        this.#sub = false
      } else if (byte === 0x3a) {
        this.#sub = true
      } else if (!this.#sub) {
        const last = this.#params.length - 1
        this.#params[last] = Math.min(this.#params[last]! * 10 + byte - 0x30, MAX_PARAM)
      }
    }
    return false
  }

  #osc(byte: number, i: number): void {
    if (byte === BEL) return this.#endOsc(i, Uint8Array.of(BEL))
    if (byte === ESC) {
      this.#state = 'osc_escape'
      return
    }
    if (byte === CAN || byte === SUB) return this.#refuse(i + 1, 'ground')
    if (byte < 0x20) return // xterm.js skips these
    this.#text += String.fromCharCode(byte)
    if (this.#payload < 0) {
      if (byte === SEMICOLON) this.#payload = this.#text.length
      else if (byte < 0x30 || byte > 0x39) return this.#accept('string') // no number: none of ours
    }
    if (this.#payload < 0 || this.#text.length - this.#payload > SETTLE_CHARS) return
    const queries = this.#oscQueries()
    const payload = this.#text.slice(this.#payload)
    if (queries?.some(q => q.settles?.test(payload) && q.asks.test(payload))) this.#refuse(i + 1, 'drop')
    else if (!queries || queries.every(q => q.settles?.test(payload))) this.#accept('string')
  }

  #oscQueries(): OscQuery[] | undefined {
    const number = this.#payload < 0 ? this.#text : this.#text.slice(0, this.#payload - 1)
    return number === '' ? undefined : this.#rules.osc.get(Number(number))
  }

  /** A held OSC is complete. */
  #endOsc(i: number, terminator: Uint8Array): void {
    const payload = this.#payload < 0 ? '' : this.#text.slice(this.#payload)
    const query = this.#oscQueries()?.find(q => q.asks.test(payload))
    if (!query) return this.#accept('ground')
    const osc = Number.parseInt(this.#text, 10)
    this.#refuse(i + 1, 'ground')
    for (const body of settingsOf(query, osc, payload)) {
      this.#push(latin1(`\x1b]${body}`))
      this.#push(terminator)
    }
  }

  /** A C1 control: the byte behind C2. */
  #c1(byte: number, i: number): void {
    if (byte === C1_ST && this.#state === 'osc') return this.#endOsc(i, ST)
    if (byte === C1_ST && this.#state === 'drop') return this.#resume(i + 1)
    if (this.#state === 'string') this.#open = true
    else if (this.#state !== 'ground') {
      // It breaks off what is held or dropped, and starts anew with the C2.
      if (this.#start >= 0) this.#remove(i)
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
        this.#bell = false
        return this.#accept('string')
      default:
        if (this.#rules.controls.has(byte)) this.#refuse(i + 1, 'ground')
        else this.#accept('ground')
    }
  }

  /** The C2 before `i` was the first byte of a character after all. */
  #character(i: number): void {
    switch (this.#state) {
      case 'ground':
      case 'string':
        return this.#accept(this.#state)
      case 'osc':
        this.#text += '\xc2'
        return
      case 'apc':
        return this.#accept('string')
      case 'drop':
        return
      default:
        // It cannot be in there: xterm.js gives up the sequence.
        if (this.#start >= 0) this.#remove(i)
        this.#holdAgain(C1_LEAD, 'ground', i)
        this.#accept('ground')
    }
  }

  /** The C2 before `i` is taken out: it is half of nothing. */
  #loseLead(i: number): void {
    switch (this.#state) {
      case 'ground':
      case 'string':
      case 'osc':
      case 'apc':
        this.#stash(i)
        this.#carry = this.#carry.subarray(0, -1)
        if (this.#carry.length === 0) this.#start = -1
        return
      case 'drop':
        return
      default:
        // As in `#character`.
        if (this.#start >= 0) this.#remove(i)
        this.#resume(i)
    }
  }

  /** Deals with bytes that break off a held ESC or CSI sequence or leave it as it is; true if this was one. */
  #interrupts(byte: number, i: number): boolean {
    if (byte === ESC) {
      this.#remove(i)
      this.#hold('escape', i)
    } else if (byte === CAN || byte === SUB) {
      this.#refuse(i + 1, 'ground')
    } else if (byte > DEL) {
      this.#refuse(i, 'ground')
    } else if (byte < 0x20) {
      this.#controls.push(byte)
    } else {
      return byte === DEL
    }
    return true
  }

  #begin(state: 'csi' | 'osc' | 'dcs' | 'apc'): void {
    this.#state = state
    this.#bell = state === 'osc'
    this.#ident = 0
    this.#part = 'entry'
    this.#params = [0]
    this.#sub = false
    this.#text = ''
    this.#payload = -1
  }

  #overflow(i: number): void {
    const string =
      this.#state === 'osc' || this.#state === 'osc_escape' || this.#state === 'dcs' || this.#state === 'apc'
    const lead = this.#lead
    const ending = this.#state === 'osc_escape'
    this.#refuse(i + 1, ending ? 'drop_escape' : string ? 'drop' : 'drop_sequence')
    this.#lead = lead
  }

  #dropping(): boolean {
    return this.#state === 'drop' || this.#state === 'drop_escape' || this.#state === 'drop_sequence'
  }

  #hold(state: State, start: number): void {
    this.#state = state
    this.#start = start
  }

  /** Holds a byte that has been taken out already, and the chunk from `i` on. */
  #holdAgain(byte: number, state: State, i: number): void {
    this.#carry = Uint8Array.of(byte)
    this.#keep = i
    this.#hold(state, i)
  }

  /** What is held passes. */
  #accept(state: State): void {
    this.#push(this.#carry)
    this.#carry = NOTHING
    this.#start = -1
    this.#open = false
    this.#controls = []
    this.#state = state
  }

  /** What is held, up to `end`, does not pass. */
  #refuse(end: number, state: State): void {
    this.#remove(end)
    this.#state = state
  }

  #remove(end: number): void {
    this.#push(this.#chunk.subarray(this.#keep, this.#start))
    if (this.#open) this.#push(ST)
    if (this.#controls.length) this.#push(Uint8Array.from(this.#controls))
    this.#carry = NOTHING
    this.#start = -1
    this.#keep = end
    this.#open = false
    this.#controls = []
  }

  /** What was dropped ends before `i`. */
  #resume(i: number): void {
    this.#state = 'ground'
    this.#keep = i
  }

  /** Takes out the byte at `i` alone. */
  #cut(i: number): void {
    if (this.#start >= 0) {
      this.#stash(i)
      this.#start = this.#keep = i + 1
    } else if (!this.#dropping()) {
      this.#push(this.#chunk.subarray(this.#keep, i))
      this.#keep = i + 1
    }
  }

  /** Moves what is held, up to `end`, out of the chunk. */
  #stash(end: number): void {
    this.#push(this.#chunk.subarray(this.#keep, this.#start))
    this.#carry = joined([this.#carry, this.#chunk.slice(this.#start, end)])
    this.#start = this.#keep = end
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

function joined(parts: Uint8Array[]): Uint8Array {
  const filled = parts.filter(part => part.length > 0)
  if (filled.length < 2) return filled[0] ?? NOTHING
  const whole = new Uint8Array(filled.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of filled) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, c => c.charCodeAt(0))
}
