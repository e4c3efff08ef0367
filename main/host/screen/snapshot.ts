// Turns a terminal's whole state into output that brings a fresh xterm.js of the same size to the same state. Unfinished
// sequences are pending.ts's.
//
// The order matters: sequences that move the cursor come before the cursor position, attributes before the last character,
// and that character at the very end if the next one might join it.

import { keyboardSequences } from '../../../terminal/keyboard-protocol.ts'
import { savedModes } from '../../../terminal/xterm-saved-modes.ts'
import {
  BG_EXTENDED,
  DEFAULT_INK,
  FG_UNDERLINE,
  type Ink,
  inkOfPen,
  isPlain,
  joinClass,
  joinStateOf,
  sameInk,
} from './cells.ts'
import { cellAt, isInitial, isSecondHalf, Painter, type SavedCursor, savedOf } from './painter.ts'
import { Pen } from './pen.ts'
import { KEYFRAME_BYTES, REDUCTIONS, reducedState } from './reduced-state.ts'
import { charsetFinal, paletteOf, type Terminal } from './xterm.ts'
import { type Core, type CoreBuffer, coreOf } from './xterm-internals.ts'

// LOST: state that no output can restore, and its visible effect. The property test excludes exactly this (test/support/terminal/drop-unsaved-state.ts).
//
// | state                                                             | what the user sees after a keyframe             |
// |-------------------------------------------------------------------|-------------------------------------------------|
// | half of a wide character: with autowrap off something was printed | the half is blank                               |
// |   over its second half at the right margin, ICH split it, or a    |                                                 |
// |   resize did                                                      |                                                 |
// | a cluster whose text and width disagree, as xterm.js's reflow     | U+FFFD, or U+3013 where it is two columns wide  |
// |   leaves them (it moves the texts of clusters wrongly)            |                                                 |
// | what such a cluster left behind unseen, and would garble later    | a later resize garbles less                     |
// | a row of only empty cells that all have more than a background    | nothing; its first cell is now a space          |
// | alternate screen, cursor behind the last column, last cell empty  | nothing; that cell is now a space               |
// | the same, with a pen or charset that only DECRC produces, or in   | the next character overwrites the last column   |
// |   a cell whose ink contradicts itself                             |   instead of wrapping                           |
// | alternate screen, cursor saved behind the last column, while some | after DECRC and a wider window, one column off  |
// |   cell's ink contradicts itself                                   |                                                 |
// | a pen whose underline contradicts itself, or a charset that is    | the next text is underlined as the pen's style  |
// |   not the invoked one, after DECRC, once that saved cursor is     |   says; is in the invoked charset               |
// |   overwritten                                                     |                                                 |
// | whether the next character joins the last one, if that is no      | a combining character right after it stands     |
// |   longer where it was (a resize came between, autowrap off)       |   alone, REP repeats nothing                    |
// | a tab stop set behind the last column                             | one tab stop fewer after the window gets wider  |
// | which links are older, once there are more than MAX_LINKS         | an old link's text may lose its dashes          |
// | an unfinished sequence longer than PENDING_BYTES                  | its effect is missing (`pending_dropped`)       |
// | what makes a keyframe longer than KEYFRAME_BYTES                  | as in REDUCTIONS, until it is printed anew      |
// | synchronized output (it lasts for a moment, and no longer than a   | a screen that is being drawn                    |
// |   second)                                                         |                                                 |
// | whether the terminal was ever focused (browsers)                  | a cursor before the first click                 |

const LEAVE_ANY_SEQUENCE = '\x18'
const RESET = '\x1bc'
const TO_ALTERNATE = '\x1b[?47h'
const TO_NORMAL = '\x1b[?47l'

