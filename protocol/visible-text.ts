// Makes text that programs printed safe to read: what hides or reorders is removed or made visible, letters of any script stay.
import { REORDERING, SHAPELESS } from './one-line.ts'

const NOT_ASCII = /[^\x20-\x7e]/

/** U+00AD, which terminals draw as a hyphen. */
const SOFT_HYPHEN = /\u00ad/g

const CONTROL = /\p{Cc}/gu
const LINE_END = /[\p{Zl}\p{Zp}]/gu
const EACH_REORDERING = new RegExp(`${REORDERING.source}|\\p{Cs}`, 'gu')
const EACH_SHAPELESS = new RegExp(SHAPELESS.source, 'gu')

/**
 * One line of a terminal's text. Control characters, tags and other characters without a shape are removed; what reorders the
 * text around it becomes U+FFFD, as on the screen (terminal/xterm-patches.ts). Direction marks, joiners and emoji stay.
 */
export function visibleText(line: string): string {
  if (!NOT_ASCII.test(line)) return line
  return line
    .replace(SOFT_HYPHEN, '-')
    .replace(CONTROL, '')
    .replace(LINE_END, ' ')
    .replace(EACH_REORDERING, '\ufffd')
    .replace(EACH_SHAPELESS, '')
}
