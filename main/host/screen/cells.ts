// Reads xterm.js's cells and attributes into plain values.
import type { CharacterInk } from '../agents/screen-view.ts'
import type { Attributes, Core, Extended, Line } from './xterm-internals.ts'

export const CONTENT_MASK = 0x3fffff
export const COMBINED = 0x200000
export const CODEPOINT_MASK = 0x1fffff
export const WIDTH_SHIFT = 22

export const COLOR_MODE = 0x3000000
export const COLOR_BITS = 0x3ffffff
export const MODE_P16 = 0x1000000
export const MODE_P256 = 0x2000000
export const MODE_RGB = 0x3000000

export const FG_INVERSE = 0x4000000
export const FG_BOLD = 0x8000000
export const FG_UNDERLINE = 0x10000000
export const FG_BLINK = 0x20000000
export const FG_INVISIBLE = 0x40000000
export const FG_STRIKE = 0x80000000

export const BG_ITALIC = 0x4000000
export const BG_DIM = 0x8000000
export const BG_EXTENDED = 0x10000000
export const BG_PROTECTED = 0x20000000
export const BG_OVERLINE = 0x40000000

/**
 * How text is drawn. `style`, `color` and `link` are xterm.js's extended attributes, which count only if `bg` has
 * BG_EXTENDED. `link` is xterm.js's number of an OSC 8 link, 0 for none.
 */
export interface Ink {
  fg: number
  bg: number
  style: number
  color: number
  link: number
}

export const DEFAULT_INK: Ink = { fg: 0, bg: 0, style: 0, color: 0, link: 0 }

/** A color without what an earlier RGB color left in the bits that a palette color does not use. */
function tidyColor(word: number): number {
  const mode = word & COLOR_MODE
  if (mode === MODE_RGB) return word >>> 0
  return (mode === 0 ? word & ~COLOR_BITS : word & ~0xffff00) >>> 0
}

/** xterm.js forgets a link when the last line that it recorded for it is cleared; cells may still have its number. */
function livingLink(core: Core, link: number): number {
  return link !== 0 && core._oscLinkService._dataByLinkId.has(link) ? link : 0
}

export function inkOf(core: Core, fg: number, bg: number, extended: Extended | undefined): Ink {
  fg = tidyColor(fg)
  bg = tidyColor(bg)
  if (!extended) return { fg, bg, style: 0, color: 0, link: 0 }
  const link = livingLink(core, extended._urlId)
  const style = (extended._ext >>> 26) & 7
  // A forgotten link leaves plain text behind.
  if (extended._urlId !== link && style === 0) bg = (bg & ~BG_EXTENDED) >>> 0
  return { fg, bg, style, color: tidyColor(extended._ext & COLOR_BITS), link }
}

export function inkOfCell(core: Core, line: Line, x: number): Ink {
  const fg = line._data[x * 3 + 1]!
  const bg = line._data[x * 3 + 2]!
  return inkOf(core, fg, bg, bg & BG_EXTENDED ? line._extendedAttrs[x] : undefined)
}

export function inkOfPen(core: Core, pen: Attributes): Ink {
  return inkOf(core, pen.fg, pen.bg, pen.extended)
}

/**
 * Whether SGR and OSC 8 alone can produce this ink. DECRC restores colors and flags but not the extended attributes, so
 * the underline flag may disagree with the underline style, and BG_EXTENDED with the existence of extended attributes.
 */
export function isPlain(ink: Ink): boolean {
  return (
    ((ink.fg & FG_UNDERLINE) !== 0) === (ink.style !== 0) &&
    ((ink.bg & BG_EXTENDED) !== 0) === (ink.style !== 0 || ink.link !== 0)
  )
}

export function sameInk(a: Ink, b: Ink): boolean {
  if (a.fg !== b.fg || a.bg !== b.bg) return false
  return !(a.bg & BG_EXTENDED) || (a.style === b.style && a.color === b.color && a.link === b.link)
}

/** What xterm.js's joining of characters depends on: 0 for nothing before, or the class and width of the last character. */
export function joinClass(state: number): number {
  return state === 0 ? 0 : ((((state >>> 3) & 0xf) << 2) | ((state >>> 1) & 3) | 0x100) >>> 0
}

/** The join state after `text` is printed as one cluster of `width` columns; 0 if it would not be one cluster. */
export function joinStateOf(core: Core, text: string, width: number): number {
  let state = 0
  for (const char of text) {
    const next = core.unicodeService.charProperties(char.codePointAt(0)!, state)
    if (state !== 0 && !(next & 1)) return 0
    state = next
  }
  return ((state >>> 1) & 3) === width ? state : 0
}

/** A cell's text as xterm.js stores it, '' for an empty cell. */
export function textOf(line: Line, x: number): string {
  const content = line._data[x * 3]!
  if (content & COMBINED) return line._combined[x] ?? ''
  return content & CODEPOINT_MASK ? String.fromCodePoint(content & CODEPOINT_MASK) : ''
}

export function widthOf(line: Line, x: number): number {
  return line._data[x * 3]! >>> WIDTH_SHIFT
}

/** Whether the last cell of row `y` is blank only because a wide character did not fit: it was not printed. */
export function hasFiller(lines: { get(y: number): Line | undefined }, y: number): boolean {
  const line = lines.get(y)
  const next = lines.get(y + 1)
  return (
    !!line &&
    !!next?.isWrapped &&
    widthOf(next, 0) === 2 &&
    textOf(line, line.length - 1) === '' &&
    widthOf(line, line.length - 1) !== 0
  )
}

/** The text of the logical line in rows `begin` to `end`, without blanks at its end. */
export function lineText(lines: { get(y: number): Line | undefined }, begin: number, end: number): string {
  let text = ''
  for (let y = begin; y < end; y++) {
    const row = lines.get(y)?.translateToString(y === end - 1) ?? ''
    text += y < end - 1 && hasFiller(lines, y) ? row.slice(0, -1) : row
  }
  return text
}

/** How the first `count` characters (UTF-16 units, as in the row's text) are drawn. */
export function characterInks(line: Line, count: number): CharacterInk[] {
  const inks: CharacterInk[] = []
  for (let x = 0; x < line.length && inks.length < count; x++) {
    // The second half of a wide character has no text.
    if (widthOf(line, x) === 0 && x > 0 && widthOf(line, x - 1) === 2) continue
    const ink = characterInk(line._data[x * 3 + 1]!, line._data[x * 3 + 2]!)
    for (let unit = Math.max(1, textOf(line, x).length); unit > 0; unit--) inks.push(ink)
  }
  return inks
}

function characterInk(fg: number, bg: number): CharacterInk {
  const [text, behind] = [tidyColor(fg) & COLOR_BITS, tidyColor(bg) & COLOR_BITS]
  const weight = `${fg & FG_BOLD ? 'b' : ''}${fg & FG_UNDERLINE ? 'u' : ''}${bg & BG_DIM ? 'd' : ''}`
  // The default colors are both 0, and inverse text has them the other way round.
  return fg & FG_INVERSE
    ? { background: `text ${text}`, text: `back ${behind} ${weight}` }
    : { background: `back ${behind}`, text: `text ${text} ${weight}` }
}