/** At most KEYFRAME_BYTES long; what would make it longer is left out (reduced-state.ts). */
export function snapshot(terminal: Terminal): Uint8Array {
  for (let steps = 0; ; steps++) {
    const isLast = steps === REDUCTIONS.length
    const text = draw(
      terminal,
      reducedState(coreOf(terminal), steps),
      isLast ? Number.POSITIVE_INFINITY : KEYFRAME_BYTES,
    )
    const bytes = text === undefined ? undefined : new TextEncoder().encode(text)
    if (bytes && (bytes.length <= KEYFRAME_BYTES || isLast)) return bytes
  }
}

/** Undefined: it is longer than `maxCharacters`. */
function draw(terminal: Terminal, core: Core, maxCharacters: number): string | undefined {
  const { normal, alt, active } = core._bufferService.buffers
  const pen = new Pen(link => {
    const { id, uri } = core._oscLinkService._dataByLinkId.get(link)!.data
    // Without an id every OSC 8 would start another link, and hovering would underline only a part of it.
    return { id: id ?? `otg-${link}`, uri }
  })
  const painter = new Painter(core, pen, maxCharacters)
  painter.out = `${LEAVE_ANY_SEQUENCE}${RESET}\x1b[20l${savedModes(core)}${keyboardSequences(core, TO_ALTERNATE, TO_NORMAL)}${colors(terminal)}${titles(core)}`
  const saved = savedOf(core, normal)
  painter.draw(normal, isInitial(saved) ? undefined : saved, [TO_ALTERNATE, TO_NORMAL])
  painter.out += pen.plain(DEFAULT_INK) + tabs(core, normal)
  if (active === normal) finishNormal(core, painter, pen, savedOf(core, alt))
  else finishAlternate(core, painter, pen, savedOf(core, alt))
  return painter.isOver ? undefined : painter.out
}

/** Sets the alternate screen's state during a visit, then the cursor on the normal screen. */
function finishNormal(core: Core, painter: Painter, pen: Pen, altSaved: SavedCursor): void {
  const { normal } = core._bufferService.buffers
  const { x, y } = normal
  const ink = penOf(core)
  const last = lastCluster(core, normal, ink)
  let out = ''
  if (painter.usedAside || !isInitial(altSaved)) {
    out += `${TO_ALTERNATE}\x1b[${altSaved.y + 1};1H${save(core, pen, altSaved)}${TO_NORMAL}`
  }
  if (last && last.inserted > 0) out += `\x1b[${y + 1};${last.x + 1}H\x1b[${last.inserted}P`
  if (ink.link) out += `\x1b[${y + 1}H${pen.extended(ink)}` // the link has to exist on the normal screen
  out += region(core, normal)
  out += attributes(core, pen, ink) + modes(core)
  // The cursor of one screen becomes the cursor of the other: this reaches every position, also behind the last column after
  // any cell, and outside the scroll region in origin mode.
  const column = last ? last.x : x
  out += `${TO_ALTERNATE}\x1b[${y + 1};${Math.min(column, core.cols - 1) + 1}H${column >= core.cols ? ' ' : ''}${TO_NORMAL}`
  painter.out += out + (last?.text ?? '')
}

function finishAlternate(core: Core, painter: Painter, pen: Pen, saved: SavedCursor): void {
  const { normal, alt } = core._bufferService.buffers
  const { x, y } = alt
  const ink = penOf(core)
  // The cursor's row on the normal screen determines how that screen is resized meanwhile.
  painter.out += `${region(core, normal)}\x1b[${normal.y + 1}H${TO_ALTERNATE}\x1b[H`
  const needsSavedCursor = usesSavedCursor(core, alt)
  const untouched = isInitial(saved) && !painter.usedAside
  painter.draw(alt, untouched || needsSavedCursor ? undefined : saved, ['', ''])
  let out = pen.plain(DEFAULT_INK) + tabs(core, alt)
  if (needsSavedCursor)
    out += `\x1b[${saved.y + 1};1H${save(core, pen, { ...saved, x: Math.min(saved.x, core.cols - 1) })}`
  const last = lastCluster(core, alt, ink)
  if (last && last.inserted > 0) out += `\x1b[${y + 1};${last.x + 1}H\x1b[${last.inserted}P`
  out += region(core, alt)
  const { origin } = core.coreService.decPrivateModes
  const row = origin ? y - alt.scrollTop : y
  if (!last && x >= core.cols) {
    const behind = behindLastColumn(core, ink)
    const move = `${origin ? '\x1b[?6h' : ''}\x1b[${row + 1};${(behind ? behind.x : core.cols - 1) + 1}H`
    if (behind?.first) out += move + pen.plain(behind.ink) + behind.text + attributes(core, pen, ink)
    else out += attributes(core, pen, ink) + move + (behind?.text ?? '')
    painter.out += `${out}\0${modes(core, false)}`
    return
  }
  out += attributes(core, pen, ink) + modes(core)
  out += `\x1b[${row + 1};${(last ? last.x : x) + 1}H`
  painter.out += out + (last?.text ?? '')
}

