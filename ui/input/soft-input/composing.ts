// Which composed text waits until it is complete, and which is typed as it comes. Knows no events and no field.

/** What is known of the keyboard that composes. */
export interface Composer {
  /** It composes words that only might be replaced: Android's keyboards do, nobody else. */
  words: boolean
  /** The person's first language, as in `navigator.languages`. */
  language: string
}

/** Letters that are put together, or chosen from a list, before they are meant. */
const ASSEMBLED =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}ー]/u

/** Languages whose keyboards write Latin letters first: pinyin, romaji. */
const THROUGH_LATIN = /^(zh|ja)\b/i

/** What a dead key shows while it waits for its letter. */
const ACCENT = /^[\p{Sk}~]$/u

/**
 * Whether composed text is held back and shown at the cursor until the keyboard commits it; else every letter is sent at once,
 * since a shell echoes and vim's `j` must not wait for a word's end, and what the keyboard replaces later is deleted and typed anew.
 *
 * - Where only input methods and dead keys compose (iOS, macOS, Windows, Linux) everything is held.
 * - On Android plain words are composed too. Held there is what contains letters of a script that is assembled or
 *   converted (Hangul, kana, Han, Bopomofo, Yi), a lone accent, what follows a dead key, and Latin text of a person whose
 *   first language is typed through Latin letters (Chinese, Japanese). Other scripts (Thai, Arabic, Devanagari,
 *   Vietnamese on Latin) are typed letter by letter, so they are sent so.
 * - Text that a waiting Ctrl or Alt is to change is never held: whoever tapped Ctrl wants it now (`modified`).
 */
export function isHeld(
  text: string,
  { words, language }: Composer,
  { dead, modified }: { dead: boolean; modified: boolean },
): boolean {
  if (modified && /^[\x21-\x7e]$/.test(text)) return false
  if (!words || dead || ACCENT.test(text) || ASSEMBLED.test(text)) return true
  return THROUGH_LATIN.test(language) && /\p{Script=Latin}/u.test(text)
}
