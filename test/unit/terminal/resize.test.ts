// What a terminal shows and keeps after a resize, on the host and in a page.

import { createRequire } from 'node:module'
import type { Terminal as PageTerminal } from '@xterm/xterm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTerminal, parse, type Terminal } from '../../../main/host/screen/xterm.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { CHARACTER_WIDTHS } from '../../../terminal/character-widths.ts'
import { applyPatches } from '../../../terminal/xterm-patches.ts'
import { scaledRuns } from '../../support/repeat.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'
import { type Event, events, type Resize, size } from '../../support/terminal/vt-streams.ts'

const { Terminal: Page } = createRequire(import.meta.url)('@xterm/xterm') as typeof import('@xterm/xterm')

/** A terminal as the pages create it, without a renderer. */
function pageTerminal(options: { cols: number; rows: number; scrollback: number }): PageTerminal {
  const terminal = new Page({ ...options, allowProposedApi: true, logLevel: 'off' })
  applyPatches(terminal)
  terminal.unicode.register(CHARACTER_WIDTHS)
  terminal.unicode.activeVersion = CHARACTER_WIDTHS.version
  return terminal
}

const write = (terminal: Terminal, text: string) => parse(terminal, new TextEncoder().encode(text))

function opened(rows: number, text = '', { cols = 20, scrollback = 1000 } = {}): Terminal {
  const terminal = createTerminal({ cols, rows, scrollback })
  write(terminal, text)
  return terminal
}

const normalOf = (terminal: Terminal) => coreOf(terminal)._bufferService.buffers.normal

function textOf(terminal: Terminal, from: number, to: number): string[] {
  const { lines } = normalOf(terminal)
  return Array.from({ length: to - from }, (_, row) =>
    lines
      .get(from + row)!
      .translateToString(true)
      .trimEnd(),
  )
}

/** The normal screen, even while the alternate one is shown. */
function shown(terminal: Terminal): string[] {
  const { ybase } = normalOf(terminal)
  return textOf(terminal, ybase, ybase + terminal.rows)
}

const above = (terminal: Terminal) => textOf(terminal, 0, normalOf(terminal).ybase)

/** The text in the cursor's row. */
function atCursor(terminal: Terminal): string {
  const { lines, ybase, y } = normalOf(terminal)
  return lines
    .get(ybase + y)!
    .translateToString(true)
    .trimEnd()
}