interface Behind {
  text: string
  x: number
  ink: Ink
  /** Print it before setting the pen and the charset. */
  first: boolean
}

/**
 * On the alternate screen the cursor gets behind the last column only by printing there again. Undefined if that is not
 * possible: a pen that needs DECRC moves the cursor.
 */
export function behindLastColumn(core: Core, ink: Ink): Behind | undefined {
  const { alt } = core._bufferService.buffers
  const line = alt.lines.get(alt.ybase + alt.y)!
  const x =
    core.cols - (isSecondHalf(core, line, core.cols - 1) && cellAt(core, line, core.cols - 2).width === 2 ? 2 : 1)
  const cell = cellAt(core, line, x)
  const text = cell.text || ' '
  const stray = strays(core)
  if (!((stray.charset || stray.ink) && savedCursorFor(core, ink)))
    return isPlain(cell.ink) ? { text, x, ink: cell.ink, first: true } : undefined
  const typed = untranslated(core, text)
  return sameInk(cell.ink, ink) && typed !== undefined ? { text: typed, x, ink, first: false } : undefined
}

interface LastCluster {
  text: string
  x: number
  /** Columns that insert mode inserts for it. */
  inserted: number
}

/** The last cluster as it has to be printed again, if the next character might join it or REP repeat it. */
export function lastCluster(core: Core, buffer: CoreBuffer, ink: Ink): LastCluster | undefined {
  const state = core._inputHandler._parser.precedingJoinState
  if (state === 0 || buffer.x === 0) return undefined
  const line = buffer.lines.get(buffer.ybase + buffer.y)!
  const x = isSecondHalf(core, line, buffer.x - 1) ? buffer.x - 2 : buffer.x - 1
  if (x < 0) return undefined
  const cell = cellAt(core, line, x)
  if (cell.text === '' || x + cell.width !== buffer.x || !sameInk(cell.ink, ink)) return undefined
  if (joinClass(joinStateOf(core, cell.text, cell.width)) !== joinClass(state)) return undefined
  const text = untranslated(core, cell.text)
  if (text === undefined) return undefined
  let inserted = 0
  if (core.coreService.modes.insertMode)
    inserted = (core.unicodeService.charProperties(cell.text.codePointAt(0)!, 0) >>> 1) & 3
  return { text, x, inserted }
}

/** The characters to print in the current charset to get `text`. */
function untranslated(core: Core, text: string): string | undefined {
  const { charset } = core._charsetService
  if (!charset) return text
  let result = ''
  for (const char of text) {
    if (char >= '\x7f' || charset[char] === undefined) result += char
    else {
      const key = Object.keys(charset).find(key => charset[key] === char)
      if (key === undefined) return undefined
      result += key
    }
  }
  return result
}

/** DECSC with `saved`. The cursor is in column 0 of its row, and the row's end may be overwritten. */
function save(core: Core, pen: Pen, saved: SavedCursor): string {
  const final = charsetFinal(saved.charset)
  let out = pen.flags(saved.fg, saved.bg)
  out += saved.x < core.cols ? `\x1b[${saved.x + 1}G` : `\x1b[${core.cols}G `
  out += final === 'B' ? '\x1b7' : `\x1b(${final}\x1b7\x1b(B`
  return out + pen.plain(DEFAULT_INK)
}

