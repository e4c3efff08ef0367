// Character widths and grapheme clusters for every xterm.js that draws a session: Unicode 15, with exactly the results of
// @xterm/addon-unicode-graphemes 0.4 (MIT).
//
// The add-on itself is five times as large and inflates its table twice before a page can draw anything.
import { CHARACTER_KINDS, CHARACTER_RUNS } from './character-runs.ts'

const CODE_POINTS = 0x110000

/** Of each code point: its break property (UAX 29) in the lower four bits, its width in the two above. */
const BREAK = 0xf
const WIDTH_SHIFT = 4
const AMBIGUOUS = 2
const WIDE = 3

const PREPEND = 1
const EXTEND = 2
const REGIONAL = 3
const SPACING_MARK = 4
const HANGUL_L = 5
const HANGUL_V = 6
const HANGUL_T = 7
const HANGUL_LV = 8
const HANGUL_LVT = 9
const JOINER = 10
const PICTOGRAPHIC = 11

/** The state after the second half of a flag: a third half begins another flag. */
const FLAG = 32

/** Variation selector 16: shows the character before it as an emoji. */
const EMOJI_PRESENTATION = 0xfe0f

function unpack(): Uint8Array {
  const table = new Uint8Array(CODE_POINTS)
  let at = 0
  for (const [, letter, count] of CHARACTER_RUNS.matchAll(/([A-Z])([0-9a-z]*)/g)) {
    const next = at + (count ? Number.parseInt(count, 36) : 1)
    const kind = CHARACTER_KINDS[letter!.charCodeAt(0) - 65]!
    if (kind) table.fill(kind, at, next)
    at = next
  }
  return table
}

const table = unpack()

/** As xterm.js packs it (UnicodeService of 6.0): a state to pass with the next character, the width, joined or not. */
const properties = (state: number, width: number, joins: boolean) =>
  ((state & 0xffffff) << 3) | (width << 1) | (joins ? 1 : 0)

const PLAIN = properties(0, 1, false)

/** For `term.unicode.register`. */
export const CHARACTER_WIDTHS = {
  version: '15-graphemes',

  charProperties(code: number, preceding: number): number {
    if (code >= 0x20 && code < 0x7f && preceding >> 3 === 0) return PLAIN
    const kind = table[code]!
    const width = kind >> WIDTH_SHIFT
    const own = width === WIDE || (width === AMBIGUOUS && code === EMOJI_PRESENTATION) ? 2 : 1
    if (preceding === 0) return properties(kind, own, false)
    const before = (preceding >> 3) & BREAK
    const after = kind & BREAK
    if (!joins(before, after)) return properties(after - 16, own, false)
    const flag = after === REGIONAL
    const widest = Math.max((preceding >> 1) & 3, flag ? 2 : own)
    return properties(flag ? FLAG : after + 16, widest, true)
  },

  wcwidth(code: number): 0 | 1 | 2 {
    const kind = table[code]!
    const breaks = kind & BREAK
    if (breaks === EXTEND || breaks === PREPEND) return 0
    return kind >> WIDTH_SHIFT === WIDE ? 2 : 1
  },
}

/** Whether there is no cluster boundary between the two, by the rules of UAX 29. */
function joins(before: number, after: number): boolean {
  if (after === EXTEND || after === JOINER || before === PREPEND || after === SPACING_MARK) return true // GB9, 9a, 9b
  if (before === HANGUL_L)
    return after === HANGUL_L || after === HANGUL_V || after === HANGUL_LV || after === HANGUL_LVT // GB6
  if (before === HANGUL_LV || before === HANGUL_V) return after === HANGUL_V || after === HANGUL_T // GB7
  if (before === HANGUL_LVT || before === HANGUL_T) return after === HANGUL_T // GB8
  if (before === JOINER) return after === PICTOGRAPHIC // GB11
  return before === REGIONAL && after === REGIONAL // GB12, GB13
}
