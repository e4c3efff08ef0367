import { describe, expect, it } from 'vitest'
import { Screen } from '../../../main/host/screen/screen.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'

function screenAfter(output: string): Screen {
  const screen = new Screen({ cols: 20, rows: 5 })
  screen.write(new TextEncoder().encode(output))
  return screen
}

/** Modes of a terminal after this output. */
function modes(output: string): string {
  const { modes, mouse, hidden } = describeTerminal(screenAfter(output).terminal)
  return `${modes} ${mouse} ${hidden}`
}

describe('XTSAVE and XTRESTORE', () => {
  it.each([1, 6, 7, 9, 25, 45, 66, 1000, 1002, 1003, 1004, 1006, 1016, 2004])('bring mode %i back, on or off', mode => {
    for (const [first, then] of ['hl', 'lh']) {
      const set = (final: string) => `\x1b[?${mode}${final}`
      expect(modes(`${set(first!)}\x1b[?${mode}s${set(then!)}\x1b[?${mode}r`)).toBe(modes(set(first!)))
      expect(modes(`${set(first!)}\x1b[?${mode}s${set(then!)}`)).toBe(modes(set(first!) + set(then!)))
    }
  })

  it('bring back the one mouse mode of several that was on', () => {
    expect(modes('\x1b[?1002h\x1b[?1000;1002;1003;1006s\x1b[?1003;1006h\x1b[?1000;1002;1003;1006r')).toBe(
      modes('\x1b[?1002h'),
    )
  })

  it('leave alone what was never saved, and forget everything at a reset', () => {
    expect(modes('\x1b[?2004h\x1b[?2004r')).toBe(modes('\x1b[?2004h'))
    expect(modes('\x1b[?2004h\x1b[?2004s\x1bc\x1b[?2004r')).toBe(modes(''))
  })

  it('do not take the cursor’s DECSC, nor the margins’ DECSTBM, for themselves', () => {
    const { buffer } = screenAfter('ab\x1b[s\x1b[?7scd\x1b[u').terminal
    expect(buffer.active.cursorX).toBe(2)
    const { active } = coreOf(screenAfter('\x1b[2;3r\x1b[?7r').terminal)._bufferService.buffers
    expect([active.scrollTop, active.scrollBottom]).toEqual([1, 2])
  })
})
