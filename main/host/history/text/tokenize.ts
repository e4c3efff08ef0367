// What counts as a word of recorded text, and when two words are the same.

/** Longer words (keys, base64) are indexed by their beginning: people type no more than that, and the index stays small. */
const WORD_CHARACTERS = 64

/** Scripts without spaces between words: each character counts as a word. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const IN_WORD = '\\p{L}\\p{N}\\p{M}'

const WORD = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[${IN_WORD}])+`, 'gu')
const ASCII_WORD = /[a-z0-9]+/g
const NOT_ASCII = /[^\x00-\x7f]/
const JOINING = new RegExp(`^(?![${UNSPACED}])[${IN_WORD}]$`, 'u')

/** For regular expressions with the flags `iu`: no word continues here. */
export const NOT_AFTER_WORD = `(?<![${IN_WORD}])`
export const NOT_BEFORE_WORD = `(?![${IN_WORD}])`

/** How many characters `fold` remembers: more than real output contains. */
const MAX_FOLDED = 10_000

/** Whether a word may continue beside this character, so that a search for it has to check there. */
export function joins(character: string): boolean {
  return JOINING.test(character)
}

const folded = new Map<string, string>()

/**
 * To lower case, character by character, so that context does not matter. Characters that a regular expression with the
 * flags `iu` takes for the same letter become the same here.
 */
export function fold(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase()
  let result = ''
  for (const character of text) {
    let lower = folded.get(character)
    if (lower === undefined) {
      const upper = character.toUpperCase()
      const single = [...upper].length === 1 ? upper : character
      const lowered = single.toLowerCase()
      lower = [...lowered].length === 1 ? lowered : single
      if (folded.size < MAX_FOLDED) folded.set(character, lower)
    }
    result += lower
  }
  return result
}

/**
 * The same for all ways to write the same characters: é composed or not, Hangul as syllables or jamo, digits of full width.
 * NFKC, https://unicode.org/reports/tr15/. Line feeds stay.
 */
export function normalize(text: string): string {
  return NOT_ASCII.test(text) ? text.normalize('NFKC') : text
}

/** What is normalized together: a character with its marks, a run of jamo, a kana of half width with its sound mark. */
const NORMALIZED_TOGETHER =
  /[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff][\u1160-\u11ff\ud7b0-\ud7ff\p{M}]*|[^\p{M}\uff9e\uff9f][\p{M}\uff9e\uff9f]*|[\p{M}\uff9e\uff9f]+/gsu

/** Translates an extent of `normalize(text)` to the smallest one of `text` that contains it. */
export function extentsIn(text: string): (from: number, to: number) => [from: number, to: number] {
  const starts: number[] = []
  const lengths: number[] = []
  let length = 0
  for (const { 0: part, index } of text.matchAll(NORMALIZED_TOGETHER)) {
    starts.push(index)
    lengths.push(length)
    length += part.normalize('NFKC').length
  }
  const partAt = (at: number) => {
    let low = 0
    let high = lengths.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (lengths[middle]! <= at) low = middle
      else high = middle - 1
    }
    return low
  }
  // Parts that belong together after all: the whole line then.
  if (length !== normalize(text).length) return () => [0, text.length]
  return (from, to) => [starts[partAt(from)] ?? 0, starts[partAt(Math.max(from, to - 1)) + 1] ?? text.length]
}

/** The words of a line, normalized, folded and cut to WORD_CHARACTERS. */
export function wordsOf(line: string): string[] {
  const text = fold(normalize(line))
  const words = text.match(NOT_ASCII.test(text) ? WORD : ASCII_WORD) ?? []
  return words.map(word => (word.length > WORD_CHARACTERS ? cutWord(word) : word))
}

function cutWord(word: string): string {
  const cut = word.slice(0, WORD_CHARACTERS)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}
