// Makes text that somebody else chose fit to be shown on one line. Knows nothing of where it is shown.

/**
 * At most `most` characters, without control characters and without bidirectional or invisible formatting (Unicode
 * Technical Report 36, section 2.4: such characters make text read as something else).
 */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const plain = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu, '')
  return [...plain].slice(0, most).join('').trim()
}
