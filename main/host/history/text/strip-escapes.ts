// The text of output that no terminal has rendered yet, for a search that cannot wait: escape sequences are removed, and a
// line ends wherever the cursor moves to another one.
import { visibleText } from '../../../../protocol/visible-text.ts'
import {
  controlLeavesLine,
  csiLeavesLine,
  EscapeScanner,
  type EscapeSink,
  escLeavesLine,
} from '../../../../terminal/escape-scanner.ts'
import type { TextLine } from './text-blocks.ts'

const BS = 8
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 0x20

/** A line is cut after this many bytes, so that output without any newline has lines too. */
const LINE_BYTES = 16 * 1024

/** Bytes of a character after its first. */
const MAX_CONTINUATION = 3

/** Finals of CSI sequences that move the cursor within the line. */
const CSI_MOVES_IN_LINE = new Set([...'CDG`a'].map(final => final.charCodeAt(0)))

/** Lines with the offset after each; `from` is the offset of the first byte. */
export function stripEscapes(bytes: Uint8Array, from: number): TextLine[] {
  const stripper = new Stripper(bytes, from)
  stripper.scanner.feedBytes(bytes, stripper)
  stripper.endLine(bytes.length)
  return stripper.lines
}

class Stripper implements EscapeSink {
  readonly scanner = new EscapeScanner()
  readonly lines: TextLine[] = []
  readonly #bytes: Uint8Array
  readonly #from: number
  readonly #line = new Uint8Array(LINE_BYTES + MAX_CONTINUATION)
  readonly #decoder = new TextDecoder()
  #length = 0
  /** Where the last run of text ended. */
  #textEnd = 0

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes
    this.#from = from
  }

  endLine(at: number): void {
    if (this.#length === 0) return
    const text = visibleText(this.#decoder.decode(this.#line.subarray(0, this.#length))).trimEnd()
    if (text !== '') this.lines.push({ offset: this.#from + at, text })
    this.#length = 0
  }

  text(begin: number, end: number): void {
    // A character that a control interrupts is invalid (as in xterm.js's decoder); its rest must not complete another one.
    let first = begin
    if (begin !== this.#textEnd) while (first < end && isContinuation(this.#bytes[first]!)) first++
    this.#textEnd = end
    for (let at = first; at < end; ) {
      // Between two characters, never within one.
      if (this.#length >= LINE_BYTES && !isContinuation(this.#bytes[at]!)) this.endLine(at)
      const size = Math.min(end - at, Math.max(1, LINE_BYTES - this.#length))
      if (this.#length < this.#line.length) {
        this.#line.set(this.#bytes.subarray(at, at + size), this.#length)
        this.#length += size
      }
      at += size
    }
  }

  control(code: number, begin: number, end: number): void {
    if (code === TAB) this.#space()
    else if (code === BS) this.#back()
    else if (controlLeavesLine(code) || (code === CR && this.#bytes[begin + 1] !== LF)) this.endLine(end)
  }

  esc(final: number, end: number): void {
    if (this.scanner.sequence === '' && escLeavesLine(final)) this.endLine(end)
  }

  csi(final: number, end: number): void {
    if (csiLeavesLine(final)) this.endLine(end)
    else if (CSI_MOVES_IN_LINE.has(final)) this.#space()
  }

  stringBegin(): void {}
  stringData(): void {}
  stringEnd(): void {}

  #space(): void {
    if (this.#length < this.#line.length) this.#line[this.#length++] = SPACE
  }

  /** Takes the last character back, with all its bytes. */
  #back(): void {
    while (this.#length > 0 && isContinuation(this.#line[--this.#length]!));
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
