// Search queries: `word`, `prefix*`, `"words in a row"`; a line matches when it has all of them.
import { extentsIn, joins, NOT_AFTER_WORD, NOT_BEFORE_WORD, normalize, wordsOf } from '../text/tokenize.ts'

interface Term {
  text: string
  /** Words that only begin with it match too. */
  isPrefix: boolean
}

/** Words that are looked up in the index: the longest are the rarest, and more hardly narrow it further. */
const MAX_INDEXED_WORDS = 16

/** Prefixes shorter than this are in nearly every block; the index would read a lot to say so. */
const MIN_PREFIX_CHARACTERS = 2

/** Ranges that are marked in one line: more cannot be seen in a list of hits. */
const MAX_RANGES = 32

type Range = [from: number, to: number]

/** A line that has all terms: its number in the text, and where the terms are in it. */
export interface FoundLine {
  number: number
  ranges: Range[]
}

interface TermPattern {
  pattern: RegExp
  /** How many matches it had where it was searched for first: a moving average. */
  frequency: number
}

export class Query {
  readonly #terms: TermPattern[]
  /** For FTS5: matches every block with a line that may match. Undefined: the index cannot help. */
  readonly match: string | undefined

  constructor(text: string) {
    const terms = parse(normalize(text))
    // The longest first: it is the least likely to be found.
    this.#terms = [...terms]
      .sort((a, b) => b.text.length - a.text.length)
      .map(term => ({ pattern: toRegExp(term), frequency: 0 }))
    this.match = matchOf(terms)
  }

  /** There is nothing to search for. */
  get isEmpty(): boolean {
    return this.#terms.length === 0
  }

  /** The lines of a text (separated by \n) that have all terms, in order. */
  linesOf(written: string): FoundLine[] {
    if (this.isEmpty) return []
    const text = normalize(written)
    const lines = this.#normalizedLines(text)
    if (text === written || lines.length === 0) return lines
    const all = written.split('\n')
    return lines.map(({ number, ranges }) => {
      const extent = extentsIn(all[number]!)
      return { number, ranges: mergeRanges(ranges.map(([from, to]) => extent(from, to))) }
    })
  }

  #normalizedLines(text: string): FoundLine[] {
    // Only lines with the rarest term are checked for the others.
    const rarest = this.#terms.reduce((a, b) => (b.frequency < a.frequency ? b : a))
    const { pattern } = rarest
    const lines: FoundLine[] = []
    let number = 0
    let countedTo = 0
    let tried = 0
    pattern.lastIndex = 0
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      tried++
      const begin = text.lastIndexOf('\n', match.index - 1) + 1
      const next = text.indexOf('\n', match.index)
      const end = next < 0 ? text.length : next
      const ranges = this.#rangesIn(text.slice(begin, end))
      if (ranges) {
        for (let at = text.indexOf('\n', countedTo); at >= 0 && at < begin; at = text.indexOf('\n', at + 1)) {
          number++
          countedTo = at + 1
        }
        lines.push({ number, ranges })
      }
      pattern.lastIndex = end
    }
    rarest.frequency = (rarest.frequency + tried) / 2 + 1e-6
    return lines
  }

  /** Where the terms are in a line that has all of them, in order, without overlaps. */
  #rangesIn(line: string): Range[] | undefined {
    for (const { pattern } of this.#terms) {
      const before = pattern.lastIndex
      pattern.lastIndex = 0
      const isThere = pattern.test(line)
      pattern.lastIndex = before
      if (!isThere) return undefined
    }
    const all: Range[] = []
    for (const { pattern } of this.#terms) {
      pattern.lastIndex = 0
      for (let match = pattern.exec(line); match && all.length < MAX_RANGES * 4; match = pattern.exec(line))
        all.push([match.index, match.index + match[0].length])
    }
    return mergeRanges(all).slice(0, MAX_RANGES)
  }
}

function parse(text: string): Term[] {
  const terms = new Map<string, Term>()
  for (const [, quoted, closed, bare] of text.matchAll(/"([^"]*)("?\*?)|([^\s"]+)/gu)) {
    const isPrefix = quoted === undefined ? bare!.endsWith('*') : closed!.endsWith('*')
    const term = (quoted ?? (isPrefix ? bare!.slice(0, -1) : bare!)).trim()
    if (term !== '') terms.set(`${isPrefix} ${term}`, { text: term, isPrefix })
  }
  return [...terms.values()]
}

function toRegExp({ text, isPrefix }: Term): RegExp {
  const literal = text
    .split(/\s+/u)
    .map(word => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('[^\\S\\n]+')
  const characters = [...text]
  const before = joins(characters[0]!) ? NOT_AFTER_WORD : ''
  const after = !isPrefix && joins(characters.at(-1)!) ? NOT_BEFORE_WORD : ''
  return new RegExp(before + literal + after, 'giu')
}

/** Every word is in quotes and contains none: whatever was typed, this is a valid FTS5 expression. */
function matchOf(terms: Term[]): string | undefined {
  const words = new Map<string, number>()
  for (const { text, isPrefix } of terms) {
    const termWords = wordsOf(text)
    const last = termWords.length - 1
    const isOpen = isPrefix && joins([...text].at(-1)!)
    for (const [at, word] of termWords.entries()) {
      const isWordPrefix = isOpen && at === last
      if (isWordPrefix && word.length < MIN_PREFIX_CHARACTERS) continue
      words.set(isWordPrefix ? `"${word}" *` : `"${word}"`, word.length)
    }
  }
  const longest = [...words].sort(([, a], [, b]) => b - a).slice(0, MAX_INDEXED_WORDS)
  return longest.length === 0 ? undefined : longest.map(([word]) => word).join(' AND ')
}

function mergeRanges(ranges: Range[]): Range[] {
  const sorted = ranges.filter(([from, to]) => to > from).sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const merged: Range[] = []
  for (const [from, to] of sorted) {
    const last = merged.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}
