// Which key a keyboard event is about, for the keyboard protocols.
import type { KeyStroke } from './key-protocol.ts'

/** Names in UI Events (KeyboardEvent key values). */
const NAMES: Record<string, Exclude<KeyStroke['key'], object>> = {
  Escape: 'escape',
  Enter: 'enter',
  Tab: 'tab',
  Backspace: 'backspace',
  Insert: 'insert',
  Delete: 'delete',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'page_up',
  PageDown: 'page_down',
  Home: 'home',
  End: 'end',
  CapsLock: 'caps_lock',
  ScrollLock: 'scroll_lock',
  NumLock: 'num_lock',
  PrintScreen: 'print_screen',
  Pause: 'pause',
  ContextMenu: 'menu',
}
const MODIFIERS: Record<string, 'shift' | 'control' | 'alt' | 'super'> = {
  Shift: 'shift',
  Control: 'control',
  Alt: 'alt',
  Meta: 'super',
}
const KEYPAD: Record<string, string> = {
  Enter: 'enter',
  '.': 'decimal',
  ',': 'decimal',
  '/': 'divide',
  '*': 'multiply',
  '-': 'subtract',
  '+': 'add',
  '=': 'equal',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'page_up',
  PageDown: 'page_down',
  Home: 'home',
  End: 'end',
  Insert: 'insert',
  Delete: 'delete',
  Clear: 'begin',
}
const ON_KEYPAD = 3
const ON_THE_RIGHT = 2

/** The US layout by place: what a key types, and with Shift. */
const US: Record<string, string> = {
  Backquote: '`~',
  Minus: '-_',
  Equal: '=+',
  BracketLeft: '[{',
  BracketRight: ']}',
  Backslash: '\\|',
  Semicolon: ';:',
  Quote: `'"`,
  Comma: ',<',
  Period: '.>',
  Slash: '/?',
  Space: '  ',
  ...Object.fromEntries([...')!@#$%^&*('].map((shifted, digit) => [`Digit${digit}`, `${digit}${shifted}`])),
  ...Object.fromEntries(
    [...'abcdefghijklmnopqrstuvwxyz'].map(one => [`Key${one.toUpperCase()}`, one + one.toUpperCase()]),
  ),
}

/** Undefined: an input method handles it, or it is no key that a program could know. `mac`: Option types other characters. */
export function keyStroke(event: KeyboardEvent, mac: boolean): KeyStroke | undefined {
  const { key, code, location, isComposing, keyCode } = event
  if (isComposing || keyCode === 229) return undefined
  const altGraph = event.getModifierState('AltGraph')
  const stroke = {
    shift: event.shiftKey,
    alt: event.altKey && !altGraph,
    ctrl: event.ctrlKey && !altGraph,
    super: event.metaKey,
    ...(event.type === 'keyup' ? { event: 'release' as const } : event.repeat ? { event: 'repeat' as const } : {}),
  }
  const modifier = MODIFIERS[key]
  if (modifier) return { ...stroke, key: `${location === ON_THE_RIGHT ? 'right' : 'left'}_${modifier}` }
  const onKeypad = location === ON_KEYPAD && (/^\d$/.test(key) ? key : KEYPAD[key])
  if (onKeypad) return { ...stroke, key: `keypad_${onKeypad}` as KeyStroke['key'] }
  const named = NAMES[key] ?? (/^F([1-9]|1\d|2[0-4])$/.test(key) ? (key.toLowerCase() as 'f1') : undefined)
  if (named) return { ...stroke, key: named }
  if ([...key].length !== 1) return undefined
  const us = US[code]
  const unshifted = us && event.shiftKey && us[1] === key ? us[0]! : key.toLowerCase()
  const alt = stroke.alt && !(mac && !stroke.ctrl)
  return { ...stroke, alt, key: { types: key }, unshifted, ...(us ? { us: us[0]! } : {}) }
}
