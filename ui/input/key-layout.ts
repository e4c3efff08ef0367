// The keys of the key bar and their places: pages of fourteen keys, in two rows of seven or one of fourteen.
import type { Key, Modifiers, NamedKey } from './key-codes.ts'

/** Buttons that are not keys of a keyboard. */
export type BarAction = 'compose' | 'paste'

export interface BarKey extends Partial<Pick<Modifiers, 'shift' | 'ctrl'>> {
  /** The grid area (key-bar.css). */
  area: string
  /** Empty: an icon (key-bar.tsx). */
  label: string
  /** The accessible name. */
  name: string
  action: Key | BarAction | 'ctrl' | 'alt' | 'more'
  repeats?: true
}

const character = (area: string, types: string, name: string): BarKey => ({
  area,
  label: types,
  name,
  action: { types },
})
const control = (area: string, letter: string): BarKey => ({
  area,
  label: `^${letter}`,
  name: `Control ${letter}`,
  action: { types: letter.toLowerCase() },
  ctrl: true,
})
const named = (area: string, shown: string, name: string, does: NamedKey): BarKey => ({
  area,
  label: shown,
  name,
  action: does,
})
const repeated = (area: string, shown: string, name: string, does: NamedKey): BarKey => ({
  ...named(area, shown, name, does),
  repeats: true,
})

/** In the same place on every page. */
const MORE: BarKey = { area: 'more', label: '', name: 'More keys', action: 'more' }
const CTRL: BarKey = { area: 'ctrl', label: 'Ctrl', name: 'Control', action: 'ctrl' }

const FUNCTION_KEYS = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9', 'f10', 'f11', 'f12'] as const

/** Keys for agents and shells; characters of code; moving and editing; function keys for full-screen programs. */
export const KEY_PAGES: readonly (readonly BarKey[])[] = [
  [
    named('esc', 'Esc', 'Escape', 'escape'),
    { ...named('stab', '⇤', 'Shift Tab', 'tab'), shift: true },
    control('intr', 'C'),
    { area: 'compose', label: '', name: 'Compose', action: 'compose' },
    repeated('up', '↑', 'Up', 'up'),
    { area: 'paste', label: '', name: 'Paste', action: 'paste' },
    MORE,
    named('tab', 'Tab', 'Tab', 'tab'),
    CTRL,
    { area: 'alt', label: 'Alt', name: 'Alt', action: 'alt' },
    repeated('left', '←', 'Left', 'left'),
    repeated('down', '↓', 'Down', 'down'),
    repeated('right', '→', 'Right', 'right'),
    named('enter', '', 'Enter', 'enter'),
  ],
  [
    character('a', '/', 'Slash'),
    character('b', '-', 'Hyphen'),
    character('c', '_', 'Underscore'),
    character('d', '|', 'Pipe'),
    character('e', '~', 'Tilde'),
    character('f', '\\', 'Backslash'),
    MORE,
    character('g', '`', 'Backtick'),
    character('h', '{', 'Left brace'),
    character('i', '}', 'Right brace'),
    character('j', '[', 'Left bracket'),
    character('k', ']', 'Right bracket'),
    character('l', '<', 'Less than'),
    character('m', '>', 'Greater than'),
  ],
  [
    control('a', 'D'),
    control('b', 'Z'),
    control('c', 'R'),
    control('d', 'L'),
    repeated('e', 'Home', 'Home', 'home'),
    repeated('f', 'PgUp', 'Page up', 'page_up'),
    MORE,
    character('g', '$', 'Dollar'),
    character('h', '&', 'Ampersand'),
    character('i', '*', 'Asterisk'),
    repeated('j', 'Del', 'Delete', 'delete'),
    repeated('k', 'End', 'End', 'end'),
    repeated('l', 'PgDn', 'Page down', 'page_down'),
    named('m', 'Ins', 'Insert', 'insert'),
  ],
  [
    ...FUNCTION_KEYS.map((key, index) => named('abcdefghijkl'[index]!, key.toUpperCase(), key.toUpperCase(), key)),
    { ...CTRL, area: 'm' },
    MORE,
  ],
]
