// Finds hidden characters in text and makes them visible, so that users see what they confirm.
import { REORDERING, SHAPELESS } from '../../protocol/one-line.ts'

/** Control characters, except tabs and line ends. */
export const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/
/** Joiners, direction marks, U+200B (Khmer has it between words) and U+FE0F (emoji) are allowed: text needs them. */
const INVISIBLE = new RegExp(`${REORDERING.source}|${SHAPELESS.source}`, 'u')
const HIDDEN = new RegExp(`${CONTROL.source}|${INVISIBLE.source}|\\t`, 'gu')
export const LINE_END = /\r\n?|\n/

/** Whether the text contains control characters, or characters that are invisible or reorder text. */
export function hasHiddenCharacters(text: string): boolean {
  return CONTROL.test(text) || hasInvisibleCharacters(text)
}

/** Whether programs read something in it that people do not see, even with control characters replaced (paste.ts). */
export function hasInvisibleCharacters(text: string): boolean {
  return INVISIBLE.test(text)
}

/** Shows line ends as Enter and control characters as ^C; few fonts have Unicode's pictures of them. */
export function showHidden(text: string): string {
  return text
    .split(LINE_END)
    .map(line => line.replace(HIDDEN, notation))
    .join('↵\n')
}

function notation(character: string): string {
  const code = character.codePointAt(0)!
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}

/** Symbols for keys whose codes mean nothing to people. */
const KEYS: readonly [RegExp, string][] = [
  [/\x1b\[20[01]~/g, ''],
  [/\x1b[[O]A/g, '↑'],
  [/\x1b[[O]B/g, '↓'],
  [/\x1b[[O]C/g, '→'],
  [/\x1b[[O]D/g, '←'],
  [/\x7f/g, '⌫'],
  [/\t/g, '⇥'],
]

/** Typed input as one readable line. */
export function describeInput(text: string): string {
  let line = text
  for (const [code, symbol] of KEYS) line = line.replace(code, symbol)
  return showHidden(line).replaceAll('\n', '')
}
