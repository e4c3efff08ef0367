// Makes untrusted text safe to show on one line.

/** Direction marks, zero-width spaces, fillers, tags and other formatting that no name needs, and lone surrogates. */
const INVISIBLE =
  /\u00ad|\u034f|\u061c|[\u115f\u1160]|[\u17b4\u17b5]|\u180e|[\u200b\u200e\u200f]|[\u202a-\u202e]|[\u2060-\u206f]|\u3164|\ufeff|\uffa0|[\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu

/**
 * At most `maxCharacters` code points, without control characters and without bidirectional or invisible formatting (Unicode
 * Technical Report 36, section 2.4: such characters disguise text).
 */
export function oneLine(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(INVISIBLE, '')
  return [...plain].slice(0, maxCharacters).join('').trim()
}
