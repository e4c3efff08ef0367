import { describe, expect, it } from 'vitest'
import { Screen } from '../../../main/host/screen/screen.ts'
import { snapshot } from '../../../main/host/screen/snapshot.ts'
import { keyboardProtocol } from '../../../terminal/keyboard-protocol.ts'
import { differences } from '../../support/terminal/compare-terminals.ts'

function screenAfter(output: string | Uint8Array): Screen {
  const screen = new Screen({ cols: 20, rows: 5 })
  screen.write(typeof output === 'string' ? new TextEncoder().encode(output) : output)
  return screen
}

const flags = (output: string) => keyboardProtocol(screenAfter(output).terminal).flags
const otherKeys = (output: string) => keyboardProtocol(screenAfter(output).terminal).modifyOtherKeys

describe('kitty’s keyboard protocol', () => {
  it.each([
    ['is off at first', '', 0],
    ['is pushed', '\x1b[>5u', 5],
    ['is pushed without flags', '\x1b[>5u\x1b[>u', 0],
    ['is popped', '\x1b[>1u\x1b[>5u\x1b[<u', 1],
    ['is popped several times', '\x1b[>1u\x1b[>5u\x1b[>7u\x1b[<2u', 1],
    ['is off after more pops than pushes', '\x1b[=3u\x1b[>1u\x1b[<9u', 0],
    ['is set', '\x1b[>1u\x1b[=6u', 6],
    ['is set in part', '\x1b[=1u\x1b[=6;2u', 7],
    ['is reset in part', '\x1b[=7u\x1b[=2;3u', 5],
    ['stays with a mode that does not exist', '\x1b[=7u\x1b[=2;4u', 7],
    ['has no flags but five', '\x1b[>4095u', 31],
    ['keeps as many entries as kitty', `${'\x1b[>1u'.repeat(100)}\x1b[<7u`, 1],
    ['forgets the oldest entries', `${'\x1b[>1u'.repeat(100)}\x1b[<8u`, 0],
    ['is off after a full reset', '\x1b[>5u\x1bc', 0],
    ['is another one on the alternate screen', '\x1b[>5u\x1b[?1049h', 0],
    ['is still there after the alternate screen', '\x1b[>5u\x1b[?1049h\x1b[>1u\x1b[?1049l', 5],
    ['does not take restoring the cursor for itself', '\x1b[>5u\x1b[s\x1b[u', 5],
  ])('%s', (_, output, wanted) => {
    expect(flags(output)).toBe(wanted)
  })
})

describe('modifyOtherKeys', () => {
  it.each([
    ['is off at first', '', 0],
    ['is set', '\x1b[>4;2m', 2],
    ['is set to its lower level', '\x1b[>4;1m', 1],
    ['is reset without a value', '\x1b[>4;2m\x1b[>4m', 0],
    ['is reset with all others', '\x1b[>4;2m\x1b[>m', 0],
    ['is disabled', '\x1b[>4;2m\x1b[>4n', 0],
    ['stays when another resource is set', '\x1b[>4;2m\x1b[>1;3m', 2],
    ['has no third level', '\x1b[>4;3m', 0],
    ['is off after a full reset', '\x1b[>4;2m\x1bc', 0],
  ])('%s', (_, output, wanted) => {
    expect(otherKeys(output)).toBe(wanted)
  })
})

it.each([
  '\x1b[>5u',
  '\x1b[=3u\x1b[>5u\x1b[>1u',
  '\x1b[>4;2mtext',
  '\x1b[>5u\x1b[?1049h\x1b[=2u\x1b[>7umenu',
  '\x1b[?1049h\x1b[>7umenu\x1b[?1049l\x1b[>1ushell',
])('a keyframe carries it: %j', output => {
  const screen = screenAfter(output)
  expect(differences(screen.terminal, screenAfter(snapshot(screen.terminal)).terminal)).toEqual([])
})
