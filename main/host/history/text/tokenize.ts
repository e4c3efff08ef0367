// What counts as a word of recorded text, and when two are the same. Knows nothing of indexes or queries.

/** Longer ones (keys, base64) are known by their beginning: nobody types more of one, and an index of it all is large. */
export const WORD_CHARACTERS = 64

/** Scripts that put no space between words: each character counts as one. */
const ALONE =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const IN_WORD = '\\p{L}\\p{N}\\p{M}'

const WORD = new RegExp(`[${ALONE}]|(?:(?![${ALONE}])[${IN_WORD}])+`, 'gu')
const ASCII_WORD = /[a-z0-9]+/g
const NOT_ASCII = /[^\x00-\x7f]/
const JOINING = new RegExp(`^(?![${ALONE}])[${IN_WORD}]$`, 'u')

/** For regular expressions with the flags `iu`: here no word goes on. */
export const NOT_AFTER_WORD = `(?<![${IN_WORD}])`
export const NOT_BEFORE_WORD = `(?![${IN_WORD}])`

/** Whether a word may go on beside this character, so that a search for it has to look there. */
export function joins(character: string): boolean {
  return JOINING.test(character)
}

const folded = new Map<string, string>()

/**
 * Capitals become small letters, character by character, so that it does not matter what stands beside one. What a
 * regular expression with the flags `iu` takes for the same letter becomes the same here.
 */
export function fold(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase()
  let result = ''
  for (const character of text) {
    let small = folded.get(character)
    if (small === undefined) {
      const capital = character.toUpperCase()
      const one = [...capital].length === 1 ? capital : character
      const lower = one.toLowerCase()
      small = [...lower].length === 1 ? lower : one
      if (folded.size < 10_000) folded.set(character, small)
    }
    result += small
  }
  return result
}

/** The words of a line, folded and cut to WORD_CHARACTERS. */
export function wordsOf(line: string): string[] {
  const text = fold(line)
  const words = text.match(NOT_ASCII.test(text) ? WORD : ASCII_WORD) ?? []
  return words.map(word => (word.length > WORD_CHARACTERS ? beginning(word) : word))
}

function beginning(word: string): string {
  const cut = word.slice(0, WORD_CHARACTERS)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}
