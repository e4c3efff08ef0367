// What keys send to a program that has asked for kitty's keyboard protocol or for xterm's modifyOtherKeys.
import { type KeyboardProtocol, KITTY } from '../../terminal/keyboard-protocol.ts'

export type NamedKey =
  | 'escape'
  | 'tab'
  | 'enter'
  | 'up'
  | 'down'
  | 'right'
  | 'left'
  | 'home'
  | 'end'
  | 'insert'
  | 'delete'
  | 'page_up'
  | 'page_down'
  | 'f1'
  | 'f2'
  | 'f3'
  | 'f4'
  | 'f5'
  | 'f6'
  | 'f7'
  | 'f8'
  | 'f9'
  | 'f10'
  | 'f11'
  | 'f12'

export type OtherKey =
  | 'backspace'
  | 'caps_lock'
  | 'scroll_lock'
  | 'num_lock'
  | 'print_screen'
  | 'pause'
  | 'menu'
  | `f${13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23 | 24}`
  | `keypad_${KeypadKey}`
  | `${'left' | 'right'}_${'shift' | 'control' | 'alt' | 'super'}`

type KeypadKey = (typeof KEYPAD)[number]

export interface KeyStroke {
  key: NamedKey | OtherKey | { types: string }
  shift: boolean
  alt: boolean
  ctrl: boolean
  super?: boolean
  /** Left out: pressed. */
  event?: 'repeat' | 'release'
  /** What the key types without Shift; left out: its small letter. */
  unshifted?: string
  /** What the key at this place types on a US keyboard. */
  us?: string
}

/** In the order of kitty's numbers from 57399 on. */
const KEYPAD = [
  ...(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const),
  ...(['decimal', 'divide', 'multiply', 'subtract', 'add', 'enter', 'equal', 'separator'] as const),
  ...(['left', 'right', 'up', 'down', 'page_up', 'page_down', 'home', 'end', 'insert', 'delete', 'begin'] as const),
] as const
const KEYPAD_BEGIN = 57399
/** What the keys of the keypad type. */
const KEYPAD_TEXT = '0123456789./*-+'

