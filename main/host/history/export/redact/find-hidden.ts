// Finds what has to be redacted in a session: in its output as it was printed, line by line, and as it was on the screen.
//
// It reads everything from the session's beginning, whatever is exported of it: a token that the span cuts is known only as a
// whole, and a line may belong to a key that began long before.
import {
  controlLeavesLine,
  csiLeavesLine,
  EscapeScanner,
  type EscapeSink,
  escLeavesLine,
} from '../../../../../terminal/escape-scanner.ts'
import { partialTail } from '../../../../../terminal/whole-characters.ts'
import type { HiddenBytes } from './hidden-bytes.ts'
import { KeyLines } from './key-lines.ts'
import { NOWHERE, PrintedCells } from './printed-cells.ts'
import type { Redactor } from './redactor.ts'
import type { Range } from './secret-rules.ts'

/** A line without end is searched in pieces of this many characters … */
const PIECE_CHARACTERS = 64 * 1024

/** … that overlap by this many: no secret is longer. */
const OVERLAP_CHARACTERS = 8 * 1024

const TAB = 9
const CR = 13
const REPLACEMENT = 0xfffd

/** OSC 52 copies text to the clipboard, in base64. */
const CLIPBOARD = /^52;[a-z0-9]*;([A-Za-z0-9+/=]+)$/

export class HiddenFinder {
  readonly #redactor: Redactor
  readonly #hidden: HiddenBytes
  /** Also across gaps. */
  readonly #keys = new KeyLines<readonly number[]>()
  #scanner = new EscapeScanner()
  #cells: PrintedCells | undefined
  #partial: Uint8Array = new Uint8Array()
  /** The line that is being printed, and the string that has begun. */
  readonly #line = new Piece()
  readonly #string = new Piece()

  constructor(redactor: Redactor, hidden: HiddenBytes) {
    this.#redactor = redactor
    this.#hidden = hidden
  }

  /** A fresh terminal, at the beginning or after a gap. */
  begin(size: { cols: number; rows: number }): void {
    this.#finish()
    this.#scanner = new EscapeScanner()
    this.#cells = new PrintedCells(size, (text, positions) => {
      this.#hideRanges(this.#redactor.ranges(text), positions)
    })
  }

  /** `position`: of the first byte. */
  write(position: number, bytes: Uint8Array): void {
    const base = position - this.#partial.length
    const all = this.#partial.length > 0 ? Buffer.concat([this.#partial, bytes]) : bytes
    const tail = partialTail(all)
    this.#partial = all.slice(all.length - tail)
    const whole = all.subarray(0, all.length - tail)
    const codes = new Uint32Array(whole.length)
    const positions = new Float64Array(whole.length)
    const length = decode(whole, 0, whole.length, (code, at, index) => {
      codes[index] = code
      positions[index] = base + at
    })
    this.#cells!.write(codes.subarray(0, length), positions)
    this.#scanner.feedBytes(whole, this.#sink(whole, base))
  }

  resize(cols: number, rows: number): void {
    this.#cells?.resize(cols, rows)
  }

  end(): void {
    this.#finish()
  }

  #finish(): void {
    this.#endLine()
    this.#endString()
    this.#partial = new Uint8Array()
    this.#cells?.passOn()
    this.#cells?.dispose()
    this.#cells = undefined
  }

  #sink(bytes: Uint8Array, base: number): EscapeSink {
    const add = (piece: Piece, begin: number, end: number) => {
      decode(bytes, begin, end, (code, at) => piece.add(code, base + at))
      if (piece.text.length >= PIECE_CHARACTERS) {
        this.#hideRanges(this.#redactor.ranges(piece.text), piece.positions)
        piece.keepLast(OVERLAP_CHARACTERS)
      }
    }
    return {
      text: (begin, end) => add(this.#line, begin, end),
      control: (code, begin, end) => {
        if (code === TAB) add(this.#line, begin, end)
        else if (code === CR || controlLeavesLine(code)) this.#endLine()
      },
      esc: final => {
        if (this.#scanner.sequence === '' && escLeavesLine(final)) this.#endLine()
      },
      csi: final => {
        if (csiLeavesLine(final)) this.#endLine()
      },
      stringBegin: () => {},
      stringData: (begin, end) => add(this.#string, begin, end),
      stringEnd: () => this.#endString(),
    }
  }

  #endLine(): void {
    const { text, positions } = this.#line
    if (text === '') return
    this.#hideRanges(this.#redactor.ranges(text), positions)
    if (this.#redactor.hidesSecrets)
      for (const line of this.#keys.next(text, positions)) this.#hideRanges([[0, line.length]], line)
    this.#line.clear()
  }

  #endString(): void {
    const { text, positions } = this.#string
    if (text === '') return
    this.#hideRanges(this.#redactor.ranges(text), positions)
    const copied = CLIPBOARD.exec(text)?.[1]
    if (copied && this.#redactor.ranges(Buffer.from(copied, 'base64').toString()).length > 0)
      this.#hideRanges([[text.length - copied.length, text.length]], positions)
    this.#string.clear()
  }

  /** Counts those of which something was not hidden yet: a line is looked at more than once. */
  #hideRanges(ranges: readonly Range[], positions: readonly number[]): void {
    for (const [from, to] of ranges) {
      let isNew = false
      for (let at = from; at < to; at++) {
        const position = positions[at]!
        if (position !== NOWHERE && this.#hidden.add(position)) isNew = true
      }
      if (isNew) this.#redactor.count++
    }
  }
}

/** Characters with their positions, one per UTF-16 unit. */
class Piece {
  text = ''
  positions: number[] = []

  add(code: number, position: number): void {
    this.text += String.fromCodePoint(code)
    this.positions.push(position)
    if (code > 0xffff) this.positions.push(position)
  }

  keepLast(count: number): void {
    this.text = this.text.slice(-count)
    this.positions = this.positions.slice(-count)
  }

  clear(): void {
    this.text = ''
    this.positions = []
  }
}

/** Decodes UTF-8; every byte that is none of a character becomes U+FFFD. Returns how many characters there are. */
function decode(
  bytes: Uint8Array,
  begin: number,
  end: number,
  take: (code: number, at: number, index: number) => void,
): number {
  let count = 0
  for (let at = begin; at < end; ) {
    const first = bytes[at]!
    const size =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0
    let code = size === 1 ? first : size === 0 ? REPLACEMENT : first & (0xff >> (size + 1))
    let isWhole = size > 0 && at + size <= end
    for (let i = 1; i < size && isWhole; i++) {
      const next = bytes[at + i]!
      isWhole = (next & 0xc0) === 0x80
      code = (code << 6) | (next & 0x3f)
    }
    if (!isWhole || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) {
      take(REPLACEMENT, at, count++)
      at++
    } else {
      take(code, at, count++)
      at += size
    }
  }
  return count
}
