// Redacts text, and streams of output.
//
// What is promised: a pattern is searched for in each line as it is printed, without the escape sequences in it, so that
// colors in the middle of a match do not hide it; and in titles, links and everything else that is sent in strings. Every
// column of a match becomes a block, so that the text around it keeps its place. What is not promised: text that a
// program assembles on the screen (a full-screen program, a command line that is edited while it is typed) is not a
// printed line, a match may not span several lines, and one that is longer than LONGEST_MATCH may be found only in part.
// Exports as text and HTML look at lines as they were on the screen, and find those too.
import { CodedError, toCoded } from '../../../../protocol/errors.ts'
import { MAX_PATTERNS, PATTERN_CHARACTERS } from '../../../../protocol/limits.ts'
import type { Redaction } from '../../../../protocol/messages.ts'
import {
  controlLeavesLine,
  csiLeavesLine,
  EscapeScanner,
  type EscapeSink,
  escLeavesLine,
} from '../../../../terminal/escape-scanner.ts'

const BLOCK = '█'

/** Matches up to this many characters are found anywhere in a line without end. */
const LONGEST_MATCH = 4 * 1024

/** A line is held until it ends, but no more of it than this. */
const MAX_HELD_CHARACTERS = 64 * 1024

/**
 * What secrets look like: the first group of a match, or all of it if there is none. Every repetition is bounded, so that
 * a hostile line costs little.
 */
const SECRETS = [
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,255}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,255}/,
  /\bglpat-[\w-]{20,255}/,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,255}/,
  /\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,255}/,
  /\bsk-[A-Za-z0-9_-]{20,255}/,
  /\bAIza[\w-]{35}/,
  /\bnpm_[A-Za-z0-9]{36}/,
  /\bya29\.[\w-]{20,1024}/,
  /\beyJ[\w-]{8,2048}\.eyJ[\w-]{8,2048}\.[\w-]{0,1024}/,
  /\bauthorization["']?[:=]\s{0,4}["']?(?:bearer|basic|token)\s{1,4}([^\s"']{4,2048})/i,
  /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,64}:([^\s/@]{1,256})@/i,
  /(?:passw(?:or)?d|passphrase|secret|credential|api[_-]?key|access[_-]?key|auth[_-]?key|token)[\w-]{0,16}["']?\s{0,4}[=:]\s{0,4}["']?([^\s"',;]{4,1024})/i,
]

/** A line without any of these has no secret; most lines have none. */
const SECRET_HINT =
  /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|[srp]k_|sk-|AIza|npm_|ya29|eyJ|authorization|:\/\/|passw|passphrase|secret|credential|key|token/i
const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY( BLOCK)?-----/
const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY( BLOCK)?-----/

/** The longest key: after its first line alone, the rest of the session must not be lost. */
const MAX_KEY_LINES = 200

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u
const ZERO_WIDTH = /^[\p{M}\p{Cf}]/u

const TAB = 9
const CR = 13

type Range = [from: number, to: number]

export class Redactor {
  readonly #patterns: RegExp[] = []
  readonly #secrets: RegExp[] = []
  /** How many lines of the key may follow. */
  #keyLines = 0
  /** How often something was redacted. */
  count = 0

  /** Throws `pattern_invalid`. */
  constructor({ patterns = [], secrets = false }: Redaction = {}) {
    if (patterns.length > MAX_PATTERNS)
      throw new CodedError('pattern_invalid', `there are ${patterns.length} patterns; use at most ${MAX_PATTERNS}`)
    for (const pattern of patterns) {
      if (pattern.length > PATTERN_CHARACTERS)
        throw new CodedError('pattern_invalid', `a pattern is too long; use at most ${PATTERN_CHARACTERS} characters`)
      try {
        this.#patterns.push(new RegExp(pattern, 'gu'))
      } catch (error) {
        throw new CodedError('pattern_invalid', `${toCoded(error).message.slice(0, 200)}`, { cause: error })
      }
    }
    if (secrets) for (const { source, flags } of SECRETS) this.#secrets.push(new RegExp(source, `${flags}dg`))
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0 && this.#secrets.length === 0
  }

