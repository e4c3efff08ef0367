// What a key sends to a program, depending on the modes that the program has set.
import { type KeyboardProtocol, NO_PROTOCOL } from '../../terminal/keyboard-protocol.ts'
import { type KeyStroke, type NamedKey, protocolSequence } from './key-protocol.ts'

export type { NamedKey }

export interface Modifiers {
  ctrl: boolean
  alt: boolean
  shift: boolean
}

export const NO_MODIFIERS: Modifiers = { ctrl: false, alt: false, shift: false }

/** A named key, or the key that types this character. */
export type Key = NamedKey | { types: string }

/** Final bytes of CSI and SS3 (xterm ctlseqs, "PC-Style Function Keys"). */
const CURSOR: Partial<Record<NamedKey, string>> = { up: 'A', down: 'B', right: 'C', left: 'D', home: 'H', end: 'F' }
/** The same, for keys that send SS3 in every mode. */
const PF: Partial<Record<NamedKey, string>> = { f1: 'P', f2: 'Q', f3: 'R', f4: 'S' }
/** CSI number ~ (the same section, which skips 16 and 22 too). */
const TILDE: Partial<Record<NamedKey, number>> = {
  insert: 2,
  delete: 3,
  page_up: 5,
  page_down: 6,
  f5: 15,
  f6: 17,
  f7: 18,
  f8: 19,
  f9: 20,
  f10: 21,
  f11: 23,
  f12: 24,
}

/** What a key sends: by the protocol that the program has asked for, else as in xterm. */
export function keySequence(
  key: Key,
  modifiers: Modifiers,
  applicationCursor: boolean,
  protocol: KeyboardProtocol = NO_PROTOCOL,
): string {
  if (typeof key === 'object') return withModifiers(key.types, modifiers, protocol)
  const pressed = protocolSequence({ key, ...modifiers }, protocol)
  // A program that is told of releases would take a key for held.
  if (pressed !== undefined)
    return pressed + (protocolSequence({ key, ...modifiers, event: 'release' }, protocol) ?? '')
  const { ctrl, alt, shift } = modifiers
  const modifier = 1 + (shift ? 1 : 0) + (alt ? 2 : 0) + (ctrl ? 4 : 0)
  const final = CURSOR[key] ?? PF[key]
  if (final) {
    if (modifier > 1) return `\x1b[1;${modifier}${final}`
    return `${applicationCursor || key in PF ? '\x1bO' : '\x1b['}${final}`
  }
  const number = TILDE[key]
  if (number) return modifier > 1 ? `\x1b[${number};${modifier}~` : `\x1b[${number}~`
  const meta = alt ? '\x1b' : ''
  if (key === 'tab') return `${meta}${shift ? '\x1b[Z' : '\t'}`
  if (key === 'enter') return `${meta}\r`
  return `${meta}\x1b`
}

/** Typed text with Ctrl or Alt applied. Only a single character changes: a pasted or swiped word stays text. */
export function withModifiers(
  text: string,
  { ctrl, alt }: Pick<Modifiers, 'ctrl' | 'alt'>,
  protocol: KeyboardProtocol = NO_PROTOCOL,
): string {
  if ([...text].length !== 1) return text
  const sequence = protocolSequence({ ...strokeOf(text), ctrl, alt }, protocol)
  return sequence ?? `${alt ? '\x1b' : ''}${ctrl ? controlOf(text) : text}`
}

/** The key that types a character: keyboards on a screen send characters. */
function strokeOf(character: string): KeyStroke {
  const named = { '\r': 'enter', '\t': 'tab', '\x7f': 'backspace', '\x1b': 'escape' } as const
  const key = named[character as keyof typeof named] ?? { types: character }
  return { key, shift: /^\p{Lu}$/u.test(character), ctrl: false, alt: false }
}

/** As in xterm: letters and @[\]^_ by their low bits, digits and a few others as on a VT220. */
function controlOf(character: string): string {
  const special = ' @2[3\\4]5^6_7/?8'.indexOf(character)
  if (special >= 0) return '\0\0\0\x1b\x1b\x1c\x1c\x1d\x1d\x1e\x1e\x1f\x1f\x1f\x7f\x7f'[special]!
  return /^[a-z]$/i.test(character) ? String.fromCharCode(character.charCodeAt(0) & 0x1f) : character
}
