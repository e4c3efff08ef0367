// What xterm.js does otherwise than xterm, by xterm's answers.
import { describe, expect, it } from 'vitest'
import { Screen } from '../../../main/host/screen/screen.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'

function screenAfter(output: string): Screen {
  const screen = new Screen({ cols: 20, rows: 5 })
  screen.write(new TextEncoder().encode(output))
  return screen
}

const state = (output: string) => describeTerminal(screenAfter(output).terminal)
const pen = (output: string) => String(state(output).pen)

describe('SGR', () => {
  it.each([38, 48, 58])('%i:2:r:g:b is the same as with an empty color space', color => {
    expect(pen(`\x1b[4;${color}:2:10:20:30m`)).toBe(pen(`\x1b[4;${color}:2::10:20:30m`))
    expect(pen(`\x1b[4;1;${color}:2:10:20:30;3m`)).toBe(pen(`\x1b[4;1;${color}:2::10:20:30;3m`))
    expect(pen(`\x1b[4;${color}:2:10:20:30m`)).not.toBe(pen('\x1b[4m'))
  })

  it('59 brings the default color of underlines back', () => {
    expect(pen('\x1b[4;58:5:9m\x1b[59m')).toBe(pen('\x1b[4m'))
    expect(pen('\x1b[4;58:5:9;59;1m')).toBe(pen('\x1b[4;1m'))
    expect(pen('\x1b[4;59;58:5:9m')).toBe(pen('\x1b[4;58:5:9m'))
    expect(pen('\x1b[59m')).toBe(pen(''))
  })

  it('59 in a color is no attribute', () => {
    for (const color of ['38;2;0;59;0', '48;5;59', '38;2;59;59;59;1', '4;58;5;59', '59;38;5;59'])
      expect(pen(`\x1b[${color}m`)).toBe(
        pen(`\x1b[${color.replace(/^59;/, '').replaceAll('59', '60')}m`).replaceAll('3c', '3b'),
      )
  })
})

it('DECALN resets the margins and goes home', () => {
  const screen = screenAfter('\x1b[2;3r\x1b[3;3H\x1b#8')
  const { active } = coreOf(screen.terminal)._bufferService.buffers
  expect([active.scrollTop, active.scrollBottom, active.x, active.y]).toEqual([0, 4, 0, 0])
  const inOrigin = screenAfter('\x1b[2;3r\x1b[?6h\x1b#8x')
  expect(inOrigin.terminal.buffer.active.getLine(0)!.translateToString(true)).toBe(`x${'E'.repeat(19)}`)
})

it('OSC 8 with an id and no address ends the link', () => {
  expect(pen('\x1b]8;id=a;http://a/\x07x\x1b]8;id=a;\x07')).toBe(pen(''))
  expect(pen('\x1b]8;id=a;http://a/\x07x')).not.toBe(pen(''))
})

it('special graphics have a blank at 0x5f', () => {
  const text = screenAfter('\x1b(0a_q').terminal.buffer.active.getLine(0)!.translateToString(true)
  expect(text).toBe('▒ ─')
  expect(state('a')['normal[0]']).toBe(state('\x1b(0\x1b(Ba')['normal[0]'])
})

it('erasing the scrollback lets who has scrolled back follow the output again', () => {
  const screen = screenAfter('\n'.repeat(50))
  const service = coreOf(screen.terminal)._bufferService as unknown as { isUserScrolling: boolean }
  screen.terminal.scrollLines(-20)
  expect(service.isUserScrolling).toBe(true)
  screen.write(new TextEncoder().encode('\x1b[3J'))
  expect(service.isUserScrolling).toBe(false)
})

describe('SU', () => {
  const rows = (output: string) => {
    const { active } = screenAfter(output).terminal.buffer
    return Array.from({ length: active.length }, (_, y) => active.getLine(y)!.translateToString(true))
  }

  it('moves rows out at the top of the screen into the scrollback, and leaves the cursor', () => {
    expect(rows('1\r\n2\r\n3\r\n4\r\n5\x1b[2Sx')).toEqual(['1', '2', '3', '4', '5', '', ' x'])
    expect(rows('1\r\n2\r\n3\r\n4\r\n5\x1b[1;3r\x1b[2S\x1b[r')).toEqual(['1', '2', '3', '', '', '4', '5'])
  })

  it('adds no blank rows for what is below all text, and moves colored ones', () => {
    expect(rows('1\r\n\r\n3\x1b[9999Sx')).toEqual(['1', '', '3', '', '', ' x', '', ''])
    expect(rows('\x1b[9999S'.repeat(9))).toEqual(['', '', '', '', ''])
    expect(state('1\x1b[3;1H\x1b[41m\x1b[K\x1b[m\x1b[2S')['normal[1]']).toBe(state('\x1b[41m\x1b[K\x1b[m')['normal[0]'])
  })

  it('moves nothing there from a region further down, nor from the alternate screen', () => {
    expect(rows('1\r\n2\r\n3\r\n4\r\n5\x1b[2;3r\x1b[S')).toEqual(['1', '3', '', '4', '5'])
    expect(rows('1\x1b[?1049h\x1b[Hmenu\x1b[S')).toEqual(['', '', '', '', ''])
  })
})
