// What keys send under kitty's protocol, by the examples and tables of https://sw.kovidgoyal.net/kitty/keyboard-protocol/, and
// under modifyOtherKeys, by https://invisible-island.net/xterm/modified-keys.html.
import { describe, expect, it } from 'vitest'
import { keySequence, withModifiers } from '../../../ui/input/key-codes.ts'
import { type KeyStroke, protocolSequence } from '../../../ui/input/key-protocol.ts'

/** `ctrl+shift+a`, `left release`, `shift+{` */
function stroke(text: string): KeyStroke {
  const [keys = '', event] = text.split(' ')
  const names = keys === '+' ? ['+'] : keys.split('+')
  const name = names.pop()!
  const has = (modifier: string) => names.includes(modifier)
  const isText = [...name].length === 1 || name === 'space'
  const typed = name === 'space' ? ' ' : has('shift') ? name.toUpperCase() : name
  return {
    key: isText ? { types: typed } : (name as 'enter'),
    shift: has('shift'),
    alt: has('alt'),
    ctrl: has('ctrl'),
    super: has('super'),
    ...(event ? { event: event as 'release' } : {}),
  }
}

const kitty = (flags: number, text: string) => protocolSequence(stroke(text), { flags, modifyOtherKeys: 0 })
const other = (level: 1 | 2, text: string) => protocolSequence(stroke(text), { flags: 0, modifyOtherKeys: level })

describe('kitty’s protocol, flag 1 (told from text)', () => {
  it.each([
    ['escape', '\x1b[27u'],
    ['ctrl+c', '\x1b[99;5u'],
    ['ctrl+shift+a', '\x1b[97;6u'],
    ['alt+a', '\x1b[97;3u'],
    ['alt+shift+a', '\x1b[97;4u'],
    ['ctrl+space', '\x1b[32;5u'],
    ['super+a', '\x1b[97;9u'],
    ['shift+enter', '\x1b[13;2u'],
    ['ctrl+enter', '\x1b[13;5u'],
    ['shift+tab', '\x1b[9;2u'],
    ['ctrl+backspace', '\x1b[127;5u'],
    ['up', '\x1b[A'],
    ['ctrl+up', '\x1b[1;5A'],
    ['f1', '\x1b[P'],
    ['shift+f1', '\x1b[1;2P'],
    ['f3', '\x1b[13~'],
    ['page_up', '\x1b[5~'],
    ['alt+delete', '\x1b[3;3~'],
    ['f13', '\x1b[57376u'],
    ['f24', '\x1b[57387u'],
    ['menu', '\x1b[57363u'],
    ['keypad_begin', '\x1b[57427u'],
    ['ctrl+keypad_5', '\x1b[57404;5u'],
  ])('%s sends a sequence of its own', (key, sequence) => {
    expect(kitty(1, key)).toBe(sequence)
  })

  it.each(['a', 'shift+a', 'ü', '界', 'enter', 'tab', 'backspace', 'keypad_5'])('%s types as ever', key => {
    expect(kitty(1, key)).toBeUndefined()
  })

  it.each(['a release', 'ctrl+c release', 'enter release', 'left_shift', 'caps_lock'])('%s sends nothing', key => {
    expect(kitty(1, key)).toBe('')
  })
})

