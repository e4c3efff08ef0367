// Output as rendered text: logical lines with their offsets. A real terminal emulator.
import { afterEach, describe, expect, it } from 'vitest'
import { type RenderedText, renderText } from '../../../main/host/history/text/render-text.ts'
import { TextBlocks, type TextLine, toBlocks } from '../../../main/host/history/text/text-blocks.ts'
import { unzstd } from '../../../main/host/recording/compression.ts'
import type { LogSlice, TimedResize } from '../../../main/host/recording/types.ts'
import { LOG_START } from '../../../protocol/position.ts'
import {
  buildLog,
  cleanUpHistories,
  databaseFile,
  keyframeOf,
  openDatabase,
  openHistory,
  Recording,
  until,
} from '../../support/history.ts'

afterEach(cleanUpHistories)

const SIZE = { cols: 20, rows: 5 }

function render(
  text: string,
  {
    last = true,
    runs,
    resizes = [],
    begin = SIZE,
  }: Partial<{ last: boolean; runs: number[]; resizes: TimedResize[]; begin: Parameters<typeof renderText>[1] }> = {},
): TextLine[] {
  const slice = sliceOf(text, resizes)
  const { lines } = renderAll(runs ? { ...slice, runs } : slice, begin, { last })
  return lines.map(({ offset, text }) => ({ offset, text }))
}

function sliceOf(text: string, resizes: TimedResize[] = []): LogSlice {
  const bytes = new TextEncoder().encode(text)
  return { from: LOG_START, bytes, runs: [0, bytes.length], resizes }
}

