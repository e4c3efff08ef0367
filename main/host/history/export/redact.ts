// Takes out of text, and out of a stream of output, what must not be in an export. Knows nothing of formats.
//
// What is promised: a pattern is looked for in each line as it is printed, with the escape sequences in it left out, so
// that colours in the middle of a match do not hide it; and in titles, links and whatever else travels in strings. Every
// column of a match becomes a block, so that what stands around it stays where it was. What is not promised: text that a
// program puts together on the screen from pieces (a full-screen program, a command line that was edited while it was
// typed) is no line that was printed, a match may not go over several lines, and one that is longer than LONGEST_MATCH
// may be found in part only. Exports as text and HTML look at lines as they stood on the screen, and find those too.
import { CodedError, toCoded } from '../../../../protocol/errors.ts'
import { MAX_PATTERNS, PATTERN_CHARACTERS } from '../../../../protocol/limits.ts'
import type { Redaction } from '../../../../protocol/messages.ts'

export const BLOCK = '█'

/** Characters of a match, at most, that is found wherever it stands in a line without end. */
export const LONGEST_MATCH = 4 * 1024

/** A line is held until it ends, but no more of it than this. */
const HELD_CHARACTERS = 64 * 1024

/**
 * What secrets look like: whole matches, or their first group where there is one. Every repetition has a bound, so that a
 * hostile line costs little.
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

/** Without any of these there is no secret in a line; most lines have none. */
const MAYBE =
  /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|[srp]k_|sk-|AIza|npm_|ya29|eyJ|authorization|:\/\/|passw|passphrase|secret|credential|key|token/i
const KEY_BEGINS = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY( BLOCK)?-----/
const KEY_ENDS = /-----END [A-Z ]{0,40}PRIVATE KEY( BLOCK)?-----/

/** A key has this many lines at most: who prints only its first line does not lose the rest of the session. */
const KEY_LINES = 200

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u
const NO_COLUMN = /^[\p{M}\p{Cf}]/u

type Range = [from: number, to: number]

export class Redactor {
  readonly #patterns: RegExp[] = []
  readonly #secrets: RegExp[] = []
  #keyLines = 0
  /** How often something was taken out. */
  count = 0

