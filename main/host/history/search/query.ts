// What a person looks for: `word`, `begin*`, `"words in a row"`, all of them in one line. Knows nothing of where it is
// looked for.
import { joins, NOT_AFTER_WORD, NOT_BEFORE_WORD, wordsOf } from '../text/tokenize.ts'

interface Term {
  text: string
  /** What it stands at the beginning of is found too. */
  prefix: boolean
}

/** Words that the index is asked for: the longest are the rarest, and more hardly narrow it further. */
const INDEXED_WORDS = 16

/** Beginnings shorter than this stand in nearly every piece of text; the index would read a lot to say so. */
const PREFIX_CHARACTERS = 2

/** Places that are told of one line: what is beyond them is not seen in a list of hits. */
const MOST_RANGES = 32

/** A line that has all terms: its number in the text, and where they stand in it. */
export interface FoundLine {
  number: number
  ranges: [number, number][]
}

interface Sought {
  pattern: RegExp
  /** How many lines had it where it was looked for first; half for each time. */
  found: number
}

export class Query {
  readonly #terms: Sought[]
  /** For FTS5: names every block with a line that may match. Undefined: the index cannot say. */
  readonly match: string | undefined

  constructor(text: string) {
    const terms = parse(text)
    // The longest first: it is the least likely to be there.
    this.#terms = [...terms]
      .sort((a, b) => b.text.length - a.text.length)
      .map(term => ({ pattern: toRegExp(term), found: 0 }))
    this.match = matchOf(terms)
  }

  /** Nothing to look for. */
  get isEmpty(): boolean {
    return this.#terms.length === 0
  }

  /** The lines of a text (ended by \n) that have all terms, in order. */
  linesOf(text: string): FoundLine[] {
    if (this.isEmpty) return []
    // Only lines with the rarest of them are looked at one by one.
    const rarest = this.#terms.reduce((a, b) => (b.found < a.found ? b : a))
    const { pattern } = rarest
    const lines: FoundLine[] = []
    let number = 0
    let counted = 0
    let tried = 0
    pattern.lastIndex = 0
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      tried++
      const begin = text.lastIndexOf('\n', match.index - 1) + 1
      const next = text.indexOf('\n', match.index)
      const end = next < 0 ? text.length : next
      const ranges = this.#rangesIn(text.slice(begin, end))
      if (ranges) {
        for (let at = text.indexOf('\n', counted); at >= 0 && at < begin; at = text.indexOf('\n', at + 1)) {
          number++
          counted = at + 1
        }
        lines.push({ number, ranges })
      }
      pattern.lastIndex = end
    }
    rarest.found = (rarest.found + tried) / 2 + 1e-6
    return lines
  }

  /** Beginnings and ends in a line that has all terms, in order and apart. */
  #rangesIn(line: string): [number, number][] | undefined {
    for (const { pattern } of this.#terms) {
      const before = pattern.lastIndex
      pattern.lastIndex = 0
      const there = pattern.test(line)
      pattern.lastIndex = before
      if (!there) return undefined
    }
    const all: [number, number][] = []
    for (const { pattern } of this.#terms) {
      pattern.lastIndex = 0
      for (let match = pattern.exec(line); match && all.length < MOST_RANGES * 4; match = pattern.exec(line))
        all.push([match.index, match.index + match[0].length])
    }
    return apart(all).slice(0, MOST_RANGES)
  }
}

function parse(text: string): Term[] {
  const terms = new Map<string, Term>()
  for (const [, quoted, closed, bare] of text.matchAll(/"([^"]*)("?\*?)|([^\s"]+)/gu)) {
    const prefix = quoted === undefined ? bare!.endsWith('*') : closed!.endsWith('*')
    const wanted = (quoted ?? (prefix ? bare!.slice(0, -1) : bare!)).trim()
    if (wanted !== '') terms.set(`${prefix} ${wanted}`, { text: wanted, prefix })
  }
  return [...terms.values()]
}

function toRegExp({ text, prefix }: Term): RegExp {
  const literal = text
    .split(/\s+/u)
    .map(part => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('[^\\S\\n]+')
  const characters = [...text]
  const before = joins(characters[0]!) ? NOT_AFTER_WORD : ''
  const after = !prefix && joins(characters.at(-1)!) ? NOT_BEFORE_WORD : ''
  return new RegExp(before + literal + after, 'giu')
}

/** Every word stands in quotes and has no quote in it: whatever was typed, this is an expression that FTS5 takes. */
function matchOf(terms: Term[]): string | undefined {
  const words = new Map<string, number>()
  for (const { text, prefix } of terms) {
    const own = wordsOf(text)
    const last = own.length - 1
    const goesOn = prefix && joins([...text].at(-1)!)
    for (const [at, word] of own.entries()) {
      const open = goesOn && at === last
      if (open && word.length < PREFIX_CHARACTERS) continue
      words.set(open ? `"${word}" *` : `"${word}"`, word.length)
    }
  }
  const longest = [...words].sort(([, a], [, b]) => b - a).slice(0, INDEXED_WORDS)
  return longest.length === 0 ? undefined : longest.map(([word]) => word).join(' AND ')
}

function apart(ranges: [number, number][]): [number, number][] {
  const sorted = ranges.filter(([from, to]) => to > from).sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const result: [number, number][] = []
  for (const [from, to] of sorted) {
    const last = result.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}