describe('kitty’s protocol, flags 2, 4, 8 and 16', () => {
  it.each([
    // 2: events
    [3, 'a release', '\x1b[97;1:3u'],
    [3, 'ctrl+a repeat', '\x1b[97;5:2u'],
    [3, 'up release', '\x1b[1;1:3A'],
    [3, 'up repeat', '\x1b[1;1:2A'],
    [3, 'enter release', ''],
    [11, 'enter release', '\x1b[13;1:3u'],
    [3, 'ctrl+enter repeat', '\x1b[13;5:2u'],
    [2, 'escape', undefined],
    [2, 'ctrl+c', undefined],
    // 4: alternates
    [5, 'ctrl+shift+a', '\x1b[97:65;6u'],
    // 8: all keys
    [8, 'a', '\x1b[97u'],
    [8, 'shift+a', '\x1b[97;2u'],
    [8, 'enter', '\x1b[13u'],
    [8, 'tab', '\x1b[9u'],
    [8, 'backspace', '\x1b[127u'],
    [8, 'left_shift', '\x1b[57441u'],
    [8, 'right_control', '\x1b[57448u'],
    [8, 'caps_lock', '\x1b[57358u'],
    [8, 'keypad_7', '\x1b[57406u'],
    // 16: with their text
    [24, 'a', '\x1b[97;;97u'],
    [24, 'shift+a', '\x1b[97;2;65u'],
    [24, 'ctrl+a', '\x1b[97;5u'],
    [26, 'a release', '\x1b[97;1:3u'],
    [24, 'keypad_7', '\x1b[57406;;55u'],
    [28, 'shift+a', '\x1b[97:65;2;65u'],
  ] as const)('%i: %s', (flags, key, sequence) => {
    expect(kitty(flags, key)).toBe(sequence)
  })

  it('tell the key of the US layout at the same place', () => {
    const cyrillic = { key: { types: 'С' }, unshifted: 'с', us: 'c', shift: true, alt: false, ctrl: true }
    expect(protocolSequence(cyrillic, { flags: 5, modifyOtherKeys: 0 })).toBe('\x1b[1089:1057:99;6u')
    expect(protocolSequence({ ...cyrillic, shift: false, key: { types: 'с' } }, { flags: 5, modifyOtherKeys: 0 })).toBe(
      '\x1b[1089::99;5u',
    )
  })
})

describe('modifyOtherKeys', () => {
  it.each([
    [2, 'ctrl+a', '\x1b[27;5;97~'],
    [2, 'ctrl+shift+a', '\x1b[27;6;65~'],
    [2, 'alt+a', '\x1b[27;3;97~'],
    [2, 'shift+enter', '\x1b[27;2;13~'],
    [2, 'ctrl+tab', '\x1b[27;5;9~'],
    [2, 'alt+escape', '\x1b[27;3;27~'],
    [2, 'shift+tab', undefined],
    [2, 'shift+a', undefined],
    [2, 'a', undefined],
    [2, 'enter', undefined],
    [2, 'ctrl+up', undefined],
    [1, 'shift+enter', '\x1b[27;2;13~'],
    [1, 'ctrl+enter', '\x1b[27;5;13~'],
    [1, 'ctrl+.', '\x1b[27;5;46~'],
    [1, 'ctrl+1', '\x1b[27;5;49~'],
    [1, 'ctrl+c', undefined],
    [1, 'ctrl+space', undefined],
    [1, 'alt+a', undefined],
  ] as const)('level %i: %s', (level, key, sequence) => {
    expect(other(level, key)).toBe(sequence)
  })
})

describe('keys on a screen', () => {
  it('follow the protocol, and are released at once for a program that asks for releases', () => {
    const none = { ctrl: false, alt: false, shift: false }
    expect(keySequence('escape', none, false, { flags: 1, modifyOtherKeys: 0 })).toBe('\x1b[27u')
    expect(keySequence('up', none, true, { flags: 3, modifyOtherKeys: 0 })).toBe('\x1b[A\x1b[1;1:3A')
    expect(keySequence('enter', none, false, { flags: 1, modifyOtherKeys: 0 })).toBe('\r')
  })

  it('type characters, with Ctrl and Alt, as keys where the program wants keys', () => {
    const ctrl = { ctrl: true, alt: false }
    const none = { ctrl: false, alt: false }
    expect(withModifiers('c', ctrl, { flags: 1, modifyOtherKeys: 0 })).toBe('\x1b[99;5u')
    expect(withModifiers('C', ctrl, { flags: 0, modifyOtherKeys: 2 })).toBe('\x1b[27;6;67~')
    expect(withModifiers('A', none, { flags: 8, modifyOtherKeys: 0 })).toBe('\x1b[97;2u')
    expect(withModifiers('\r', none, { flags: 8, modifyOtherKeys: 0 })).toBe('\x1b[13u')
    expect(withModifiers('a', none, { flags: 1, modifyOtherKeys: 0 })).toBe('a')
    expect(withModifiers('words', ctrl, { flags: 31, modifyOtherKeys: 0 })).toBe('words')
  })
})
