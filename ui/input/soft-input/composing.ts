// Decides which composed text waits until it is complete, and which is sent as it is composed.

/** What is known about the keyboard. */
export interface Composer {
  /** It composes ordinary words in case it corrects them, as only Android keyboards do. */
  composesWords: boolean
  /** The user's first language, as in `navigator.languages`. */
  language: string
}

/** Scripts whose characters are assembled, or chosen from a list, before they are final. */
const ASSEMBLED =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}ー]/u

/** Languages whose keyboards write Latin letters first: pinyin, romaji. */
const THROUGH_LATIN = /^(zh|ja)\b/i

/** What a dead key shows until its letter is typed. */
const ACCENT = /^[\p{Sk}~]$/u

/**
 * Whether composed text is held back and shown at the cursor until the keyboard commits it. Otherwise every letter is sent
 * at once, since a shell echoes and vim's `j` must not wait for the end of a word; if the keyboard replaces text later, it
 * is deleted and typed again.
 *
 * - Where only input methods and dead keys compose (iOS, macOS, Windows, Linux), all composed text is held.
 * - On Android ordinary words are composed too. There, text is held if it contains a script that is assembled or converted
 *   (Hangul, kana, Han, Bopomofo, Yi), if it is a lone accent or follows a dead key, and if it is Latin text and the user's
 *   first language is typed through Latin letters (Chinese, Japanese). Other scripts (Thai, Arabic, Devanagari, Vietnamese)
 *   are typed letter by letter, so they are sent that way.
 * - A character that a sticky Ctrl or Alt applies to (`modified`) is never held.
 */
export function isHeld(
  text: string,
  { composesWords, language }: Composer,
  { dead, modified }: { dead: boolean; modified: boolean },
): boolean {
  if (modified && /^[\x21-\x7e]$/.test(text)) return false
  if (!composesWords || dead || ACCENT.test(text) || ASSEMBLED.test(text)) return true
  return THROUGH_LATIN.test(language) && /\p{Script=Latin}/u.test(text)
}
