// A session's title as lists show it. Knows nothing of where it comes from.
import { oneLine } from '../../../protocol/one-line.ts'

/** Longer titles say nothing more in a list. */
const TITLE_CHARACTERS = 256

export function cleanTitle(text: string): string {
  return oneLine(text, TITLE_CHARACTERS)
}
