// Whether a person who reads a question outside the terminal reads all of it: no one should approve what was cut off, or what
// hidden characters disguise.
import type { Question } from './messages.ts'
import { oneLine } from './one-line.ts'

/** What the question is about, and the question. */
export function linesOf({ context, text }: Question): string[] {
  return [...context, text].filter(line => line.trim() !== '')
}

/**
 * Whether its lines are all that is asked, and each of them is shown completely in `maxCharacters`. Not where an option covers
 * more than its label says.
 */
export function isShownWhole(question: Question, maxCharacters: number): boolean {
  if (question.options.some(({ detail }) => detail !== undefined)) return false
  return !question.is_cut && linesOf(question).every(line => isLineShownWhole(line, maxCharacters))
}

/** Nothing invisible is in it, and nothing that `oneLine` would leave out. */
export function isLineShownWhole(line: string, maxCharacters: number): boolean {
  return oneLine(line) === line.trim() && [...line].length <= maxCharacters
}
