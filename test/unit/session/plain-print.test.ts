// The fast path for plain text leaves the same terminal as xterm.js's own.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTerminal, parse, type Terminal } from '../../../main/host/screen/xterm.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { scaledRuns } from '../../support/repeat.ts'
import { differences } from '../../support/terminal/compare-terminals.ts'
import { type Event, events, size } from '../../support/terminal/vt-streams.ts'

function play(terminal: Terminal, log: Event[], whole: boolean): void {
  // Adjacent writes are joined: some of xterm.js's own results depend on how much is printed in one call.
  const joined: Event[] = []
  for (const event of log) {
    const last = joined.at(-1)
    if (whole && typeof event === 'string' && typeof last === 'string') joined[joined.length - 1] = last + event
    else joined.push(event)
  }
  for (const event of joined) {
    if (typeof event === 'string') parse(terminal, new TextEncoder().encode(event))
    else terminal.resize(event.cols, event.rows)
  }
}

function compare(log: Event[], { cols, rows }: { cols: number; rows: number }, scrollback: number, whole: boolean) {
  const fast = createTerminal({ cols, rows, scrollback })
  const slow = createTerminal({ cols, rows, scrollback })
  // Deleting the faster one uncovers xterm.js's own.
  delete (coreOf(slow)._inputHandler as { print?: unknown }).print
  play(fast, log, whole)
  play(slow, log, whole)
  const found = differences(slow, fast)
  fast.dispose()
  slow.dispose()
  return found
}

it.each([
  ['text over both halves of a wide character', '界界界\x1b[2Gab'],
  ['text up to a wide character’s second half', '界界界\x1b[Habc'],
  ['text that fills a row and no more', `${'x'.repeat(20)}\r\n${'y'.repeat(20)}z`],
  ['text that wraps several times and scrolls', '0123456789'.repeat(30)],
  ['an accent after text, and text after an accent', 'abe\u0301cd\u0301'],
  ['a mark that joins the letter after it', '\u0600abc'],
  ['half a flag before text', 'a🇩b🇪'],
  ['a keycap', '1\ufe0f\u20e32'],
  ['a wide character that did not fit, and text', `${'x'.repeat(19)}界abc`],
  ['the same without autowrap', `\x1b[?7l${'x'.repeat(18)}界界abc`],
  ['insert mode', 'abcdef\x1b[3D\x1b[4hXY'],
  ['line drawing', '\x1b(0lqqk\x1b(Blqqk'],
  ['a link and text after it', '\x1b]8;;http://a/\x07AB\x1b]8;;\x07CD'],
  ['a link that DECRC hid and new lines keep alive', `\x1b7\x1b]8;;http://a/\x07\x1b8${'x\r\n'.repeat(30)}`],
  ['a curly underline and text after it', '\x1b[4:3mAB\x1b[mCD'],
  ['a repeated character', 'ab\x1b[30b'],
])('prints %s like xterm.js', (_name, text) => {
  expect(compare([text], { cols: 20, rows: 5 }, 10, true)).toEqual([])
})

it('prints any output like xterm.js', { timeout: 24 * 3_600_000 }, () => {
  const cases = fc.record({ log: events, size, scrollback: fc.integer({ min: 1, max: 12 }), whole: fc.boolean() })
  fc.assert(
    fc.property(cases, ({ log, size, scrollback, whole }) => {
      expect(compare(log, size, scrollback, whole)).toEqual([])
    }),
    scaledRuns(1000),
  )
})