  /** Throws `pattern_invalid`. */
  constructor({ patterns = [], secrets = false }: Redaction = {}) {
    if (patterns.length > MAX_PATTERNS)
      throw new CodedError('pattern_invalid', `${patterns.length} patterns are more than ${MAX_PATTERNS}`)
    for (const pattern of patterns) {
      if (pattern.length > PATTERN_CHARACTERS)
        throw new CodedError('pattern_invalid', `a pattern has at most ${PATTERN_CHARACTERS} characters`)
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

  /** What of a line has to go, in order and apart. Lines come in order. */
  lineRanges(line: string): Range[] {
    if (this.#secrets.length > 0) {
      const begins = this.#keyLines === 0 && KEY_BEGINS.test(line)
      if (begins) this.#keyLines = KEY_LINES
      if (this.#keyLines > 0) {
        this.#keyLines--
        if (KEY_ENDS.test(line)) this.#keyLines = 0
        if (line === '') return []
        this.count++
        return [[0, line.length]]
      }
    }
    return this.ranges(line)
  }

  /** What of a text that is no line of output has to go: a title, a label. */
  ranges(text: string): Range[] {
    const ranges: Range[] = []
    for (const pattern of this.#patterns) {
      for (const match of text.matchAll(pattern))
        if (match[0] !== '') ranges.push([match.index, match.index + match[0].length])
    }
    if (this.#secrets.length > 0 && MAYBE.test(text)) {
      for (const secret of this.#secrets)
        for (const { indices } of text.matchAll(secret)) ranges.push(indices![1] ?? indices![0]!)
    }
    if (ranges.length === 0) return ranges
    ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    const apart: Range[] = []
    for (const [from, to] of ranges) {
      const last = apart.at(-1)
      if (last && from < last[1]) last[1] = Math.max(last[1], to)
      else apart.push([from, to])
    }
    this.count += apart.length
    return apart
  }

  /** A text with blocks in the place of what has to go. */
  plain(text: string): string {
    return masked(text, this.ranges(text))
  }

  line(line: string): string {
    return masked(line, this.lineRanges(line))
  }
}

export function masked(text: string, ranges: readonly Range[]): string {
  let result = ''
  let at = 0
  for (const [from, to] of ranges) {
    result += text.slice(at, from)
    for (const character of text.slice(from, to)) result += maskOf(character)
    at = to
  }
  return result + text.slice(at)
}

/** As wide as the character was. */
export function maskOf(character: string): string {
  if (character === '\t' || NO_COLUMN.test(character)) return character === '\t' ? character : ''
  return WIDE.test(character) ? BLOCK + BLOCK : BLOCK
}

type State = 'text' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string_escape'

/** Text of a stream with what it belongs to, as an event of a recording. */
export interface Tagged<T> {
  text: string
  tag: T
}

/** Finals of CSI sequences behind which text stands on another line. */
const MOVES = new Set('ABEFHdfJST')

/** Redacts a stream that comes in pieces: matches may begin in one and end in another. */
export class StreamRedactor<T> {
  readonly #redactor: Redactor
  #text = ''
  #pieces: { end: number; tag: T }[] = []
  #parsed = 0
  #state: State = 'text'
  /** Where in #text the characters of this line are, and those of the string that has begun. */
  #line: number[] = []
  #string: number[] = []
  /** Where in #text something has to go. */
  readonly #hidden = new Set<number>()

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** Returns what is certain now: all up to the line that has not ended. */
  push(text: string, tag: T): Tagged<T>[] {
    this.#text += text
    this.#pieces.push({ end: this.#text.length, tag })
    let certain = 0
    for (; this.#parsed < this.#text.length; this.#parsed++) {
      if (this.#take(this.#text[this.#parsed]!, this.#parsed)) {
        this.#endLine()
        certain = this.#parsed + 1
      }
    }
    if (this.#line.length === 0 && this.#state === 'text') certain = this.#text.length
    else if (this.#text.length - certain > HELD_CHARACTERS) certain = Math.max(certain, this.#endEarly())
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

  /** True: the line ends behind this character. */
  #take(character: string, at: number): boolean {
    const code = character.charCodeAt(0)
    if (code === 0x1b) {
      this.#state = this.#state === 'string' ? 'string_escape' : 'escape'
      return false
    }
    switch (this.#state) {
      case 'text':
        if (code >= 0x20 && (code < 0x7f || code > 0x9f)) this.#line.push(at)
        else if (code === 9) this.#line.push(at)
        else if (code >= 10 && code <= 13) return true
        else if (code >= 0x80) this.#state = afterEscape(code - 0x40)
        return false
      case 'string_escape':
        this.#endString()
        this.#state = character === '\\' ? 'text' : afterEscape(code)
        return false
      case 'string':
        if (code === 7 || code === 0x18 || code === 0x1a || code === 0x9c) {
          this.#endString()
          this.#state = 'text'
        } else this.#string.push(at)
        return false
      case 'escape':
        this.#state = afterEscape(code)
        return 'DEMc8'.includes(character)
      case 'intermediate':
        if (code >= 0x30) this.#state = 'text'
        return false
      case 'csi':
        if (code >= 0x40 && code <= 0x7e) this.#state = 'text'
        else if (code === 0x18 || code === 0x1a) this.#state = 'text'
        else if (code >= 10 && code <= 13) return true
        return this.#state === 'text' && MOVES.has(character)
    }
  }

  #endString(): void {
    this.#hide(this.#string, text => this.#redactor.ranges(text))
    this.#string = []
  }

  #endLine(): void {
    this.#hide(this.#line, text => this.#redactor.lineRanges(text))
    this.#line = []
  }

  #hide(places: readonly number[], rangesOf: (text: string) => Range[]): Range[] {
    if (places.length === 0) return []
    let text = ''
    for (const place of places) text += this.#text[place]
    const ranges = rangesOf(text)
    for (const [from, to] of ranges) for (let at = from; at < to; at++) this.#hidden.add(places[at]!)
    return ranges
  }

  /** A line without end: its beginning is certain, except for what a match that goes on might begin with. */
  #endEarly(): number {
    const cutOf = (places: readonly number[]): number => {
      const ranges = this.#hide(places, text => this.#redactor.ranges(text))
      let cut = Math.max(0, places.length - LONGEST_MATCH)
      const across = ranges.find(([from, to]) => from < cut && to > cut)
      if (across) cut = across[1] - across[0] > LONGEST_MATCH ? across[1] : across[0]
      return cut
    }
    const [lineCut, stringCut] = [cutOf(this.#line), cutOf(this.#string)]
    // Never between the halves of a character, and what is kept is looked at again.
    const inString = this.#state === 'string' || this.#state === 'string_escape'
    const places = inString ? this.#string : this.#line
    const cut = inString ? stringCut : lineCut
    let certain = places[cut] ?? this.#text.length
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
    for (const { end: pieceEnd, tag } of this.#pieces) {
      if (at > end || (pieceEnd > end && at >= end)) break
      const to = Math.min(pieceEnd, end)
      released.push({ text: this.#slice(at, to), tag })
      at = to
      if (pieceEnd > end) break
      count++
    }
    this.#pieces = this.#pieces.slice(count).map(({ end: pieceEnd, tag }) => ({ end: pieceEnd - end, tag }))
    this.#text = this.#text.slice(end)
    this.#parsed -= end
    this.#line = this.#line.map(place => place - end)
    this.#string = this.#string.map(place => place - end)
    const later = [...this.#hidden].filter(place => place >= end).map(place => place - end)
    this.#hidden.clear()
    for (const place of later) this.#hidden.add(place)
    return released
  }

  #slice(from: number, to: number): string {
    if (this.#hidden.size === 0) return this.#text.slice(from, to)
    let result = ''
    for (let at = from; at < to; at++) {
      const character = this.#text[at]!
      if (!this.#hidden.has(at)) result += character
      // The second half of a character goes with its first, also when they came apart.
      else if (!/[\udc00-\udfff]/.test(character)) result += maskOf(String.fromCodePoint(this.#text.codePointAt(at)!))
    }
    return result
  }
}

function afterEscape(code: number): State {
  if (code === 0x5b) return 'csi'
  // DCS, SOS, OSC, PM and APC.
  if (code === 0x50 || code === 0x58 || code === 0x5d || code === 0x5e || code === 0x5f) return 'string'
  return code >= 0x20 && code < 0x30 ? 'intermediate' : 'text'
}