/** Number and final character of CSI (kitty, "Functional key definitions"). */
const KEYS: Partial<Record<string, readonly [number: number, final: string]>> = {
  escape: [27, 'u'],
  enter: [13, 'u'],
  tab: [9, 'u'],
  backspace: [127, 'u'],
  insert: [2, '~'],
  delete: [3, '~'],
  left: [1, 'D'],
  right: [1, 'C'],
  up: [1, 'A'],
  down: [1, 'B'],
  page_up: [5, '~'],
  page_down: [6, '~'],
  home: [1, 'H'],
  end: [1, 'F'],
  f1: [1, 'P'],
  f2: [1, 'Q'],
  f3: [13, '~'],
  f4: [1, 'S'],
  f5: [15, '~'],
  f6: [17, '~'],
  f7: [18, '~'],
  f8: [19, '~'],
  f9: [20, '~'],
  f10: [21, '~'],
  f11: [23, '~'],
  f12: [24, '~'],
  caps_lock: [57358, 'u'],
  scroll_lock: [57359, 'u'],
  num_lock: [57360, 'u'],
  print_screen: [57361, 'u'],
  pause: [57362, 'u'],
  menu: [57363, 'u'],
  ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f${13 + index}`, [57376 + index, 'u']] as const)),
  ...Object.fromEntries(KEYPAD.map((name, index) => [`keypad_${name}`, [KEYPAD_BEGIN + index, 'u']] as const)),
  left_shift: [57441, 'u'],
  left_control: [57442, 'u'],
  left_alt: [57443, 'u'],
  left_super: [57444, 'u'],
  right_shift: [57447, 'u'],
  right_control: [57448, 'u'],
  right_alt: [57449, 'u'],
  right_super: [57450, 'u'],
}

/** Reported only where every key is. */
const STATE_KEY = /^(?:left|right)_(?:shift|control|alt|super)$|_lock$/
/** They stay as they are where they are not ambiguous, so that a shell is still usable after a program that died. */
const PLAIN_KEYS = ['enter', 'tab', 'backspace']

/** Whether keys send anything that they would not send without a protocol. */
export function isProtocolOn({ flags, modifyOtherKeys }: KeyboardProtocol): boolean {
  return flags !== 0 || modifyOtherKeys !== 0
}

/** What a key sends; empty: nothing. Undefined: the same as without a protocol. */
export function protocolSequence(stroke: KeyStroke, protocol: KeyboardProtocol): string | undefined {
  if (protocol.flags !== 0) return kittySequence(stroke, protocol.flags)
  if (protocol.modifyOtherKeys !== 0) return otherKeySequence(stroke, protocol.modifyOtherKeys)
  return undefined
}

function kittySequence(stroke: KeyStroke, flags: number): string | undefined {
  const has = (flag: keyof typeof KITTY) => (flags & KITTY[flag]) !== 0
  const { key, shift, alt, ctrl } = stroke
  const event = has('events') ? stroke.event : stroke.event === 'release' ? 'release' : undefined
  if (event === 'release' && !has('events')) return ''
  const others = alt || ctrl || stroke.super === true
  const isLegacy = !has('disambiguate') && !has('all') && event === undefined
  const text = textOf(stroke)
  if (typeof key === 'object') {
    if (!has('all') && event !== 'release' && (!others || isLegacy)) return undefined
    const code = codeOf(stroke.unshifted ?? key.types.toLowerCase())
    const shifted = has('alternates') && shift && codeOf(key.types) !== code ? codeOf(key.types) : undefined
    const us = has('alternates') && stroke.us && codeOf(stroke.us) !== code ? codeOf(stroke.us) : undefined
    const alternates = us ? `:${shifted ?? ''}:${us}` : shifted ? `:${shifted}` : ''
    return csi(`${code}${alternates}`, 'u', stroke, event, has('text') ? text : undefined)
  }
  const found = KEYS[key]
  if (!found) return undefined
  if (STATE_KEY.test(key)) return has('all') ? csi(String(found[0]), 'u', stroke, event) : ''
  if (!has('all')) {
    if (PLAIN_KEYS.includes(key)) {
      if (event === 'release') return ''
      if (!shift && !others) return undefined
    }
    // A keypad that types is text.
    if (text !== undefined && !others && event !== 'release') return undefined
    if (isLegacy) return undefined
  }
  return csi(String(found[0]), found[1], stroke, event, has('text') ? text : undefined)
}

/** `CSI number ; modifiers : event ; text final`. */
function csi(
  number: string,
  final: string,
  { shift, alt, ctrl, super: meta }: KeyStroke,
  event: KeyStroke['event'],
  text?: string,
): string {
  const modifiers = 1 + (shift ? 1 : 0) + (alt ? 2 : 0) + (ctrl ? 4 : 0) + (meta ? 8 : 0)
  const kind = event === 'repeat' ? ':2' : event === 'release' ? ':3' : ''
  const second = modifiers > 1 || kind ? `${modifiers}${kind}` : ''
  if (text && event !== 'release' && !alt && !ctrl && !meta)
    return `\x1b[${number};${second};${[...text].map(codeOf).join(':')}${final}`
  if (second) return `\x1b[${number};${second}${final}`
  return `\x1b[${number === '1' ? '' : number}${final}`
}

function textOf({ key }: KeyStroke): string | undefined {
  if (typeof key === 'object') return key.types
  const at = KEYS[key]![0] - KEYPAD_BEGIN
  return key.startsWith('keypad_') ? KEYPAD_TEXT[at] : undefined
}

/** `CSI 27 ; modifiers ; code ~`. */
function otherKeySequence(stroke: KeyStroke, level: 1 | 2): string | undefined {
  const { key, shift, alt, ctrl, event } = stroke
  if (event === 'release') return undefined
  const modifiers = 1 + (shift ? 1 : 0) + (alt ? 2 : 0) + (ctrl ? 4 : 0)
  if (modifiers === 1) return undefined
  const code = (code: number) => `\x1b[27;${modifiers};${code}~`
  if (key === 'enter') return code(13)
  // Shift+Tab is known everywhere as CSI Z.
  if (key === 'tab') return alt || ctrl ? code(9) : undefined
  if (key === 'escape') return level === 2 ? code(27) : undefined
  if (typeof key === 'string' || (!ctrl && !alt)) return undefined
  if (level === 2) return code(codeOf(key.types))
  // What has a control character, or is sent with Escape for Alt, is well known.
  return ctrl && !/^[@-~ 2-8/]$/.test(key.types) ? code(codeOf(key.types)) : undefined
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