/** Whether drawing this buffer uses DECSC and DECRC on the buffer itself. */
export function usesSavedCursor(core: Core, buffer: CoreBuffer): boolean {
  for (let y = 0; y < buffer.lines.length; y++) {
    const line = buffer.lines.get(y)!
    for (let x = 0; x < core.cols; x++) {
      if (!(line._data[x * 3 + 1]! & FG_UNDERLINE) && !(line._data[x * 3 + 2]! & BG_EXTENDED)) continue
      if (!isPlain(cellAt(core, line, x).ink)) return true
    }
  }
  return false
}

/** Charsets and the pen. */
function attributes(core: Core, pen: Pen, ink: Ink): string {
  const { glevel, _charsets } = core._charsetService
  let out = ''
  for (const [g, designator] of ['(', ')', '*', '+'].entries())
    if (_charsets[g]) out += `\x1b${designator}${charsetFinal(_charsets[g])}`
  const shift = ['\x0f', '\x0e', '\x1bn', '\x1bo'][glevel]!
  if (glevel !== 0) out += shift
  // Only DECRC produces a charset that is not the invoked one, or an inconsistent pen.
  const { charset: strayCharset, ink: strayInk } = strays(core)
  const source = strayCharset || strayInk ? savedCursorFor(core, ink) : undefined
  if (!source) return out + pen.plain(ink)
  const { saved, enter, leave } = source
  if (!strayInk) return `${out}${enter}\x1b8${leave}\x1b[m\x1b]8;;\x07${fresh(pen, ink)}`
  out += enter + pen.extended(ink) + pen.restored(saved, ink) + leave
  return strayCharset ? out : out + shift
}

/** The pen after a DECRC that was for the charset. */
function fresh(pen: Pen, ink: Ink): string {
  pen.ink = DEFAULT_INK
  return pen.plain(ink)
}

/** Whether the charset in use is not the invoked one, and whether the pen's flags disagree with its extended attributes. */
export function strays(core: Core): { charset: boolean; ink: boolean } {
  const { charset, glevel, _charsets } = core._charsetService
  return { charset: charset !== _charsets[glevel], ink: !isPlain(inkOfPen(core, core._inputHandler._curAttrData)) }
}

interface SavedCursorSource {
  saved: SavedCursor
  /** The sequences that switch to its screen and back. */
  enter: string
  leave: string
}

/** The saved cursor from which DECRC restores a charset or a pen that nothing else produces; undefined: there is none. */
export function savedCursorFor(core: Core, ink: Ink): SavedCursorSource | undefined {
  const { normal, alt, active } = core._bufferService.buffers
  const stray = strays(core)
  const sources: SavedCursorSource[] =
    active === alt
      ? [{ saved: savedOf(core, alt), enter: '', leave: '' }]
      : [
          { saved: savedOf(core, normal), enter: '', leave: '' },
          { saved: savedOf(core, alt), enter: TO_ALTERNATE, leave: TO_NORMAL },
        ]
  const { charset } = core._charsetService
  return sources.find(
    ({ saved }) => (!stray.charset || saved.charset === charset) && (!stray.ink || leadsTo(saved, ink)),
  )
}

/** Whether Pen.restored gets from `saved` to `ink`: OSC 8 corrects BG_EXTENDED, but nothing changes FG_UNDERLINE alone. */
function leadsTo(saved: SavedCursor, ink: Ink): boolean {
  if ((saved.fg ^ ink.fg) & FG_UNDERLINE) return false
  return !((saved.bg ^ ink.bg) & BG_EXTENDED) || !!(ink.bg & BG_EXTENDED) === (ink.style !== 0 || ink.link !== 0)
}

