// Text with what is hidden in it made visible, so that a person sees what they are asked about. Knows no DOM.

/** Control characters; of tabs and line ends people know what they do. */
export const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/
/** What reorders the text around it: Unicode's "Bidi_Control" without the three marks that ordinary writing needs. */
const REORDERS = /[\u202a-\u202e\u2066-\u2069]/
/**
 * What has no shape and that no writing needs: soft hyphens, fillers, tags, selectors, in which whole sentences can stand that
 * a program reads and nobody sees. Joiners, U+200B (Khmer has it between words) and U+FE0F (emoji) stay.
 */
const UNSEEN =
  /\u00ad|\u034f|[\u115f\u1160]|[\u17b4\u17b5]|\u180e|[\u2060-\u2064\u206a-\u206f]|\u3164|\ufeff|\uffa0|[\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/u
const EACH_HIDDEN = new RegExp(`${CONTROL.source}|${REORDERS.source}|${UNSEEN.source}|\\t`, 'gu')
export const LINE_END = /\r\n?|\n/

/** Something in it does what nobody sees. */
export function hasHiddenCharacters(text: string): boolean {
  return CONTROL.test(text) || hasInvisibleCharacters(text)
}

/** Something in it is read by programs and by nobody else, also when control characters have become signs (paste.ts). */
export function hasInvisibleCharacters(text: string): boolean {
  return REORDERS.test(text) || UNSEEN.test(text)
}

/** Line ends as Enter, control characters as people know them (^C); few fonts have Unicode's pictures of them. */
export function showHidden(text: string): string {
  return text
    .split(LINE_END)
    .map(line => line.replace(EACH_HIDDEN, shown))
    .join('↵\n')
}

function shown(letter: string): string {
  const code = letter.codePointAt(0)!
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}

/** Cursor keys and others whose codes say nothing to people. */
const KEYS: readonly [RegExp, string][] = [
  [/\x1b\[20[01]~/g, ''],
  [/\x1b[[O]A/g, '↑'],
  [/\x1b[[O]B/g, '↓'],
  [/\x1b[[O]C/g, '→'],
  [/\x1b[[O]D/g, '←'],
  [/\x7f/g, '⌫'],
  [/\t/g, '⇥'],
]

/** What was typed, as one line. */
export function describeInput(text: string): string {
  let line = text
  for (const [code, sign] of KEYS) line = line.replace(code, sign)
  return showHidden(line).replaceAll('\n', '')
}
