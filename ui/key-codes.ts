// What a key sends to a program, by the modes that the program has set. Knows no DOM and no key bar.

export interface Modifiers {
  ctrl: boolean
  alt: boolean
  shift: boolean
}

export const NO_MODIFIERS: Modifiers = { ctrl: false, alt: false, shift: false }

export type Key =
  | 'escape'
  | 'tab'
  | 'up'
  | 'down'
  | 'right'
  | 'left'
  | 'home'
  | 'end'
  | 'page_up'
  | 'page_down'
  | 'interrupt'

/** Final bytes of CSI and SS3 (xterm ctlseqs, "PC-Style Function Keys"). */
const CURSOR: Partial<Record<Key, string>> = { up: 'A', down: 'B', right: 'C', left: 'D', home: 'H', end: 'F' }
const TILDE: Partial<Record<Key, number>> = { page_up: 5, page_down: 6 }

/** The bytes of a key, as xterm itself would send them. */
export function keySequence(key: Key, { ctrl, alt, shift }: Modifiers, applicationCursor: boolean): string {
  const modifier = 1 + (shift ? 1 : 0) + (alt ? 2 : 0) + (ctrl ? 4 : 0)
  const final = CURSOR[key]
  if (final) {
    if (modifier > 1) return `\x1b[1;${modifier}${final}`
    return `${applicationCursor ? '\x1bO' : '\x1b['}${final}`
  }
  const number = TILDE[key]
  if (number) return modifier > 1 ? `\x1b[${number};${modifier}~` : `\x1b[${number}~`
  const meta = alt ? '\x1b' : ''
  if (key === 'tab') return `${meta}${shift ? '\x1b[Z' : '\t'}`
  if (key === 'interrupt') return `${meta}\x03`
  return `${meta}\x1b`
}

/** What typed text becomes while Ctrl or Alt is on. Only one character is changed: a pasted or swiped word is text. */
export function withModifiers(text: string, { ctrl, alt }: Pick<Modifiers, 'ctrl' | 'alt'>): string {
  if ([...text].length !== 1) return text
  return `${alt ? '\x1b' : ''}${ctrl ? controlOf(text) : text}`
}

/** xterm's table: letters and @[\]^_ by their low bits, digits and a few others as on a VT220. */
function controlOf(character: string): string {
  const special = ' @2[3\\4]5^6_7/?8'.indexOf(character)
  if (special >= 0) return '\0\0\0\x1b\x1b\x1c\x1c\x1d\x1d\x1e\x1e\x1f\x1f\x1f\x7f\x7f'[special]!
  return /^[a-z]$/i.test(character) ? String.fromCharCode(character.charCodeAt(0) & 0x1f) : character
}
