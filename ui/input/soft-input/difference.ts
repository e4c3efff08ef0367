// From one text to another as a line editor is told so: deletions, then text. Knows no keyboard and no field.

export interface Difference {
  /** How often DEL is sent. */
  deletions: number
  inserted: string
  /** It is not certain that the line looks like the text now: line editors differ in what they take for one character. */
  unsure: boolean
}

/** What joins the character before it: marks, joiners, variation selectors, skin tones, flags' tags. */
const JOINS = /\p{M}|\u200c|\u200d|\ufe0e|\ufe0f|[\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u

/** What readline and its like take together with the character before it: it has no width of its own. */
const WIDTHLESS = /[\p{Mn}\p{Me}\p{Cf}]/u

const JOINER = '\u200d'

/** What to send when the line holds `before`, with the cursor at its end, and is to hold `after`. */
export function difference(before: string, after: string): Difference {
  if (after.startsWith(before)) return { deletions: 0, inserted: after.slice(before.length), unsure: false }
  const old = [...before]
  const now = [...after]
  let same = commonPoints(old, now)
  if (same === now.length) return { inserted: '', ...removed(old.slice(same), old[same - 1]) }
  // A character is replaced as a whole.
  while (same > 0 && (joins(old, same) || joins(now, same))) same--
  const gone = old.slice(same)
  return {
    deletions: Math.max(1, widths(gone)),
    inserted: now.slice(same).join(''),
    unsure: widths(gone) !== gone.length,
  }
}

/** What both begin with. */
export function common(one: string, other: string): string {
  const points = [...one]
  return points.slice(0, commonPoints(points, [...other])).join('')
}

function commonPoints(one: string[], other: string[]): number {
  let same = 0
  while (same < one.length && same < other.length && one[same] === other[same]) same++
  return same
}

/** Characters were taken from the end; one of them by one press of Backspace, of how many code points it may consist. */
function removed(gone: string[], last: string | undefined): Pick<Difference, 'deletions' | 'unsure'> {
  const whole = gone.every((_, index) => index === 0 || joins(gone, index))
  if (whole) return { deletions: 1, unsure: gone.length > 1 || JOINS.test(gone[0]!) || last === JOINER }
  return { deletions: Math.max(1, widths(gone)), unsure: widths(gone) !== gone.length }
}

/** Whether the code point at `index` belongs to the one before it. */
function joins(points: string[], index: number): boolean {
  return (index < points.length && JOINS.test(points[index]!)) || points[index - 1] === JOINER
}

function widths(points: string[]): number {
  return points.filter(point => !WIDTHLESS.test(point)).length
}
