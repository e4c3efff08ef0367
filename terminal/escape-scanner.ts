// Divides output into text, control characters and escape sequences, exactly where xterm.js does.
//
// Three places have scanners of their own: main/host/screen/pending.ts keeps the bytes of an unfinished sequence,
// main/cli/terminal/query-filter.ts holds sequences back until it knows whether they may pass (and has to be safe in
// terminals other than xterm.js), and whole-characters.ts only decodes UTF-8.
import {
  CSI_ENTRY,
  CSI_IGNORE,
  characterLength,
  DCS_ENTRY,
  DCS_PASSTHROUGH,
  ESCAPE,
  ESCAPE_INTERMEDIATE,
  GROUND,
  NON_ASCII,
  nextState,
  OSC,
  STRING,
} from './parser-states.ts'

/** Parameters and intermediates that are collected of a sequence, in characters. No terminal understands longer ones. */
const MAX_SEQUENCE = 128

const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const DEL = 0x7f
const C1_LEAD = 0xc2
const CSI = 0x9b
const ST = 0x9c

export type StringKind = 'osc' | 'dcs' | 'ignored'

/** Receives what is found. `begin` and `end` are indexes into the chunk; `final` and `code` are character codes. */
export interface EscapeSink {
  /** Characters that are printed. In bytes, invalid UTF-8 among them is not taken out. */
  text(begin: number, end: number): void
  /** A C0 or C1 control that is executed, also in the middle of a sequence. */
  control(code: number, begin: number, end: number): void
  /** ESC, intermediates (`scanner.sequence`), and the final character before `end`. */
  esc(final: number, end: number): void
  /** A complete CSI sequence: `scanner.sequence` is what is between its introducer and its final character. */
  csi(final: number, end: number): void
  /** OSC, DCS, or one of SOS, PM and APC begins. */
  stringBegin(kind: StringKind): void
  /** Part of its contents. A DCS begins with its parameters. */
  stringData(begin: number, end: number): void
  /** Canceled strings have no effect. */
  stringEnd(isCancelled: boolean): void
}

export class EscapeScanner {
  #state = GROUND
  readonly #collected = new Uint8Array(MAX_SEQUENCE)
  #length = 0

  /** Between sequences. */
  get isGround(): boolean {
    return this.#state === GROUND
  }

  get isString(): boolean {
    return this.#state >= STRING
  }

  /** Prefix, parameters and intermediates of the sequence that was found; undefined if it is longer than MAX_SEQUENCE. */
  get sequence(): string | undefined {
    return this.#length > MAX_SEQUENCE ? undefined : String.fromCharCode(...this.#collected.subarray(0, this.#length))
  }

  /** Scans the next chunk of text, which must not split a surrogate pair. */
  feedText(text: string, sink: EscapeSink): void {
    for (let at = 0; at < text.length; ) {
      const state = this.#state
      const begin = at
      if (state === GROUND) {
        while (at < text.length && isPrintable(text.charCodeAt(at))) at++
        if (at > begin) sink.text(begin, at)
      } else if (state >= STRING && state !== DCS_ENTRY) {
        while (at < text.length && isPrintable(text.charCodeAt(at)) && nextState(state, text.charCodeAt(at)) === state)
          at++
        if (at > begin) sink.stringData(begin, at)
      }
      if (at === text.length) return
      const code = text.codePointAt(at)!
      const end = at + (code > 0xffff ? 2 : 1)
      this.#step(code, at, end, sink)
      at = end
    }
  }