  /** What has to be redacted in a line: in order, without overlaps. Call it line by line, because keys span lines. */
  lineRanges(line: string): Range[] {
    if (this.#secrets.length > 0) {
      if (this.#keyLines === 0 && KEY_BEGIN.test(line)) this.#keyLines = MAX_KEY_LINES
      if (this.#keyLines > 0) {
        this.#keyLines--
        if (KEY_END.test(line)) this.#keyLines = 0
        if (line === '') return []
        this.count++
        return [[0, line.length]]
      }
    }
    return this.ranges(line)
  }

  /** The same for a text that is not a line of output: a title, a label. */
  ranges(text: string): Range[] {
    const ranges: Range[] = []
    for (const pattern of this.#patterns) {
      for (const match of text.matchAll(pattern))
        if (match[0] !== '') ranges.push([match.index, match.index + match[0].length])
    }
    if (this.#secrets.length > 0 && SECRET_HINT.test(text)) {
      for (const secret of this.#secrets)
        for (const { indices } of text.matchAll(secret)) ranges.push(indices![1] ?? indices![0]!)
    }
    if (ranges.length === 0) return ranges
    ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    const merged: Range[] = []
    for (const [from, to] of ranges) {
      const last = merged.at(-1)
      if (last && from < last[1]) last[1] = Math.max(last[1], to)
      else merged.push([from, to])
    }
    this.count += merged.length
    return merged
  }

  /** A title or label with blocks in place of what is redacted. */
  plain(text: string): string {
    return mask(text, this.ranges(text))
  }

  /** A line of output. Call it line by line. */
  line(line: string): string {
    return mask(line, this.lineRanges(line))
  }
}

function mask(text: string, ranges: readonly Range[]): string {
  let result = ''
  let at = 0
  for (const [from, to] of ranges) {
    result += text.slice(at, from)
    for (const character of text.slice(from, to)) result += maskOf(character)
    at = to
  }
  return result + text.slice(at)
}

/** As wide as the character. */
export function maskOf(character: string): string {
  if (character === '\t') return character
  if (ZERO_WIDTH.test(character)) return ''
  return WIDE.test(character) ? BLOCK + BLOCK : BLOCK
}

/** Text of a stream with what it belongs to, such as an event of a recording. */
export interface Tagged<T> {
  text: string
  tag: T
}

/** Redacts a stream that arrives in chunks: matches may begin in one and end in another. */
export class StreamRedactor<T> {
  readonly #redactor: Redactor
  readonly #scanner = new EscapeScanner()
  /** What is not released yet, and the chunks in which it arrived. */
  #text = ''
  #chunks: { end: number; tag: T }[] = []
  /** Where in #text the characters of the current line are, and those of the string that has begun. */
  #line: number[] = []
  #string: number[] = []
  /** Where in #text characters are to be masked. */
  readonly #hidden = new Set<number>()

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** Returns what is certain now: all up to the line that has not ended. */
  push(text: string, tag: T): Tagged<T>[] {
    const base = this.#text.length
    this.#text += text
    this.#chunks.push({ end: this.#text.length, tag })
    let certain = 0
    const endLine = (end: number) => {
      this.#hide(this.#line, line => this.#redactor.lineRanges(line))
      this.#line = []
      certain = base + end
    }
    this.#scanner.feedText(text, this.#sink(base, endLine))
    if (this.#line.length === 0 && this.#scanner.isGround) certain = this.#text.length
    else if (this.#text.length - certain > MAX_HELD_CHARACTERS) certain = Math.max(certain, this.#releaseEarly())
    return this.#release(certain)
  }

  /** All that is left. */
  end(): Tagged<T>[] {
    this.#hide(this.#line, text => this.#redactor.lineRanges(text))
    this.#hide(this.#string, text => this.#redactor.ranges(text))
    this.#line = []
    this.#string = []
    return this.#release(this.#text.length)
  }

  /** `base`: where in #text the scanned chunk begins. */
  #sink(base: number, endLine: (end: number) => void): EscapeSink {
    return {
      text: (begin, end) => {
        for (let at = base + begin; at < base + end; at++) this.#line.push(at)
      },
      control: (code, begin, end) => {
        if (code === TAB) this.#line.push(base + begin)
        else if (code === CR || controlLeavesLine(code)) endLine(end)
      },
      esc: (final, end) => {
        if (this.#scanner.sequence === '' && escLeavesLine(final)) endLine(end)
      },
      csi: (final, end) => {
        if (csiLeavesLine(final)) endLine(end)
      },
      stringBegin: () => {},
      stringData: (begin, end) => {
        for (let at = base + begin; at < base + end; at++) this.#string.push(at)
      },
      stringEnd: () => {
        this.#hide(this.#string, text => this.#redactor.ranges(text))
        this.#string = []
      },
    }
  }

  #hide(places: readonly number[], rangesOf: (text: string) => Range[]): Range[] {
    if (places.length === 0) return []
    let text = ''
    for (const place of places) text += this.#text[place]
    const ranges = rangesOf(text)
    for (const [from, to] of ranges) for (let at = from; at < to; at++) this.#hidden.add(places[at]!)
    return ranges
  }

  /** For a line without end: its beginning is certain, except where a match that continues may begin. */
  #releaseEarly(): number {
    const cutOf = (places: readonly number[]): number => {
      const ranges = this.#hide(places, text => this.#redactor.ranges(text))
      let cut = Math.max(0, places.length - LONGEST_MATCH)
      const across = ranges.find(([from, to]) => from < cut && to > cut)
      if (across) cut = across[1] - across[0] > LONGEST_MATCH ? across[1] : across[0]
      return cut
    }
    const [lineCut, stringCut] = [cutOf(this.#line), cutOf(this.#string)]
    const { isString } = this.#scanner
    const places = isString ? this.#string : this.#line
    let certain = places[isString ? stringCut : lineCut] ?? this.#text.length
    // Never between the halves of a character. What is kept is looked at again.
    if (/[\udc00-\udfff]/.test(this.#text[certain] ?? '')) certain--
    this.#line = this.#line.filter(place => place >= certain)
    this.#string = this.#string.filter(place => place >= certain)
    for (const place of [...this.#line, ...this.#string]) this.#hidden.delete(place)
    return certain
  }

  #release(end: number): Tagged<T>[] {
    const released: Tagged<T>[] = []
    let at = 0
    let count = 0
    for (const { end: chunkEnd, tag } of this.#chunks) {
      if (at > end || (chunkEnd > end && at >= end)) break
      const to = Math.min(chunkEnd, end)
      released.push({ text: this.#masked(at, to), tag })
      at = to
      if (chunkEnd > end) break
      count++
    }
    this.#chunks = this.#chunks.slice(count).map(({ end: chunkEnd, tag }) => ({ end: chunkEnd - end, tag }))
    this.#text = this.#text.slice(end)
    this.#line = this.#line.map(place => place - end)
    this.#string = this.#string.map(place => place - end)
    const later = [...this.#hidden].filter(place => place >= end).map(place => place - end)
    this.#hidden.clear()
    for (const place of later) this.#hidden.add(place)
    return released
  }

  #masked(from: number, to: number): string {
    if (this.#hidden.size === 0) return this.#text.slice(from, to)
    let result = ''
    for (let at = from; at < to; at++) {
      const character = this.#text[at]!
      if (!this.#hidden.has(at)) result += character
      // The second half of a character goes with its first, also when they arrived apart.
      else if (!/[\udc00-\udfff]/.test(character)) result += maskOf(String.fromCodePoint(this.#text.codePointAt(at)!))
    }
    return result
  }
}