/** The pen as far as it can be restored: for an inconsistent one without a saved cursor, what SGR and OSC 8 can produce. */
export function penOf(core: Core): Ink {
  const ink = inkOfPen(core, core._inputHandler._curAttrData)
  if (isPlain(ink) || savedCursorFor(core, ink)) return ink
  const fg = ink.style ? ink.fg | FG_UNDERLINE : ink.fg & ~FG_UNDERLINE
  const bg = ink.style || ink.link ? ink.bg | BG_EXTENDED : ink.bg & ~BG_EXTENDED
  return { ...ink, fg: fg >>> 0, bg: bg >>> 0 }
}

function region(core: Core, { scrollTop, scrollBottom }: CoreBuffer): string {
  return scrollTop === 0 && scrollBottom === core.rows - 1 ? '' : `\x1b[${scrollTop + 1};${scrollBottom + 1}r`
}

function tabs(core: Core, buffer: CoreBuffer): string {
  let stops = ''
  let isDefault = true
  for (let x = 0; x < core.cols; x++) {
    if (buffer.tabs[x]) stops += `\x1b[${x + 1}G\x1bH`
    if ((buffer.tabs[x] === true) !== (x % 8 === 0)) isDefault = false
  }
  return isDefault ? '' : `\x1b[3g${stops}`
}

function modes(core: Core, withOrigin = true): string {
  const { isCursorHidden, modes, decPrivateModes: dec } = core.coreService
  const { convertEol, cursorBlink } = core.optionsService.rawOptions
  const { activeProtocol, activeEncoding } = core.coreMouseService
  let on = ''
  if (dec.applicationCursorKeys) on += ';1'
  if (withOrigin && dec.origin) on += ';6'
  if (dec.reverseWraparound) on += ';45'
  if (dec.applicationKeypad) on += ';66'
  const protocol = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 }[activeProtocol]
  if (protocol) on += `;${protocol}`
  if (dec.sendFocus) on += ';1004'
  const encoding = { SGR: 1006, SGR_PIXELS: 1016 }[activeEncoding]
  if (encoding) on += `;${encoding}`
  if (dec.bracketedPasteMode) on += ';2004'
  let out = on ? `\x1b[?${on.slice(1)}h` : ''
  if (!dec.wraparound) out += '\x1b[?7l'
  if (modes.insertMode) out += '\x1b[4h'
  // xterm.js does not reset these three, so both values are written.
  out += convertEol ? '\x1b[20h' : '\x1b[20l'
  out += `\x1b[?25${isCursorHidden ? 'l' : 'h'}\x1b[?12${cursorBlink ? 'h' : 'l'}`
  const { cursorStyle: style, cursorBlink: blink } = dec
  if (style) out += `\x1b[${{ block: 2, underline: 4, bar: 6 }[style] - (blink ? 1 : 0)} q`
  else if (blink !== undefined) out += `\x1b[${blink ? 7 : 8} q` // these numbers set only the blinking
  return out
}

/** Colors that the program has set. Terminals in browsers keep them, also after a reset; headless ones do not. */
function colors(terminal: Terminal): string {
  let out = '\x1b]104\x07\x1b]110\x07\x1b]111\x07\x1b]112\x07'
  for (const [index, color] of paletteOf(terminal)) {
    const hex = color.toString(16).padStart(6, '0')
    const spec = `rgb:${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`
    out += index < 256 ? `\x1b]4;${index};${spec}\x07` : `\x1b]${index - 246};${spec}\x07`
  }
  return out
}

function titles(core: Core): string {
  const { _windowTitle: title, _iconName: icon, _windowTitleStack, _iconNameStack } = core._inputHandler
  const pushed = [
    ..._windowTitleStack.map(title => `\x1b]2;${title}\x07\x1b[22;2t`),
    ..._iconNameStack.map(icon => `\x1b]1;${icon}\x07\x1b[22;1t`),
  ]
  return `${pushed.join('')}\x1b]2;${title}\x07\x1b]1;${icon}\x07`
}
