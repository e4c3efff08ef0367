// A line as words and words as a line, with quotes as a shell reads them. Knows no variables, pipes or programs.

/** What is open at the end of a line that is no list of words. */
export type UnclosedQuote = "'" | '"' | '\\'

/** The words of `line`; where a quote or a backslash is left open, that one. Nothing is expanded: no shell reads it. */
export function splitWords(line: string): string[] | UnclosedQuote {
  const words: string[] = []
  let word: string | undefined
  let quote: "'" | '"' | undefined
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!
    if (quote === "'") {
      if (letter === "'") quote = undefined
      else word += letter
    } else if (quote === '"') {
      if (letter === '"') quote = undefined
      // Within double quotes a backslash stays one, but before these.
      else if (letter === '\\' && /["\\$`]/.test(line[i + 1] ?? '')) word = (word ?? '') + line[++i]
      else word = (word ?? '') + letter
    } else if (letter === "'" || letter === '"') {
      quote = letter
      word ??= ''
    } else if (letter === '\\') {
      if (i + 1 === line.length) return '\\'
      word = (word ?? '') + line[++i]
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + letter
  }
  if (quote) return quote
  if (word !== undefined) words.push(word)
  return words
}

/** `words` as a person would type them: `splitWords` gives them back. */
export function joinWords(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
