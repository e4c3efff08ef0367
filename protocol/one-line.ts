// Makes text that somebody else chose fit to be shown on one line. Knows nothing of where it is shown.

/** Marks of direction, blanks of no width, fillers, tags and other formatting that no name needs, and halves of characters. */
const UNSEEN =
  /\u00ad|\u034f|\u061c|[\u115f\u1160]|[\u17b4\u17b5]|\u180e|[\u200b\u200e\u200f]|[\u202a-\u202e]|[\u2060-\u206f]|\u3164|\ufeff|\uffa0|[\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu

/**
 * At most `most` characters, without control characters and without bidirectional or invisible formatting (Unicode
 * Technical Report 36, section 2.4: such characters make text read as something else).
 */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(UNSEEN, '')
  return [...plain].slice(0, most).join('').trim()
}