  /** Scans the next chunk of UTF-8, which has to end where a character ends (whole-characters.ts). */
  feedBytes(bytes: Uint8Array, sink: EscapeSink): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === GROUND) {
        const begin = at
        at = textEnd(bytes, at)
        if (at > begin) sink.text(begin, at)
      } else if (this.#state === OSC || this.#state === DCS_PASSTHROUGH) {
        const begin = at
        while (at < bytes.length && bytes[at]! >= 0x20 && bytes[at]! !== C1_LEAD && bytes[at]! !== DEL) at++
        if (at > begin) sink.stringData(begin, at)
      }
      if (at < bytes.length) at = this.#stepByte(bytes, at, sink)
    }
  }

  #stepByte(bytes: Uint8Array, at: number, sink: EscapeSink): number {
    const first = bytes[at]!
    const length = characterLength(bytes, at)
    if (length < 0) return at - length
    const code = length === 1 ? first : first === C1_LEAD && bytes[at + 1]! < NON_ASCII ? bytes[at + 1]! : NON_ASCII
    this.#step(code, at, at + length, sink)
    return at + length
  }

  /** One character. */
  #step(code: number, begin: number, end: number, sink: EscapeSink): void {
    const from = this.#state
    const to = nextState(from, code)
    const isC1 = code >= 0x80 && code < NON_ASCII
    this.#state = to
    if (from >= STRING) {
      if (to >= STRING && !isC1) {
        if (isData(to, code)) sink.stringData(begin, end)
        return
      }
      sink.stringEnd(code === CAN || code === SUB || (isC1 && code !== ST) || code >= NON_ASCII)
    }
    if (to >= STRING) return sink.stringBegin(kindOf(to))
    if (code === ESC || code === CSI) {
      this.#length = 0
    } else if (isC1 || code < 0x20) {
      // OSC and DCS take what ends them; everywhere else it is executed.
      if (code !== ST && (isC1 || (from !== OSC && from !== DCS_PASSTHROUGH))) sink.control(code, begin, end)
    } else if (code < DEL && from < STRING) {
      this.#sequenceByte(from, to, code, end, sink)
    }
    // The rest (DEL, and characters that a sequence cannot contain) is dropped.
  }

  #sequenceByte(from: number, to: number, code: number, end: number, sink: EscapeSink): void {
    if (to === CSI_ENTRY) return // ESC [
    if (to !== GROUND) this.#collect(code)
    else if (from === ESCAPE || from === ESCAPE_INTERMEDIATE) sink.esc(code, end)
    else if (from !== CSI_IGNORE) sink.csi(code, end)
  }

  #collect(code: number): void {
    if (this.#length < MAX_SEQUENCE) this.#collected[this.#length++] = code
    else this.#length = MAX_SEQUENCE + 1
  }
}

function isPrintable(code: number): boolean {
  return code >= 0x20 && (code < DEL || code >= NON_ASCII)
}

/** Whether a character is part of a string's contents. */
function isData(state: number, code: number): boolean {
  if (code < 0x20) return state === DCS_PASSTHROUGH
  return code !== DEL || state === OSC
}

function kindOf(state: number): StringKind {
  return state === OSC ? 'osc' : state === STRING ? 'ignored' : 'dcs'
}

/** Where the printable characters from `at` on end. */
function textEnd(bytes: Uint8Array, at: number): number {
  const { length } = bytes
  for (;;) {
    while (at < length && IS_TEXT[bytes[at]!]) at++
    if (bytes[at] !== C1_LEAD) return at
    const second = bytes[at + 1]
    if (second !== undefined && second >= 0x80 && second < NON_ASCII) return at
    at++
  }
}

/** Bytes that are printed whatever follows. */
const IS_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== DEL && byte !== C1_LEAD ? 1 : 0,
)

/** Finals of CSI sequences after which text is printed on another line, or its line is blank. */
const CSI_LEAVES_LINE = finals('ABEFHdfJLMST')
/** IND, NEL, RI, RIS and DECRC. */
const ESC_LEAVES_LINE = finals('DEMc8')

function finals(characters: string): Set<number> {
  return new Set([...characters].map(character => character.charCodeAt(0)))
}

/** Whether text after a CSI sequence with this final character does not continue the line before it. */
export function csiLeavesLine(final: number): boolean {
  return CSI_LEAVES_LINE.has(final)
}

/** The same for ESC and this character, without intermediates. */
export function escLeavesLine(final: number): boolean {
  return ESC_LEAVES_LINE.has(final)
}

/** The same for controls: LF, VT, FF, and the C1 controls IND, NEL and RI. CR returns to the same line. */
export function controlLeavesLine(code: number): boolean {
  return (code >= 10 && code <= 12) || code === 0x84 || code === 0x85 || code === 0x8d
}