/** Lines `from` to `to`, by name. */
const named = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`)
const printed = (from: number, to: number) => named(from, to).join('\r\n')

/** Ten lines, and a prompt with two lines of hints below it, as coding agents draw them. */
const AGENT = `${printed(1, 10)}\r\n> \r\nhint 1\r\nhint 2\x1b[2A\x1b[3G`

describe('a window that grows', () => {
  it('brings rows back from the scrollback, even if the cursor is above the last row', () => {
    const terminal = opened(6, AGENT)
    expect(shown(terminal)).toEqual([...named(8, 10), '>', 'hint 1', 'hint 2'])
    terminal.resize(20, 10)
    expect(shown(terminal)).toEqual([...named(4, 10), '>', 'hint 1', 'hint 2'])
    expect(above(terminal)).toEqual(named(1, 3))
    expect(atCursor(terminal)).toBe('>')
    expect(normalOf(terminal).y).toBe(7)
  })

  it('adds blank rows only where the scrollback has no more', () => {
    const terminal = opened(6, AGENT)
    terminal.resize(20, 16)
    expect(shown(terminal)).toEqual([...named(1, 10), '>', 'hint 1', 'hint 2', '', '', ''])
    expect(above(terminal)).toEqual([])
    expect(atCursor(terminal)).toBe('>')
  })

  it('brings back no more rows than it grew by, so a cleared screen stays cleared below', () => {
    const terminal = opened(6, `${printed(1, 10)}\x1b[H\x1b[2J$ `)
    terminal.resize(20, 8)
    expect(shown(terminal)).toEqual(['line 3', 'line 4', '$', '', '', '', '', ''])
    expect(atCursor(terminal)).toBe('$')
  })

  it('brings nothing back when nothing has scrolled out', () => {
    const terminal = opened(6, 'one\r\ntwo')
    terminal.resize(20, 9)
    expect(shown(terminal)).toEqual(['one', 'two', '', '', '', '', '', '', ''])
  })

  it('leaves the alternate screen as it is, and resizes the normal screen behind it', () => {
    const terminal = opened(6, `${AGENT}\x1b[?1049h\x1b[Hpager\x1b[6;1Hstatus\x1b[2;1H`)
    terminal.resize(20, 10)
    const { alt } = coreOf(terminal)._bufferService.buffers
    expect(alt.lines.length).toBe(10)
    expect([alt.ybase, alt.y]).toEqual([0, 1])
    expect(alt.lines.get(5)!.translateToString(true)).toBe('status')
    write(terminal, '\x1b[?1049l')
    expect(shown(terminal)).toEqual([...named(4, 10), '>', 'hint 1', 'hint 2'])
    expect(atCursor(terminal)).toBe('>')
  })

  it('keeps the saved cursor at its text', () => {
    const terminal = opened(6, `${printed(1, 9)}\x1b[2;3H\x1b7\x1b[H`)
    terminal.resize(20, 9)
    write(terminal, '\x1b8')
    expect(atCursor(terminal)).toBe('line 5')
  })

  it('keeps a marker at its text', () => {
    const terminal = opened(6, AGENT)
    const marker = terminal.registerMarker(-1)!
    terminal.resize(20, 10)
    expect(textOf(terminal, marker.line, marker.line + 1)).toEqual(['line 10'])
    terminal.resize(20, 4)
    expect(textOf(terminal, marker.line, marker.line + 1)).toEqual(['line 10'])
  })

  it('reflows its rows when the columns also change', () => {
    const long = 'abcdefghij'.repeat(3)
    const terminal = opened(6, `${printed(1, 4)}\r\n${long}\r\n> \r\nhint\x1b[A\x1b[3G`, { cols: 10 })
    expect(shown(terminal)).toEqual(['line 4', 'abcdefghij', 'abcdefghij', 'abcdefghij', '>', 'hint'])
    terminal.resize(30, 5)
    expect(shown(terminal)).toEqual(['line 3', 'line 4', long, '>', 'hint'])
    terminal.resize(10, 8)
    expect(shown(terminal)).toEqual([
      'line 2',
      'line 3',
      'line 4',
      'abcdefghij',
      'abcdefghij',
      'abcdefghij',
      '>',
      'hint',
    ])
    expect(atCursor(terminal)).toBe('>')
  })

  it('brings rows back from a full scrollback', () => {
    const terminal = opened(6, `${printed(1, 50)}\r\n> \r\nhint\x1b[A`, { scrollback: 10 })
    expect(above(terminal)).toEqual(named(37, 46))
    terminal.resize(20, 9)
    expect(above(terminal)).toEqual(named(37, 43))
    expect(shown(terminal)).toEqual([...named(44, 50), '>', 'hint'])
    terminal.resize(20, 4)
    expect(above(terminal)).toEqual(named(39, 48))
    expect(shown(terminal)).toEqual(['line 49', 'line 50', '>', 'hint'])
  })

  it('keeps a scrolled-up viewport at its text', () => {
    const terminal = opened(6, `${printed(1, 40)}\r\n> \r\nhint\x1b[A`)
    terminal.scrollToLine(10)
    const view = () => textOf(terminal, terminal.buffer.active.viewportY, terminal.buffer.active.viewportY + 1)
    for (const [cols, rows] of [
      [20, 12],
      [20, 5],
      [5, 9],
      [20, 6],
    ] as const) {
      terminal.resize(cols, rows)
      expect(view()).toEqual([cols === 5 ? 'line' : 'line 11'])
    }
    write(terminal, '\r\n\nmore\r\n')
    expect(view()).toEqual(['line 11'])
  })

  it('follows the output again once the scrolled-up text is on the screen', () => {
    const terminal = opened(6, AGENT)
    terminal.scrollLines(-2)
    terminal.resize(20, 12)
    const { active } = terminal.buffer
    expect(active.viewportY).toBe(active.baseY)
    write(terminal, '\x1b[2B\r\nmore\r\nmore')
    expect(active.viewportY).toBe(active.baseY)
  })
})

describe('a window that shrinks', () => {
  it('keeps the text below the cursor', () => {
    const terminal = opened(10, AGENT)
    terminal.resize(20, 4)
    expect(shown(terminal)).toEqual(['line 10', '>', 'hint 1', 'hint 2'])
    expect(atCursor(terminal)).toBe('>')
    expect(above(terminal)).toEqual(named(1, 9))
  })

  it('removes blank rows first', () => {
    const terminal = opened(10, 'one\r\ntwo\r\n> \r\nhint\x1b[A')
    terminal.resize(20, 5)
    expect(shown(terminal)).toEqual(['one', 'two', '>', 'hint', ''])
    terminal.resize(20, 3)
    expect(shown(terminal)).toEqual(['two', '>', 'hint'])
    terminal.resize(20, 10)
    expect(shown(terminal)).toEqual(['one', 'two', '>', 'hint', '', '', '', '', '', ''])
  })

  it('keeps a row that has only a background color', () => {
    const terminal = opened(5, 'one\r\n> \r\n\x1b[44m\x1b[K\x1b[m\x1b[A')
    terminal.resize(20, 2)
    expect(shown(terminal)).toEqual(['>', ''])
    expect(above(terminal)).toEqual(['one'])
    expect(normalOf(terminal).y).toBe(0)
  })

  it('keeps the cursor on the screen and drops text that is too far below it', () => {
    const terminal = opened(8, `${printed(1, 8)}\x1b[3;1H`)
    terminal.resize(20, 3)
    expect(shown(terminal)).toEqual(named(3, 5))
    expect(atCursor(terminal)).toBe('line 3')
  })

  it('makes room for lines below the cursor that wrap, and keeps the cursor in its line', () => {
    const border = '─'.repeat(30)
    const terminal = opened(7, `${printed(1, 3)}\r\n> \r\n${border}\r\nhint\x1b[2A\x1b[3G`, { cols: 30 })
    terminal.resize(10, 7)
    expect(atCursor(terminal)).toBe('>')
    expect(shown(terminal)).toEqual(['line 2', 'line 3', '>', ...Array(3).fill('─'.repeat(10)), 'hint'])
    terminal.resize(30, 7)
    expect(atCursor(terminal)).toBe('>')
    expect([...above(terminal), ...shown(terminal)].filter(line => line)).toEqual([...named(1, 3), '>', border, 'hint'])
  })
})

it('a line that wraps into more rows below the cursor leaves the lines above it complete', () => {
  const terminal = opened(6, '\r\naaaaaa\r\nbbbbbbbbb\r\n\x1b[5A', { cols: 5 })
  terminal.resize(2, 4)
  expect(shown(terminal)).toEqual(['', 'aa', 'aa', 'aa'])
  const taller = opened(6, '\r\naaaaaa\r\nbbbbbbbbb\r\n\x1b[5A', { cols: 5 })
  taller.resize(2, 9)
  expect(shown(taller)).toEqual(['', 'aa', 'aa', 'aa', 'bb', 'bb', 'bb', 'bb', 'b'])
})

it('a phone that is rotated twice shows what it showed before', () => {
  const talk = Array.from({ length: 60 }, (_, n) => `${n} ${'said '.repeat(n % 23)}`.trimEnd()).join('\r\n')
  const terminal = opened(40, `${talk}\r\n> \r\n? for shortcuts\x1b[A\x1b[3G`, { cols: 45 })
  const before = [shown(terminal), above(terminal), normalOf(terminal).y]
  for (let turn = 0; turn < 3; turn++) {
    terminal.resize(98, 14)
    expect(shown(terminal).slice(-2)).toEqual(['>', '? for shortcuts'])
    terminal.resize(45, 40)
    expect([shown(terminal), above(terminal), normalOf(terminal).y]).toEqual(before)
  }
})

/** Lines of plain text, some longer than any window is wide, and cursor movements up. */
const lines = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...'abcdef'), maxLength: 60 }),
    fc.nat({ max: 9 }).map(n => `\x1b[${n}A`),
  ),
  { minLength: 1, maxLength: 30 },
)
const sizes = fc.array(size, { minLength: 1, maxLength: 8 })

/** All text from the first row of the scrollback to the last of the screen, as unwrapped lines. */
function paragraphs(terminal: Terminal): { text: string; hasCursor: boolean; below: number }[] {
  const { lines, ybase, y } = normalOf(terminal)
  const found: { text: string; hasCursor: boolean; below: number }[] = []
  for (let row = 0; row < lines.length; row++) {
    const line = lines.get(row)!
    if (!line.isWrapped || found.length === 0) found.push({ text: '', hasCursor: false, below: row - ybase - y })
    const last = found.at(-1)!
    last.text += line.translateToString(!lines.get(row + 1)?.isWrapped || row + 1 === lines.length)
    last.hasCursor ||= row === ybase + y
  }
  return found
}

/** Without the palette and the charsets, whose tables differ between the builds of xterm.js. */
function comparable(terminal: Terminal): object {
  const { palette, charsets, ...all } = describeTerminal(terminal)
  for (const saved of ['normal.saved', 'alt.saved']) all[saved] = String(all[saved]).replace(/ \S+$/, '')
  return all
}

describe('any output with any number of resizes', () => {
  it('loses only text further below the cursor than the window is high', () => {
    fc.assert(
      fc.property(size, lines, sizes, (first, output, sizes) => {
        const terminal = opened(first.rows, '', { ...first, scrollback: 5000 })
        // Each line on a row of its own, because overwritten text may get lost.
        for (const text of output) write(terminal, text.startsWith('\x1b') ? text : `\x1b[J\r${text}\r\n`)
        for (const { cols, rows } of sizes) {
          const before = paragraphs(terminal)
          terminal.resize(cols, rows)
          const after = paragraphs(terminal)
          const texts = after.map(one => one.text)
          const cursor = before.findIndex(one => one.hasCursor)
          const now = after.findIndex(one => one.hasCursor)
          expect(now, 'the cursor is in the same line').toBe(cursor)
          // The program redraws the cursor's own line.
          expect(texts.slice(0, now)).toEqual(before.slice(0, cursor).map(one => one.text))
          const wanted = before.slice(cursor + 1).map(one => one.text)
          while (wanted.at(-1) === '') wanted.pop()
          const got = texts.slice(now + 1)
          while (got.at(-1) === '') got.pop()
          const room = normalOf(terminal).y === 0
          if (room) expect(wanted.join('\n').startsWith(got.join('\n'))).toBe(true)
          else expect(got).toEqual(wanted)
          const { ybase, y } = normalOf(terminal)
          expect(normalOf(terminal).lines.length).toBe(ybase + rows)
          expect(y).toBeGreaterThanOrEqual(0)
          expect(y).toBeLessThan(rows)
        }
        terminal.dispose()
      }),
      {
        ...scaledRuns(1000),
        examples: [
          [{ cols: 5, rows: 6 }, ['', 'aaaaaa', 'aaaaaaaaa', '\x1b[5A'], [{ cols: 2, rows: 4 }]],
          [
            { cols: 3, rows: 5 },
            ['', 'aaa', 'aaa', 'aaa', '\x1b[3A'],
            [
              { cols: 3, rows: 4 },
              { cols: 2, rows: 3 },
              { cols: 2, rows: 1 },
            ],
          ],
        ],
      },
    )
  })

  it("is the same cell by cell in the host's terminal and the page's", () => {
    const resizes: fc.Arbitrary<Event[]> = fc
      .array(
        fc.oneof(
          events,
          size.map((one): Event[] => [one]),
        ),
        {
          maxLength: 8,
        },
      )
      .map(parts => parts.flat())
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 12 }), resizes, (first: Resize, scrollback, events) => {
        const host = createTerminal({ ...first, scrollback })
        const page = pageTerminal({ ...first, scrollback }) as unknown as Terminal
        for (const event of events) {
          for (const terminal of [host, page]) {
            if (typeof event === 'string') write(terminal, event)
            else terminal.resize(event.cols, event.rows)
          }
        }
        expect(comparable(page)).toEqual(comparable(host))
        host.dispose()
        page.dispose()
      }),
      {
        ...scaledRuns(1000),
        examples: [
          [{ cols: 5, rows: 6 }, 12, ['\r\naaaaaa\r\naaaaaaaaa\r\n\x1b[5A', { cols: 2, rows: 4 }]],
          [{ cols: 5, rows: 6 }, 0, ['\r\naaaaaa\r\naaaaaaaaa\r\n\x1b[5A', { cols: 2, rows: 4 }]],
        ],
      },
    )
  })
})
