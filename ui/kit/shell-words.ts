// Splits a command line into words and joins words to a line, with quotes as in a shell; no variables, pipes or globs.

/** What is still open at the end of the line. */
export type UnclosedQuote = "'" | '"' | '\\'

/** The words of `line`, or the quote or backslash that is left open. Nothing is expanded. */
export function splitWords(line: string): string[] | UnclosedQuote {
  const words: string[] = []
  let word: string | undefined
  let quote: "'" | '"' | undefined
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!
    if (quote === "'") {
      if (character === "'") quote = undefined
      else word += character
    } else if (quote === '"') {
      if (character === '"') quote = undefined
      // Within double quotes a backslash is literal except before these.
      else if (character === '\\' && /["\\$`]/.test(line[i + 1] ?? '')) word = (word ?? '') + line[++i]
      else word = (word ?? '') + character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ''
    } else if (character === '\\') {
      if (i + 1 === line.length) return '\\'
      word = (word ?? '') + line[++i]
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote) return quote
  if (word !== undefined) words.push(word)
  return words
}

/** `words` as a user would type them; the reverse of `splitWords`. */
export function joinWords(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
