// Makes text that a program chose fit to be shown. Knows nothing of where it is shown.

/** Longer titles say nothing more in a list. */
const TITLE_CHARACTERS = 256

/**
 * One line without control characters and without bidirectional or invisible formatting (Unicode Technical Report 36,
 * section 2.4: such characters make text read as something else).
 */
export function cleanTitle(text: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu, '')
  return [...plain].slice(0, TITLE_CHARACTERS).join('').trim()
}
