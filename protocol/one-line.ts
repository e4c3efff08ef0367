// Makes untrusted text safe to show on one line.

/** Reorders the text around it: Unicode's "Bidi_Control" without the three marks that ordinary text needs. */
export const REORDERING = /[\u202a-\u202e\u2066-\u2069]/u

/** Has no shape, and no script needs it: soft hyphens, fillers, tags, selectors. They can spell out whole sentences. */
export const SHAPELESS =
  /\u00ad|\u034f|[\u115f\u1160]|[\u17b4\u17b5]|\u180e|[\u2060-\u2065\u206a-\u206f]|\u3164|\ufeff|\uffa0|[\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/u

/** All of these, and what text may need but a name does not: direction marks, zero-width spaces; and lone surrogates. */
export const INVISIBLE = new RegExp(
  `${REORDERING.source}|${SHAPELESS.source}|[\\u061c\\u200b\\u200e\\u200f]|\\p{Cs}`,
  'u',
)
const EACH_INVISIBLE = new RegExp(INVISIBLE.source, 'gu')

/**
 * At most `maxCharacters` code points, without control characters and without bidirectional or invisible formatting (Unicode
 * Technical Report 36, section 2.4: such characters disguise text).
 */
export function oneLine(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(EACH_INVISIBLE, '')
  return [...plain].slice(0, maxCharacters).join('').trim()
}
