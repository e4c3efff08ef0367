// Finds which option of a menu is marked: the one that Enter chooses. Pure.
import type { MarkRule } from './rule-format.ts'
import type { ScreenView } from './screen-view.ts'

/** Where an option's label is: a line of the view, and characters in it. */
export interface LabelSpot {
  line: number
  from: number
  to: number
}

/** Keys that move the mark to the next option, and back. */
export interface MarkKeys {
  next: string
  previous: string
}

/** The cursor is at most this far from the label that it marks: `<Yes>`. */
const CURSOR_DISTANCE = 2

/** Characters beside the labels that still belong to the menu. */
const BESIDE = 3

/** Of two looks, the one that is this many times as frequent near the labels is that of the surroundings. */
const CLEARLY = 2

/** The index of the marked one; null: it cannot be seen, or not without doubt. */
export function markedOption(view: ScreenView, spots: readonly (LabelSpot | null)[], mark: Mark): number | null {
  const known = spots.filter(spot => spot !== null)
  if (known.length === 0) return null
  if (mark.sign) return onlyIndex(spots, spot => mark.sign!.test(view.lines[spot.line]!))
  const { line, column } = view.cursor
  if (mark.by === 'cursor')
    return onlyIndex(
      spots,
      ({ line: at, from, to }) => at === line && column >= from - CURSOR_DISTANCE && column < to + CURSOR_DISTANCE,
    )
  if (known.length === 1) return spots.indexOf(known[0]!)
  const inks = inksOf(view, mark.by)
  if (!inks) return null
  const found = spots.map(spot => (spot ? inkOfLabel(inks, view, spot) : undefined))
  const values = new Set(found.filter(ink => ink !== undefined))
  // Two looks: one option's own, and that of all others. A third one is of an option that is switched off, or half drawn.
  if (values.size !== 2 || found.some((ink, at) => spots[at] && ink === undefined)) return null
  const [one, other] = [...values] as [string, string]
  const count = (ink: string) => found.filter(value => value === ink).length
  if (count(one) === 1 && count(other) > 1) return found.indexOf(one)
  if (count(other) === 1 && count(one) > 1) return found.indexOf(other)
  if (known.length !== 2) return null
  // Of two, the one that is not marked looks like what is around them: beside options in a line, else above and below.
  for (const rows of [0, 1]) {
    const around = inksAround(inks, view, known, rows)
    const [ones, others] = [around.get(one) ?? 0, around.get(other) ?? 0]
    if (others >= ones * CLEARLY && others > 0) return found.indexOf(one)
    if (ones >= others * CLEARLY && ones > 0) return found.indexOf(other)
  }
  return null
}

/** A rule's mark with its pattern compiled. */
export interface Mark extends Omit<MarkRule, 'sign'> {
  sign: RegExp | undefined
}

/** The keys that a rule names, or arrow keys by the menu's layout. */
export function markKeys(view: ScreenView, spots: readonly (LabelSpot | null)[], mark: Mark): MarkKeys {
  const lines = new Set(spots.filter(spot => spot !== null).map(({ line }) => line))
  const isRow = lines.size === 1
  // DECCKM: what arrow keys send (xterm's ctlseqs, PC-style function keys).
  const prefix = view.application_cursor_keys ? '\x1bO' : '\x1b['
  return {
    next: mark.next ?? `${prefix}${isRow ? 'C' : 'B'}`,
    previous: mark.previous ?? mark.next ?? `${prefix}${isRow ? 'D' : 'A'}`,
  }
}

/**
 * Where these labels are, in this order, from a line on: in the last line that has all of them, since what is asked about may
 * contain the same words; else one after the other. null: not found.
 */
export function findLabels(lines: readonly string[], begin: number, labels: readonly string[]): (LabelSpot | null)[] {
  for (let line = lines.length - 1; line >= begin; line--) {
    const spots = labelsIn(lines.slice(0, line + 1), line, labels)
    if (spots.every(spot => spot !== null)) return spots
  }
  return labelsIn(lines, begin, labels)
}

function labelsIn(lines: readonly string[], begin: number, labels: readonly string[]): (LabelSpot | null)[] {
  let [line, from] = [begin, 0]
  return labels.map(label => {
    for (let at = line; at < lines.length; at++) {
      const found = lines[at]!.indexOf(label, at === line ? from : 0)
      if (found < 0) continue
      line = at
      from = found + label.length
      return { line, from: found, to: from }
    }
    return null
  })
}

function onlyIndex(spots: readonly (LabelSpot | null)[], isMarked: (spot: LabelSpot) => boolean): number | null {
  const marked = spots.flatMap((spot, index) => (spot && isMarked(spot) ? [index] : []))
  return marked.length === 1 ? marked[0]! : null
}

type Inks = (line: number) => string[]

function inksOf(view: ScreenView, by: 'background' | 'text' | undefined): Inks | undefined {
  if (!view.inks) return undefined
  const known = new Map<number, string[]>()
  return line => {
    const inks = known.get(line) ?? view.inks!(line).map(ink => ink[by ?? 'background'])
    known.set(line, inks)
    return inks
  }
}

/** The look of a label; undefined: its characters differ. */
function inkOfLabel(inks: Inks, view: ScreenView, { line, from, to }: LabelSpot): string | undefined {
  const values = new Set<string>()
  for (let at = from; at < to; at++) if (view.lines[line]![at] !== ' ') values.add(inks(line)[at] ?? '')
  return values.size === 1 ? [...values][0] : undefined
}

/** Counts the looks near the labels: in their line if they share one, and in `rows` rows above and below. */
function inksAround(inks: Inks, view: ScreenView, spots: readonly LabelSpot[], rows: number): Map<string, number> {
  const counts = new Map<string, number>()
  const lines = spots.map(({ line }) => line)
  const [first, last] = [Math.min(...lines), Math.max(...lines)]
  const from = Math.max(0, Math.min(...spots.map(one => one.from)) - BESIDE)
  const to = Math.max(...spots.map(one => one.to)) + BESIDE
  for (let line = Math.max(0, first - rows); line <= Math.min(view.lines.length - 1, last + rows); line++) {
    // In a list, the marked option's whole line looks like it.
    if (first !== last && line >= first && line <= last) continue
    for (const [at, ink] of inks(line).slice(from, to).entries())
      if (!spots.some(spot => spot.line === line && from + at >= spot.from && from + at < spot.to))
        counts.set(ink, (counts.get(ink) ?? 0) + 1)
  }
  return counts
}
