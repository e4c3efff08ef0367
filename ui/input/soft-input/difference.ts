// How to turn one text into another in a line editor: deletions, then text.

export interface Difference {
  /** How many DELs to send. */
  deletions: number
  inserted: string
  /** The line may not match the text afterwards: line editors differ in what they treat as one character. */
  unsure: boolean
}

/** Joins the character before it: marks, joiners, variation selectors, skin tones, tags of flags. */
const JOINS = /\p{M}|\u200c|\u200d|\ufe0e|\ufe0f|[\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u

/** Has no width of its own, so readline and similar editors treat it as part of the character before it. */
const WIDTHLESS = /[\p{Mn}\p{Me}\p{Cf}]/u

const JOINER = '\u200d'

/** What to send to change the line from `before`, with the cursor at its end, to `after`. */
export function difference(before: string, after: string): Difference {
  if (after.startsWith(before)) return { deletions: 0, inserted: after.slice(before.length), unsure: false }
  const old = [...before]
  const now = [...after]
  let same = commonPoints(old, now)
  if (same === now.length) return { inserted: '', ...removed(old.slice(same), old[same - 1]) }
  // Whole characters are replaced.
  while (same > 0 && (joins(old, same) || joins(now, same))) same--
  const replaced = old.slice(same)
  return {
    deletions: Math.max(1, widths(replaced)),
    inserted: now.slice(same).join(''),
    unsure: widths(replaced) !== replaced.length,
  }
}

export function commonPrefix(one: string, other: string): string {
  const points = [...one]
  return points.slice(0, commonPoints(points, [...other])).join('')
}

function commonPoints(one: string[], other: string[]): number {
  let same = 0
  while (same < one.length && same < other.length && one[same] === other[same]) same++
  return same
}

/** Characters were deleted at the end. A whole character of several code points is deleted by one Backspace. */
function removed(deleted: string[], last: string | undefined): Pick<Difference, 'deletions' | 'unsure'> {
  const whole = deleted.every((_, index) => index === 0 || joins(deleted, index))
  if (whole) return { deletions: 1, unsure: deleted.length > 1 || JOINS.test(deleted[0]!) || last === JOINER }
  return { deletions: Math.max(1, widths(deleted)), unsure: widths(deleted) !== deleted.length }
}

/** Whether the code point at `index` belongs to the one before it. */
function joins(points: string[], index: number): boolean {
  return (index < points.length && JOINS.test(points[index]!)) || points[index - 1] === JOINER
}

function widths(points: string[]): number {
  return points.filter(point => !WIDTHLESS.test(point)).length
}
