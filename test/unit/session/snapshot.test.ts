// A keyframe and the log after it make the same terminal as the whole log.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Screen } from '../../../main/host/screen/screen.ts'
import { scaledRuns } from '../../support/repeat.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'
import { keyframeDifferences } from '../../support/terminal/cut-and-replay.ts'
import { type Event, events, type Resize, size } from '../../support/terminal/vt-streams.ts'

/** Written after each example, to check that the terminals also behave the same from there. */
const PROBES: Event[][] = [
  [{ cols: 20, rows: 9 }, { cols: 20, rows: 2 }, 'more', { cols: 45, rows: 8 }, '\x1b8saved', { cols: 8, rows: 6 }],
  ['\u0301x', '\r\nnext 界 line\x1b8\x1b[31mrestored\x1b[?1049lback\t\t|\x1b[5bz'],
  ['\x1b[?2K\x1b[J', { cols: 9, rows: 7 }, 'wrapped around and around', { cols: 31, rows: 4 }, '\x1b8#'],
  [
    'qqq~|\x0eqqq\x0fqqq',
    '\x1b[S\x1b[T\x1bM\x1b[L\x1b[2@',
    '\x1b[6n\x1b[?6n\x1bP$qr\x1b\\\x1b[?1006$p\x1b[?2026$p',
    '\x1b[!p\x1b8.',
  ],
  ['\x1b]8;id=a;http://a/\x07again\x1b]8;;\x07', '\x1b[4mline\x1b[?1049h\x1b8alt\x1b[?47l\n\n\n\n\n\n\n'],
]

