// A session's title as session lists show it.
import { oneLine } from '../../../protocol/one-line.ts'

/** More does not fit into a list. */
const TITLE_CHARACTERS = 256

export function cleanTitle(text: string): string {
  return oneLine(text, TITLE_CHARACTERS)
}
