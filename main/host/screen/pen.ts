// Writes the control sequences that change a terminal's current attributes to a given state.
import {
  BG_DIM,
  BG_EXTENDED,
  BG_ITALIC,
  BG_OVERLINE,
  BG_PROTECTED,
  COLOR_BITS,
  COLOR_MODE,
  DEFAULT_INK,
  FG_BLINK,
  FG_BOLD,
  FG_INVERSE,
  FG_INVISIBLE,
  FG_STRIKE,
  FG_UNDERLINE,
  type Ink,
  isPlain,
  MODE_P16,
  MODE_P256,
} from './cells.ts'

/** A link that is never visible: it sets BG_EXTENDED without an underline. */
const DUMMY_LINK = -1

export interface LinkTarget {
  id?: string
  uri: string
}

function colorCode(word: number, base: number): string {
  const value = word & 0xffffff
  switch (word & COLOR_MODE) {
    case 0:
      return ''
    case MODE_P16:
      return `;${(value & 7) + base + ((value & 0xff) >= 8 ? 60 : 0)}`
    case MODE_P256:
      return `;${base + 8};5;${value & 0xff}`
    default:
      return `;${base + 8};2;${value >>> 16};${(value >>> 8) & 0xff};${value & 0xff}`
  }
}

/** The parameters of SGR that set an ink, from a reset. */
export function sgrCodes({ fg, bg, style, color }: Ink): string {
  let codes = ''
  if (fg & FG_BOLD) codes += ';1'
  if (bg & BG_DIM) codes += ';2'
  if (bg & BG_ITALIC) codes += ';3'
  if (fg & FG_BLINK) codes += ';5'
  if (fg & FG_INVERSE) codes += ';7'
  if (fg & FG_INVISIBLE) codes += ';8'
  if (fg & FG_STRIKE) codes += ';9'
  if (bg & BG_OVERLINE) codes += ';53'
  codes += colorCode(fg, 30) + colorCode(bg, 40)
  if (color) codes += colorCode(color, 50) // underline colors are 58 with either model
  if (style) codes += style === 1 ? ';4' : `;4:${style}`
  return codes.slice(1)
}

function sgr(ink: Ink): string {
  const codes = sgrCodes(ink)
  return `\x1b[${codes && `0;${codes}`}m${ink.bg & BG_PROTECTED ? '\x1b[1"q' : ''}`
}

export class Pen {
  ink: Ink = DEFAULT_INK
  readonly #linkTarget: (link: number) => LinkTarget

  constructor(linkTarget: (link: number) => LinkTarget) {
    this.#linkTarget = linkTarget
  }

  /** The sequence for an ink that is plain (cells.ts). SGR 0 clears DECSCA too in xterm.js, but no link. */
  plain(to: Ink): string {
    const from = this.ink
    const isInconsistent = !isPlain(from)
    let out = ''
    const fg = from.fg ^ to.fg
    const bg = (from.bg ^ to.bg) & ~BG_EXTENDED
    if (isInconsistent || (fg | bg) & ~COLOR_BITS || from.style !== to.style || from.color !== to.color) out = sgr(to)
    else if (to.fg === 0 && to.bg === 0) out = (fg | bg) !== 0 ? '\x1b[m' : ''
    else if (fg !== 0 || bg !== 0) {
      const codes = (fg === 0 ? '' : colorCode(to.fg, 30) || ';39') + (bg === 0 ? '' : colorCode(to.bg, 40) || ';49')
      out = `\x1b[${codes.slice(1)}m`
    }
    if (isInconsistent || from.link !== to.link) out += this.#link(to.link)
    this.ink = to
    return out
  }

  /**
   * The sequence for colors and flags as DECSC saves them, whether or not they agree with the extended attributes, which
   * end up arbitrary. May use DECSC and DECRC: the cursor must not be behind the last column.
   */
  flags(fg: number, bg: number): string {
    const underlined = (fg & FG_UNDERLINE) !== 0
    const base = { ...DEFAULT_INK, fg, bg }
    if (bg & BG_EXTENDED) return this.plain({ ...base, style: underlined ? 1 : 0, link: underlined ? 0 : DUMMY_LINK })
    if (!underlined) return this.plain(base)
    const out = `${this.plain({ ...base, bg: (bg | BG_EXTENDED) >>> 0, style: 1 })}\x1b7${this.plain(DEFAULT_INK)}\x1b8\x1b]8;;\x07`
    this.ink = base
    return out
  }

  /** The sequence for any ink. May use DECSC and DECRC: the cursor must not be behind the last column. */
  exact(to: Ink): string {
    if (isPlain(to)) return this.plain(to)
    let out = `${this.flags(to.fg, to.bg)}\x1b7`
    out += `${this.extended(to)}\x1b8`
    this.ink = to
    return out
  }

  /** The sequence for the extended attributes; flags end up arbitrary. */
  extended(to: Ink): string {
    return this.plain({
      ...DEFAULT_INK,
      fg: to.style ? FG_UNDERLINE : 0,
      bg: to.style || to.link ? BG_EXTENDED : 0,
      style: to.style,
      color: to.color,
      link: to.link,
    })
  }

  /** DECRC with `saved` colors and flags, then the changes from these to `to`, without touching the underline. */
  restored(saved: { fg: number; bg: number }, to: Ink): string {
    let codes = ''
    const flag = (changed: number, wanted: number, on: string, off: string) => {
      if (changed) codes += wanted ? on : off
    }
    const fg = saved.fg ^ to.fg
    const bg = saved.bg ^ to.bg
    if (fg & FG_BOLD || bg & BG_DIM) codes += `;22${to.fg & FG_BOLD ? ';1' : ''}${to.bg & BG_DIM ? ';2' : ''}`
    flag(bg & BG_ITALIC, to.bg & BG_ITALIC, ';3', ';23')
    flag(fg & FG_BLINK, to.fg & FG_BLINK, ';5', ';25')
    flag(fg & FG_INVERSE, to.fg & FG_INVERSE, ';7', ';27')
    flag(fg & FG_INVISIBLE, to.fg & FG_INVISIBLE, ';8', ';28')
    flag(fg & FG_STRIKE, to.fg & FG_STRIKE, ';9', ';29')
    flag(bg & BG_OVERLINE, to.bg & BG_OVERLINE, ';53', ';55')
    if (fg & COLOR_BITS) codes += colorCode(to.fg, 30) || ';39'
    if (bg & COLOR_BITS) codes += colorCode(to.bg, 40) || ';49'
    let out = '\x1b8'
    if (codes) out += `\x1b[${codes.slice(1)}m`
    if (bg & BG_EXTENDED) out += this.#link(to.link) // xterm.js then recomputes BG_EXTENDED
    if (bg & BG_PROTECTED) out += to.bg & BG_PROTECTED ? '\x1b[1"q' : '\x1b[0"q'
    this.ink = to
    return out
  }

  #link(link: number): string {
    if (link === 0) return '\x1b]8;;\x07'
    const { id, uri } = link === DUMMY_LINK ? { id: undefined, uri: 'about:blank' } : this.#linkTarget(link)
    return `\x1b]8;${id === undefined ? '' : `id=${id}`};${uri}\x07`
  }
}