function renderAll(...input: Parameters<typeof renderText>): RenderedText {
  const steps = renderText(...input)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

const texts = (lines: TextLine[]) => lines.map(line => line.text)

describe('rendered text', () => {
  it('has logical lines, each with the offset at which it was complete', () => {
    const long = 'a long line that wraps around at twenty columns'
    const lines = render(`one\r\n${long}\r\n\r\nthree\r\n${'x\r\n'.repeat(10)}`)
    expect(lines.slice(0, 3)).toEqual([
      { offset: 5, text: 'one' },
      { offset: 5 + long.length + 2, text: long },
      { offset: 5 + long.length + 2 + 2 + 7, text: 'three' },
    ])
    expect(lines).toHaveLength(13)
  })

  it('has no colors and no control characters', () => {
    const lines = render(
      '\x1b[31mred\x1b[m\ttab \x1b]8;;http://example.org\x07link\x1b]8;;\x07\x07\r\n\x1b]0;title\x07ü 漢字 👩‍👩‍👧\r\n',
    )
    expect(texts(lines)).toEqual(['red     tab link', 'ü 漢字 👩‍👩‍👧'])
    for (const { text: t } of lines) expect(t).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
  })

  it('leaves what is still on the screen to the next segment', () => {
    const first = render('1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n', { last: false })
    expect(texts(first)).toEqual(['1', '2'])
    const begin = { ...keyframeOf('1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n', LOG_START), ...SIZE }
    expect(texts(render('7\r\n8', { begin }))).toEqual(['3', '4', '5', '6', '7', '8'])
  })

  it('contains cleared lines, at an offset where they were on the screen', () => {
    const all = '\x1b[H\x1b[2Jover\r\n'
    const lines = render(`one\r\ntwo\r\nthree\r\n${all}`)
    expect(lines).toEqual([
      { offset: 5, text: 'one' },
      { offset: 10, text: 'two' },
      { offset: 17, text: 'three' },
      // Written where another line was before.
      { offset: 17 + all.length, text: 'over' },
    ])
    // A resize moved rows and wrote none.
    const resizes = [{ offset: 10, n: 1, cols: 30, rows: 5, at: 0 }]
    expect(render(`one\r\ntwo\r\nthree\r\n${all}`, { resizes }).slice(0, 3)).toEqual([
      { offset: 5, text: 'one' },
      { offset: 10, text: 'two' },
      { offset: 17, text: 'three' },
    ])
  })

  it('contains the last screen of a full-screen program, at an offset before it left', () => {
    const drawn = '\x1b[?1049h\x1b[Hmenu'
    const lines = render(`${drawn}\x1b[?1049l`, { runs: [0, drawn.length, 50, 8] })
    expect(lines).toEqual([{ offset: drawn.length, text: 'menu' }])
  })

  it('contains what a cleared screen showed', () => {
    expect(texts(render('gone\r\nsoon\r\n\x1b[H\x1b[2J\x1b[3Jnew\r\n'))).toEqual(['gone', 'soon', 'new'])
    expect(texts(render('gone\r\n\x1bcnew\r\n'))).toEqual(['gone', 'new'])
    expect(texts(render('gone\r\n\x1b[H\x1b[Jnew\r\n'))).toEqual(['gone', 'new'])
  })

  it.each([
    ['the whole screen', '\x1b[3S'],
    ['a region that begins in the first row, as Codex does', '\x1b[1;4r\x1b[3S\x1b[r'],
    ['one row after the other', '\x1b[S\x1b[S\x1b[S'],
    ['more rows than there are', '\x1b[3S\x1b[9999S'],
  ])('has what is scrolled out by SU of %s', (_, scroll) => {
    const lines = render(`one\r\ntwo\r\nthree\r\nfour\r\nfive${scroll}\x1b[5;1Hsix`)
    expect(texts(lines).slice(0, 3)).toEqual(['one', 'two', 'three'])
    expect(texts(lines).filter(text => /^(?:one|two|three|four)$/.test(text))).toEqual(['one', 'two', 'three', 'four'])
    expect(texts(lines).at(-1)).toContain('six')
  })

  it('loses nothing to many SU at once', () => {
    const lines = render(`one\r\ntwo\r\nthree${'\x1b[9999S'.repeat(400)}four`)
    expect(texts(lines).map(text => text.trim())).toEqual(['one', 'two', 'three', 'four'])
  })

  it('has no blank where a wide character did not fit the row, and every blank that was printed', () => {
    const wide = `${'x'.repeat(19)}漢字`
    expect(texts(render(`${wide}\r\n`))).toEqual([wide])
    expect(texts(render(`${'x'.repeat(14)} file 漢字 end\r\n`))).toEqual([`${'x'.repeat(14)} file 漢字 end`])
    const printed = `${'x'.repeat(19)} 漢字`
    expect(texts(render(`${printed}\r\n`))).toEqual([printed])
    const emoji = `${'漢'.repeat(9)}x👩‍👩‍👧 end`
    expect(texts(render(`${emoji}\r\n`))).toEqual([emoji])
  })

  it('leaves rows alone that SU moves out of a region further down', () => {
    expect(texts(render('one\r\ntwo\r\nthree\x1b[2;3r\x1b[S\x1b[r'))).toEqual(['one', 'three'])
  })

  it.each([
    ['RIS on the alternate screen', 'one\r\n\x1b[?1049hmenu\x1bcnew\r\n', ['one', 'menu', 'new']],
    ['RIS on the alternate screen (1047)', 'one\r\ntwo\x1b[?1047hmenu\x1bcnew\r\n', ['one', 'two', '   menu', 'new']],
    ['RIS on the alternate screen (47)', 'one\r\n\x1b[?47hmenu\x1bcnew\r\n', ['one', 'menu', 'new']],
    ['RIS, twice', 'one\r\n\x1b[?1049hmenu\x1bc\x1b[?1049hagain\x1bcnew\r\n', ['one', 'menu', 'again', 'new']],
    ['DECALN', 'one\r\n\x1b#8\x1bcnew\r\n', ['one', 'new']],
    ['a selective erase', 'one\r\n\x1b[?2Jnew\r\n', ['one', 'new']],
    ['a soft reset', 'one\r\n\x1b[?1049hmenu\x1b[!p\x1b[?1049lnew\r\n', ['one', 'menu', 'new']],
  ])('keeps what %s erases', (_what, output, expected) => {
    expect(texts(render(output)).filter(text => !/^E+$/.test(text))).toEqual(expected)
  })

  it('contains the last state of a line that is redrawn over and over', () => {
    expect(texts(render('10 %\r20 %\r100 %\r\ndone'))).toEqual(['100 %', 'done'])
  })

  it('contains the alternate screen when output paused, and no row of it twice', () => {
    const enter = 'before\r\n\x1b[?1049h\x1b[H'
    const a = 'file one\r\nsecond row'
    const b = '\x1b[2;1Hanother row'
    const leave = '\x1b[?1049lafter\r\n'
    const lines = render(enter + a + b + leave, {
      runs: [0, enter.length + a.length, 1000, b.length, 1001, leave.length],
    })
    expect(texts(lines)).toEqual(['before', 'file one', 'second row', 'another row', 'after'])
    const hasty = render(enter + a + b + leave, { runs: [0, enter.length + a.length + b.length + leave.length] })
    expect(texts(hasty)).toEqual(['before', 'file one', 'another row', 'after'])
  })

  it('contains what scrolled out above a full-screen program that is still running, once', () => {
    const [numbers, menu] = ['1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n', '\x1b[?1049h\x1b[Hmenu']
    expect(render(numbers + menu, { last: false })).toEqual([
      { offset: 3, text: '1' },
      { offset: 6, text: '2' },
      { offset: 9, text: '3' },
      { offset: (numbers + menu).length, text: 'menu' },
    ])
    const begin = { ...keyframeOf(numbers + menu, LOG_START), ...SIZE }
    expect(texts(render('\x1b[?1049l8\r\n', { begin }))).toEqual(['4', '5', '6', '7', '8'])
  })

  it('has every line once when the size changes below a full-screen program', () => {
    const drawn = 'one\r\ntwo\r\nthree\r\nfour\r\n\x1b[?1049h\x1b[Hmenu'
    const smaller = { offset: drawn.length, n: 1, cols: 20, rows: 3, at: 0 }
    expect(texts(render(drawn, { last: false, resizes: [smaller] }))).toEqual(['one', 'two', 'menu'])
    // A larger window brings both back, and the next segment begins there.
    const { lines, carry } = renderAll(sliceOf(drawn, [smaller, { ...smaller, n: 2, rows: 5 }]), SIZE)
    expect(texts(lines)).toEqual(['one', 'two', 'menu'])
    const begin = { ...keyframeOf(drawn, LOG_START), ...SIZE }
    const next = renderAll(sliceOf('\x1b[?1049l$ '), begin, { last: true, carry })
    expect(texts(next.lines)).toEqual(['three', 'four', '$'])
  })

  it('has every line once when the size changes', () => {
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i} ${'.'.repeat(i % 30)}`)
    const text = lines.map(line => `${line}\r\n`).join('')
    const offsetOf = (i: number) => lines.slice(0, i).reduce((sum, line) => sum + line.length + 2, 0)
    const resizes = [
      { offset: offsetOf(20), n: 1, cols: 30, rows: 12, at: 0 },
      { offset: offsetOf(40), n: 2, cols: 12, rows: 4, at: 0 },
    ]
    expect(texts(render(text, { resizes }))).toEqual(lines.map(line => line.trimEnd()))
  })

  it('has what is drawn over rows that came back from the scrollback, once', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i}`)
    const before = lines.map(line => `${line}\r\n`).join('')
    const resizes = [{ offset: before.length, n: 1, cols: 20, rows: 10, at: 0 }]
    const fresh = ['fresh 1', 'fresh 2', 'fresh 3']
    for (const erased of ['\x1b[H\x1b[2J', '\x1b[2J\x1b[H', '\x1b[H\x1b[J', '\x1b[9A\r\x1b[J'])
      expect(texts(render(`${before}${erased}${fresh.join('\r\n')}`, { resizes })), JSON.stringify(erased)).toEqual([
        ...lines,
        ...fresh,
      ])
    // A pager without the alternate screen erases only the ends of lines; what it leaves below them appears again.
    const page = texts(render(`${before}\x1b[H${fresh.join('\x1b[K\r\n')}\x1b[K`, { resizes }))
    expect(page).toEqual([...lines.slice(0, 8), ...fresh, ...lines.slice(6)])
  })

  it('has the output of an agent once that redraws its prompt each time the phone is turned', () => {
    const hints = '\r\nhint 1\r\nhint 2\x1b[2A\r\x1b[2C'
    const talk = Array.from({ length: 12 }, (_, i) => `said ${i}`)
    let text = `${talk.map(line => `${line}\r\n`).join('')}> ${hints}`
    const resizes: TimedResize[] = []
    for (const [n, [cols, rows]] of [
      [40, 4],
      [20, 10],
      [40, 4],
      [20, 10],
    ].entries()) {
      resizes.push({ offset: text.length, n: n + 1, cols: cols!, rows: rows!, at: 0 })
      text += `\r\x1b[J> ${hints}`
    }
    text += `\r\x1b[Jsaid 12\r\n> ${hints}`
    const said = texts(render(text, { resizes })).filter(line => line.startsWith('said'))
    expect(said).toEqual([...talk, 'said 12'])
  })

  it('cuts a line without end, and is bounded for 1 MiB in one column', () => {
    const lines = render('abcd'.repeat(10_000))
    expect(lines.length).toBeGreaterThan(5)
    expect(texts(lines).join('')).toBe('abcd'.repeat(10_000))
    expect(texts(render('\n'.repeat(20_000)))).toEqual([])
  })

  it('reads back as it was stored', () => {
    const lines = render(buildLog(20_000).toString())
    expect(new TextBlocks(toBlocks(lines).text).range(0, lines.length)).toEqual(lines)
  })
})