/** States that a serializer can lose: a name, and the output that creates the state. */
const EXAMPLES: [string, ...Event[]][] = [
  ['no output'],
  ['plain text', 'hello\r\nworld'],
  ['wrapped lines', 'a line that is longer than the terminal is wide'],
  ['a wrapped line whose beginning has left the scrollback', '0123456789'.repeat(20)],
  ['a wrapped first line without anything above', 'x'.repeat(150), '\x1b[3J'],
  ['a wrap before a wide character that did not fit', 'abcdefghijklmnopqrs界界'],
  ['a wrap whose last cell has been erased since', 'abcdefghijklmnopqrstuv\x1b[A\x1b[99G\x1b[X\x1b[B'],
  ['scrollback', 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np'],
  ['wide characters', '界語あ한'],
  ['combining characters', 'e\u0301a\u0300\u0323'],
  ['a ZWJ family that may go on', '👨\u200d👩\u200d'],
  ['half a flag', 'a🇩'],
  ['a flag', '🇩🇪'],
  ['a variation selector that widens', '❤\ufe0f☎'],
  ['a Hangul syllable in the making', '\u1112\u1161'],
  ['a prepending character', '\u0600'],
  ['clusters side by side that must not join', '🇩\x1b[m🇪\x1b[m\u0301'],
  ['every SGR flag', '\x1b[1;3;5;7;9mA\x1b[m\x1b[2;8;53mB'],
  ['16, 256 and RGB colors', '\x1b[31;102mA\x1b[38;5;77;48;5;8mB\x1b[38;2;1;2;3;48:2::4:5:6mC'],
  ['curly and dotted underline with a color', '\x1b[4:3;58;5;9mA\x1b[4:4;58:2::1:2:3mB\x1b[21mC'],
  ['an underline color without an underline', '\x1b[58;5;9m'],
  ['a link, and one still open', '\x1b]8;;http://a/\x07A\x1b]8;;\x07B\x1b]8;id=a;http://a/;b\x07C'],
  ['a link in two parts', '\x1b]8;;http://a/\x07AAAA\x1b[2D\x1b]8;;\x07x\x1b[H'],
  ['protected text', '\x1b[1"qkeep\x1b[0"qdrop'],
  ['colored blank rows', '\x1b[44m\x1b[2J\x1b[H'],
  ['a colored rest of a line', 'x\x1b[42m\x1b[K'],
  ['an empty cell with more than a background', '\x1b[31;4m界\x1b[2G#\x1b[m'],
  ['insert mode', 'abcdef\x1b[3D\x1b[4hX'],
  ['insert mode in front of a wide character', '界界界\x1b[H\x1b[4h界\u0301'],
  ['autowrap off at the margin', '\x1b[?7l\x1b[99Gxy'],
  ['reverse wraparound', `\x1b[?45h${'x'.repeat(22)}`],
  ['the cursor behind the last column', '\x1b[99Gx'],
  ['the cursor behind an erased last column', '\x1b[99Gx\x1b[1K'],
  ['the same in another row\u2019s content', 'one\r\ntwo\x1b[99Gx\x1b[S'],
  ['a scroll region', '\x1b[2;4r'],
  ['origin mode', '\x1b[2;4r\x1b[?6hx'],
  ['the cursor outside the region in origin mode', '\x1b[2;3r\x1b[?6h\x1b[?47h\x1b[5;5H\x1b[?47l'],
  ['tab stops', '\x1b[3g\x1b[4G\x1bH\x1b[9G\x1bH\r'],
  ['line drawing', '\x1b(0lqqk'],
  ['G1 shifted in', '\x1b)0\x0eqq'],
  ['G2 and G3', '\x1b*A\x1b+K\x1bn#{'],
  ['a charset that DECRC brought back', '\x1b(0\x1b7\x1b(B\x1b8q'],
  ['a saved cursor', '\x1b[3;5H\x1b[31m\x1b(0\x1b7\x1b(B\x1b[m\x1b[H'],
  ['a cursor saved behind the last column', '\x1b[99Gx\x1b7\x1b[H'],
  ['a saved cursor that is in the scrollback by now', '\x1b7\n\n\n\n\n\n\n\n'],
  ['a saved cursor below a window that got shorter', '\x1b[5H\x1b7\x1b[H', { cols: 20, rows: 3 }],
  ['an underline that DECRC half restored', '\x1b[4m\x1b7\x1b[m\x1b8x'],
  ['an underline that DECRC half removed', '\x1b7\x1b[4:3m\x1b8x'],
  ['the alternate screen', 'normal\x1b[?1049halt'],
  ['blank cells on the alternate screen', '\x1b[?1049h\x1b[3;3Hx\x1b[44m\x1b[5;5H\x1b[K'],
  ['both saved cursors', '\x1b[2;2H\x1b[?1049h\x1b[31m\x1b[3;9H\x1b7\x1b[H'],
  ['the alternate screen\u2019s saved cursor on the normal screen', '\x1b[?47h\x1b[3;9H\x1b7\x1b[?47l'],
  ['a cursor behind the last column taken to the alternate screen', '\x1b[99Gx\x1b[?47h'],
  ['the alternate screen, and the window made narrower', '\x1b[?1049h0123456789abcdefghij', { cols: 12, rows: 5 }],
  [
    'the alternate screen in a window that was taller',
    { cols: 20, rows: 9 },
    { cols: 20, rows: 4 },
    '\x1b[?1049ha\n\n\n\n\nb',
  ],
  ['mouse reports', '\x1b[?1002;1006h'],
  ['mouse reports in pixels', '\x1b[?1003;1016h'],
  ['X10 mouse reports', '\x1b[?9h'],
  ['application keys', '\x1b[?1h\x1b='],
  ['bracketed paste and focus reports', '\x1b[?2004;1004h'],
  ['synchronized output', '\x1b[?2026h'],
  ['saved modes', '\x1b[?2004;1002;6;25h\x1b[?2004;1000;1002;6;7;25s\x1b[?2004;6;7;25l\x1b[?1003h'],
  ['a hidden cursor', '\x1b[?25l'],
  ['a blinking bar cursor', '\x1b[5 q'],
  ['cursor blink by mode', '\x1b[?12h'],
  ['new line mode', '\x1b[20h'],
  ['colors of the palette, text and background', '\x1b]4;1;#123456;2;red\x07\x1b]11;#202020\x07\x1b]104;2\x07'],
  ['a title and an icon name', '\x1b]2;title 界\x07\x1b]1;icon\x07'],
  ['a repeatable last character', '\x1b[31m*'],
  ['an alignment pattern', '\x1b#8'],
  ['a reset', '\x1b[31mx\x1b[?1049h\x1bc'],
  ['a soft reset', '\x1b[31mx\x1b[2;3r\x1b[!p'],
  ['a CSI sequence in the middle', '\x1b[31;4'],
  ['a control inside a CSI sequence', 'ab\x1b[3\r1'],
  ['an OSC in the middle', '\x1b]8;;http://a'],
  ['a DCS in the middle', '\x1bP$q'],
  ['an APC in the middle', '\x1b_Gf=24;AAAA'],
  ['C1 controls in UTF-8', '\u009b3'],
  ['a lone ESC', 'x\x1b'],
  [
    'a window that grew above the program\u2019s hints',
    'a\nb\nc\nd\ne\nf\ng\r\n> \r\nhint\x1b[A',
    { cols: 20, rows: 7 },
  ],
  [
    'a window that grew below a cleared screen, with a cursor saved there',
    'a\nb\nc\nd\ne\nf\ng\x1b[3H\x1b7\x1b[H\x1b[J$ ',
    { cols: 20, rows: 7 },
  ],
  [
    'a window that grew and shrank behind the alternate screen',
    'a\nb\nc\nd\ne\nf\ng\x1b[2Ah\x1b[?1049halt',
    { cols: 20, rows: 9 },
    { cols: 9, rows: 4 },
  ],
  [
    'two resizes with wrapped text',
    'the quick brown fox jumps over it\r\n',
    { cols: 7, rows: 4 },
    { cols: 33, rows: 6 },
  ],
]

describe('a keyframe and the log after it', () => {
  it.each(EXAMPLES)('make the same terminal as the whole log after %s', (_name, ...before) => {
    for (const after of [[], ...PROBES]) {
      for (const scrollback of [4, 100]) {
        const junk: Event[] = [
          '\x1b[?1049h\x1b[4;44mjunk\x1b[?25l\x1b[20h\x1b]8;;http://j/\x07\x1b[2;3r\x1b]0;unfinished',
        ]
        const found = keyframeDifferences({
          size: { cols: 20, rows: 5 },
          scrollback,
          before,
          after: ['', ...after],
          cut: 0,
          junk,
        })
        expect(found).toEqual([])
      }
    }
  })

  it('make the same terminal wherever the log is cut, and whatever the terminal has drawn before', {
    timeout: 24 * 3_600_000,
  }, () => {
    const cases = fc.record({
      size,
      scrollback: fc.integer({ min: 1, max: 12 }),
      before: events,
      after: events,
      cut: fc.nat({ max: 40 }),
      junk: events,
    })
    fc.assert(
      fc.property(cases, example => {
        expect(keyframeDifferences(example)).toEqual([])
      }),
      scaledRuns(1000),
    )
  })

  it('make the same terminal however often the window is resized before and after', { timeout: 24 * 3_600_000 }, () => {
    // Like a phone that is turned and a keyboard that opens: several resizes at once, with output in between.
    const turned = fc
      .array(fc.tuple(fc.array(size, { maxLength: 4 }), events), { minLength: 1, maxLength: 4 })
      .map(parts => parts.flatMap(([sizes, output]): Event[] => [...output.slice(0, 12), ...sizes]))
    const cases = fc.record({
      size,
      scrollback: fc.integer({ min: 1, max: 30 }),
      before: turned,
      after: fc.tuple(fc.array<Resize>(size, { maxLength: 4 }), turned).map(parts => ['', ...parts.flat()]),
      cut: fc.constant(0),
      junk: events,
    })
    fc.assert(
      fc.property(cases, example => {
        expect(keyframeDifferences(example)).toEqual([])
      }),
      scaledRuns(1000),
    )
  })

  it('make the same terminal when cut at every byte of a stream with everything in it', { timeout: 120_000 }, () => {
    const log = EXAMPLES.flatMap(([, ...log]) => log.filter(event => typeof event === 'string')).join('')
    const stream = new TextEncoder().encode(log)
    const whole = new Screen({ cols: 20, rows: 5, scrollback: 10 })
    for (let at = 0; at < stream.length; at++) {
      whole.write(stream.subarray(at, at + 1))
      const { cols, rows, vt, pending } = whole.keyframe()
      const later = new Screen({ cols, rows, scrollback: 10 })
      later.write(vt)
      later.write(pending)
      const [wanted, got] = [whole, later].map(({ terminal }) => {
        const { parser, cursor, active, pen, modes } = describeTerminal(terminal)
        // Synchronized output is in no keyframe.
        const lasting = String(modes).replace(/"synchronizedOutput":\w+,/, '')
        return { at, parser, cursor, active, pen, modes: lasting }
      })
      expect(got).toEqual(wanted)
      later.dispose()
    }
  })
})

it('a keyframe contains the whole scrollback', () => {
  const screen = new Screen({ cols: 80, rows: 24 })
  for (let i = 0; i < 2000; i++) screen.write(new TextEncoder().encode(`line ${i}\r\n`))
  const { vt } = screen.keyframe()
  const later = new Screen({ cols: 80, rows: 24 })
  later.write(vt)
  expect(later.scrollbackText).toHaveLength(1000)
  expect(later.scrollbackText).toEqual(screen.scrollbackText)
  expect(later.lines()).toEqual(screen.lines())
})

it('resetting one color of the palette leaves the others', () => {
  const screen = new Screen({ cols: 20, rows: 5 })
  screen.write(new TextEncoder().encode('\x1b]4;1;#111111;2;#222222;3;#333333\x07\x1b]104;2\x07'))
  const { palette } = describeTerminal(screen.terminal)
  expect(palette).toBe('1=111111 3=333333')
})

describe('titles', () => {
  const titleAfter = (output: string) => {
    const screen = new Screen({ cols: 20, rows: 5 })
    screen.write(new TextEncoder().encode(output))
    return describeTerminal(screen.terminal).titles
  }

  it('come back when a program pops what it has pushed, as vim does', () => {
    expect(titleAfter('\x1b]0;shell\x07\x1b[22;0t\x1b]0;vim\x07\x1b[23;0t')).toBe('shell  / shell ')
    expect(titleAfter('\x1b]0;shell\x07\x1b[22;2t\x1b]0;vim\x07\x1b[23;2t')).toBe('shell  / vim ')
  })

  it('that are pushed are at most ten, whatever a program pushes', () => {
    expect(titleAfter(`\x1b]2;x\x07${'\x1b[22t'.repeat(100)}`)).toBe(
      `x ${Array(10).fill('x')} /  ${Array(10).fill('')}`,
    )
  })
})