describe('a history', () => {
  it('renders sealed segments on its own, the last one when the session ends, even after a restart', async () => {
    const file = databaseFile()
    const first = await openHistory(file)
    const recording = new Recording(first)
    const log = buildLog(300_000).toString('latin1')
    const cut = log.indexOf('\n', 150_000) + 1
    recording.print(log.slice(0, cut))
    recording.seal()
    await until(async () => (await first.stats()).text_pending === 1)
    recording.print(log.slice(cut))
    recording.seal()
    recording.finish('exited')
    await first.close()
    const second = await openHistory(file)
    await until(async () => (await second.stats()).text_pending === 0)
    const rows = openDatabase(file).prepare('SELECT size, blob FROM text ORDER BY piece').all() as {
      size: number
      blob: Buffer
    }[]
    expect(rows).toHaveLength(2)
    const lines = rows.flatMap(({ size, blob }) => {
      const text = new TextBlocks(unzstd(blob, size))
      return text.range(0, text.lineCount)
    })
    // Without keyframes a segment begins on an empty screen: what was on it cannot be found.
    expect(lines.length).toBeGreaterThan(log.split('\n').length - 30)
    for (const { offset: o, text: t } of lines) expect(log.slice(Math.max(0, o - 400), o)).toContain(t.slice(20, 60))
  })
})
