// Every terminal query of the table through its three consumers: host screen, page and command line.

import headless from '@xterm/headless'
import browser from '@xterm/xterm'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { MAX_HELD_BYTES, QueryFilter, type QueryFilterOptions } from '../../../main/cli/terminal/query-filter.ts'
import {
  type AnswerSource,
  type AnswerTheme,
  DEFAULT_CELL,
  registerAnswers,
} from '../../../main/host/screen/query-answers.ts'
import {
  isCsiQuery,
  mainParams,
  QUERIES,
  type Query,
  type QueryParser,
  sequenceId,
  settingsOf,
} from '../../../terminal/queries.ts'
import { QUERY_NOTES } from '../../../terminal/query-notes.ts'
import { applyPatches } from '../../../terminal/xterm-patches.ts'
import { ignoreQueries } from '../../../ui/terminal/ignore-queries.ts'
import { scaledRuns } from '../../support/repeat.ts'

vi.setConfig({ testTimeout: 60_000 }) // the properties take seconds each on a busy machine

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'))
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1')
const concat = (parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const EXAMPLES = QUERIES.flatMap(query => {
  const { examples, answer } = QUERY_NOTES[query.name]
  return examples.map(example => ({ query, answer, example, name: shown(query, example) }))
})

function shown(query: Query, example: string): string {
  return `${query.name} ${JSON.stringify(example)}`
}

/** The same sequence with C1 controls in place of ESC and a letter. */
function eightBit(example: string): string {
  return example.replace(/\x1b([[\]P_\\Z])/g, (_, letter: string) => String.fromCharCode(letter.charCodeAt(0) + 0x40))
}

function filtered(input: Uint8Array, cuts: readonly number[] = [], options?: QueryFilterOptions): string {
  const filter = new QueryFilter(options)
  const edges = [0, ...[...cuts].sort((a, b) => a - b), input.length]
  return edges
    .slice(1)
    .map((edge, i) => text(filter.filter(input.slice(edges[i], edge))))
    .join('')
}

interface Written {
  write(data: string | Uint8Array, done?: () => void): void
}

function written(term: Written, data: string | Uint8Array): Promise<void> {
  return new Promise(done => term.write(data, done))
}

const THEME: AnswerTheme = {
  foreground: '#c0c1c2',
  background: '#101112',
  cursor: '#ff8000',
  ansi: ['#000000', '#aa0000', '#00aa00', '#aaaa00', '#0000aa', '#aa00aa', '#00aaaa', '#aaaaaa'],
}

/** A host screen, and everything it replies, from xterm.js or from us. */
function hostScreen(source: Partial<AnswerSource> = {}) {
  const term = new headless.Terminal({ cols: 100, rows: 30, allowProposedApi: true })
  const replies: string[] = []
  term.onData(data => replies.push(data))
  applyPatches(term)
  const answers = registerAnswers(term, {
    theme: () => THEME,
    size: () => ({ cols: term.cols, rows: term.rows }),
    cellPixels: () => ({ width: 8.4, height: 17 }),
    version: '0.1.0',
    reply: data => replies.push(data),
    ...source,
  })
  return { term, replies, answers }
}

async function answersTo(question: string, source?: Partial<AnswerSource>): Promise<string[]> {
  const { term, replies } = hostScreen(source)
  await written(term, question)
  return replies
}

/** The queries that reach handlers registered before those under test. */
function watched(parser: QueryParser): string[] {
  const reached: string[] = []
  for (const query of QUERIES) {
    if (query.kind === 'csi') {
      parser.registerCsiHandler(sequenceId(query), params => {
        if (isCsiQuery(query, mainParams(params))) reached.push(query.name)
        return false
      })
    } else if (query.kind === 'osc') {
      for (const id of query.ids) {
        parser.registerOscHandler(id, payload => {
          if (query.pattern.test(payload)) reached.push(query.name)
          return false
        })
      }
    } else if (query.kind === 'dcs') {
      parser.registerDcsHandler(sequenceId(query), () => reached.push(query.name) < 0)
    } else if (query.kind === 'esc') {
      parser.registerEscHandler(sequenceId(query), () => reached.push(query.name) < 0)
    }
  }
  return reached
}

describe('the table of queries', () => {
  test('has unique names, and a reason for every query without an answer', () => {
    expect(new Set(QUERIES.map(q => q.name)).size).toBe(QUERIES.length)
    expect(Object.keys(QUERY_NOTES).sort()).toEqual(QUERIES.map(q => q.name).sort())
    const notes = Object.values(QUERY_NOTES)
    expect(notes.filter(note => note.answer === 'silent' && !note.why)).toEqual([])
    expect(notes.filter(note => note.examples.length === 0)).toEqual([])
  })

  test('splits a sequence that mixes queries and settings', () => {
    const palette = QUERIES.find(q => q.name === 'palette colors')
    const stack = QUERIES.find(q => q.name === 'text and cursor colors')
    const keys = QUERIES.find(q => q.name === 'kitty colors')
    if (palette?.kind !== 'osc' || stack?.kind !== 'osc' || keys?.kind !== 'osc') throw new Error('not in the table')
    expect(settingsOf(palette, 4, '1;?;2;red;3;?;4;#fff')).toEqual(['4;2;red', '4;4;#fff'])
    expect(settingsOf(palette, 4, '1;?')).toEqual([])
    expect(settingsOf(stack, 10, '?;#fff;?')).toEqual(['11;#fff'])
    expect(settingsOf(keys, 21, 'cursor=red;background=?')).toEqual(['21;cursor=red'])
  })
})

describe('the filter of the command line', () => {
  const LEFT: Record<string, string> = {
    '\x1b]4;1;?;2;#00ff00\x07': '\x1b]4;2;#00ff00\x07',
    '\x1b]4;3;rgb:11/22/33;4;?\x1b\\': '\x1b]4;3;rgb:11/22/33\x1b\\',
    '\x1b]5;0;?;1;red\x1b\\': '\x1b]5;1;red\x1b\\',
    '\x1b]10;?;#102030\x1b\\': '\x1b]11;#102030\x1b\\',
    '\x1b]21;cursor=red;background=?\x07': '\x1b]21;cursor=red\x07',
  }

  test.each(EXAMPLES)('case 45: removes $name, wherever it is cut', ({ example }) => {
    for (const form of [example, eightBit(example)]) {
      const input = bytes(`a\x1b[1mb${form}c\x1b[0md`)
      let left = LEFT[example] ?? ''
      if (form !== example) left = left.replace(/^\x1b\]/, '\x1b]')
      const expected = `a\x1b[1mb${left}c\x1b[0md`
      for (let cut = 0; cut <= input.length; cut++) expect(filtered(input, [cut]), `cut at ${cut}`).toBe(expected)
      expect(filtered(input, [...input.keys()]), 'cut everywhere').toBe(expected)
    }
  })

  test('keeps what only resembles a query', () => {
    const kept = [
      '\x1b[?1;2h\x1b[3J\x1b[8;30;100t\x1b[22;0t\x1b[23;0t\x1b[1t', // modes, window sizes and titles
      '\x1b[1 q\x1b[>1u\x1b[<u\x1b[u\x1b[>4;2m\x1b[4m\x1b[1;1H\x1b[!p\x1b[2S\x1b[?8c', // finals that other queries use
      '\x1b[>29;2:4:5 q\x1b[>0;4 q', // kitty's further cursors, set and cleared
      '\x1b]0;what?\x07\x1b]2;?\x1b\\\x1b]7;file://host/?\x07\x1b]8;;http://x/?a=?\x1b\\link\x1b]8;;\x1b\\',
      '\x1b]4;1;#fff;2;red\x07\x1b]104\x07\x1b]104;1\x07\x1b]110\x07\x1b]11;#123456\x1b\\\x1b]22;pointer\x07\x1b]50;fixed\x07',
      '\x1b]99;i=1:d=0;hello?\x1b\\\x1b]1337;File=inline=1:AAAA\x07\x1b]1337;SetMark\x07\x1b]133;A\x07\x1b]777;notify;a;?\x07',
      '\x1bPq#0;2;0;0;0~\x1b\\\x1bP0;1|17/17\x1b\\\x1bP=1s\x1b\\\x1b_other\x1b\\\x1b_\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\',
      '\x1b7\x1b8\x1b(0\x1b)B\x1b#8\x1b=\x1b>\x1bM\x1bc\x1b%G\x1bktitle\x1b\\',
      '\x84\x85\x8dä°ñ日本語👩‍👧\u009b1m\u009d0;title\u009c',
      '\x1b[1\nm\x1b[\x7f3m', // controls inside of a sequence are acted on there
    ].join('text')
    expect(filtered(bytes(kept))).toBe(text(bytes(kept)))
    for (let cut = 0; cut < bytes(kept).length; cut++) expect(filtered(bytes(kept), [cut])).toBe(text(bytes(kept)))
  })

  test('keeps controls inside a query, and removes the query around them', () => {
    expect(filtered(bytes('a\x1b[\r\ncb'))).toBe('a\r\nb')
    expect(filtered(bytes('\x1b[\x056n\x1b]1\x001;\x05?\x07\x1b[3\x051m'))).toBe('\x1b[31m')
  })

  test('never joins what is around a removed query into a new sequence', () => {
    expect(filtered(bytes('\x1b\x1b[c[c'))).toBe('[c')
    expect(filtered(bytes('\x1b[\x1b[cc'))).toBe('c')
    expect(filtered(bytes('\x1b]\x1b[c11;?\x07'))).toBe('11;?\x07')
    expect(filtered(bytes('\x1b]0;title\x1b[c\x1b[c\x07'))).toBe('\x1b]0;title\x1b\\\x07')
    expect(filtered(bytes('\x1bPq~~\x1b]11;?\x07$q'))).toBe('\x1bPq~~\x1b\\$q')
    expect(filtered(bytes('\x1b]4;0;\x1b[m;1;?\x07'))).toBe('\x1b[m;1;?\x07') // kitty would continue the OSC
    expect(filtered(bytes('\x1b]11;?\x1b[m'))).toBe('\x1b[m') // xterm.js ends the OSC at the ESC
  })

  test('does not take single bytes 80 to 9F for controls, as UTF-8 requires', () => {
    const input = Uint8Array.of(0x9b, 0x63, 0xe2, 0x9b, 0x93, 0xf0, 0x9f, 0x9a, 0x80, 0xc3, 0x9b, 0x63)
    expect(filtered(input)).toBe(text(input))
    expect(filtered(Uint8Array.of(0xe2, 0xc2, 0x9b, 0x63))).toBe('\xe2')
    expect(filtered(Uint8Array.of(0xc2, 0x41, 0xc2, 0xa9))).toBe('\xc2A\xc2\xa9')
    expect(filtered(Uint8Array.of(0xc2, 0xc2, 0x9b, 0x63, 0x9b, 0x63))).toBe('\x9bc')
    expect(filtered(Uint8Array.of(0xc2, 0x1b, 0x9b, 0x63))).toBe('\x9bc')
    expect(filtered(Uint8Array.of(0xc2, 0x05, 0x9b, 0x63))).toBe('\x9bc')
  })

  test('passes the other modes next to one that makes terminals report at once', () => {
    expect(filtered(bytes('\x1b[?1049;2048;25h'))).toBe('\x1b[?1049;25h')
    expect(filtered(bytes('\x1b[?2048l'))).toBe('\x1b[?2048l')
  })

  test('parses a number with leading zeros as the terminal does', () => {
    expect(filtered(bytes('\x1b]0011;?\x07\x1b[0021t\x1b]052;c;?\x07'))).toBe('')
  })

  test('case 42: removes clipboard requests, and with the user’s permission allows writing but never reading', () => {
    const write = '\x1b]52;c;aGVsbG8=\x07\x1b]1337;Copy=:aGVsbG8=\x07'
    expect(filtered(bytes(write))).toBe('')
    for (let cut = 0; cut <= write.length; cut++) {
      expect(filtered(bytes(write), [cut], { allowClipboard: true })).toBe(write)
      expect(filtered(bytes('\x1b]52;c;?\x07\x1b]52;p; ?\x1b\\'), [cut], { allowClipboard: true })).toBe('')
    }
    const large = `\x1b]52;c;${'A'.repeat(100_000)}\x07`
    expect(filtered(bytes(`${large}x`), [70_000])).toBe('x')
    expect(filtered(bytes(large), [70_000], { allowClipboard: true })).toBe(large)
  })

  test('case 49: drops a possible query that exceeds the limit, up to its end', () => {
    const long = '0;#000000;'.repeat(MAX_HELD_BYTES / 10 + 1)
    for (const start of ['\x1b]4;', '\x1b[', '\x1bP', '\x1b(', '\x1b]']) {
      const body = start === '\x1b]4;' ? long : (start === '\x1b(' ? '(' : '0').repeat(MAX_HELD_BYTES)
      const end = start === '\x1bP' ? 'qx\x1b\\' : start.startsWith('\x1b]') ? '\x07' : 'c'
      expect(filtered(bytes(`a${start}${body}${end}b`)), start).toBe('ab')
      expect(filtered(bytes(`a${start}${body}${end}b`), [3, 5000, MAX_HELD_BYTES + 1]), start).toBe('ab')
    }
    const whole = `\x1b]4;${Array.from({ length: 256 }, (_, i) => `${i};rgb:0000/1111/2222`).join(';')}\x07`
    expect(filtered(bytes(whole), [10, 3000])).toBe(whole)
  })

  test('streams a long string that is not a query', () => {
    const filter = new QueryFilter()
    expect(text(filter.filter(bytes('\x1bPq')))).toBe('\x1bPq')
    const sixels = bytes('~'.repeat(1_000_000))
    expect(filter.filter(sixels)).toEqual(sixels)
    expect(text(filter.filter(bytes('\x1b\\')))).toBe('\x1b\\')
  })

  test('returns a chunk of plain text without copying it', () => {
    const chunk = bytes('plain text\r\nand more of it, 日本語')
    expect(new QueryFilter().filter(chunk)).toBe(chunk)
  })

  test('leaves no unfinished sequence at the end', () => {
    for (const start of ['\x1b', '\x1b[', '\x1b[0', '\x1b]11;?', '\x1bP$q', '\x1b_', '\xc2']) {
      const filter = new QueryFilter()
      const input = start === '\xc2' ? Uint8Array.of(0xc2) : bytes(start)
      expect(text(filter.filter(input)) + text(filter.end()), JSON.stringify(start)).toBe('')
      expect(text(filter.filter(bytes('[c')))).toBe('[c')
    }
    const filter = new QueryFilter()
    expect(text(filter.filter(bytes('\x1b]0;title'))) + text(filter.end())).toBe('\x1b]0;title\x1b\\')
  })

  const words = fc.string({ unit: 'grapheme', maxLength: 12 }).map(s => s.replace(/[\x00-\x1f\x7f-\x9f]/g, ''))
  const number = fc.nat(2000)
  const numbers = fc.array(number, { maxLength: 5 }).map(list => list.join(';'))
  const st = fc.constantFrom('\x07', '\x1b\\')
  const output = fc
    .array(
      fc.oneof(
        words,
        fc.constantFrom('\r', '\n', '\t', '\b', '\x07', '\x0e', '\x0f', '\x00', '\x84', '\x85', 'ÂÃ', '\u00a0'),
        fc.tuple(numbers, fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abdefghilmrsu')).map(([p, f]) => `\x1b[${p}${f}`),
        fc.tuple(numbers, fc.constantFrom(...'JKlrs')).map(([p, f]) => `\x1b[?${p}${f}`),
        fc.constantFrom(1, 7, 25, 47, 1000, 1006, 1049, 2004, 2026).map(p => `\x1b[?${p}h`),
        fc.constantFrom(
          '\x1b[2 q',
          '\x1b[!p',
          '\x1b[>4;1m',
          '\x1b[>1u',
          '\x1b[<1u',
          '\x1b[22;0t',
          '\x1b[8;24;80t',
          '\x1b[0"q',
        ),
        fc.array(fc.nat(255), { minLength: 1, maxLength: 4 }).map(p => `\x1b[38:2::${p.join(':')}m`),
        fc.tuple(fc.constantFrom(0, 1, 2, 7, 8, 9, 133, 633, 777), words, st).map(([n, w, e]) => `\x1b]${n};${w}${e}`),
        fc.tuple(fc.nat(255), fc.constantFrom('#123456', 'red'), st).map(([n, c, e]) => `\x1b]4;${n};${c}${e}`),
        fc
          .tuple(fc.constantFrom(10, 11, 12, 104, 110), fc.constantFrom('#fff', ''), st)
          .map(([n, c, e]) => `\x1b]${n};${c}${e}`),
        words.map(w => `\x1bPq${w}\x1b\\`),
        words.map(w => `\x1b_x${w}\x1b\\`),
        words.map(w => `\u009d2;${w}\u009c`),
        fc.constantFrom(
          '\x1b7',
          '\x1b8',
          '\x1bM',
          '\x1bD',
          '\x1b(0',
          '\x1b(B',
          '\x1b#8',
          '\x1b=',
          '\x1b>',
          '\x1bc',
          '\u009b31m',
        ),
      ),
      { maxLength: 30 },
    )
    .map(parts => bytes(parts.join('')))
  const cuts = fc.array(fc.nat(400), { maxLength: 12 })

  test('passes output without queries byte for byte, wherever it is cut', () => {
    fc.assert(
      fc.property(output, cuts, (data, at) => {
        expect(
          filtered(
            data,
            at.filter(cut => cut <= data.length),
          ),
        ).toBe(text(data))
      }),
      scaledRuns(1000),
    )
  })

  const ESCAPES =
    '\x1b[]P_^X\\Z?>=;:0123456789cntxqupmhSywv|$+*#"\'&, \x05\x07\x18\x1a\n\x7fGaé\x9b\x9d\x9c\x90\x9f\x9a'
  const hostile = fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...ESCAPES).map(bytes) },
        { weight: 3, arbitrary: fc.constant(bytes('\x1b')) },
        { weight: 2, arbitrary: fc.constantFrom(...EXAMPLES.map(e => bytes(e.example))) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('\x1b]4;', '\x1b]0;', '\x1b]11;', '\x1bP$q', '\x1bPq', '\x1b[0').map(bytes),
        },
        { weight: 1, arbitrary: fc.constantFrom(0xc2, 0x9b, 0x9c, 0xe2, 0x80, 0xff).map(b => Uint8Array.of(b)) },
      ),
      { maxLength: 60 },
    )
    .map(concat)

  test('gives the same result wherever the stream is cut', () => {
    fc.assert(
      fc.property(hostile, cuts, (data, at) => {
        const whole = filtered(data)
        expect(
          filtered(
            data,
            at.filter(cut => cut <= data.length),
          ),
        ).toBe(whole)
        expect(filtered(data, [...data.keys()])).toBe(whole)
      }),
      scaledRuns(2000),
    )
  })

  test('case 45: leaves nothing that a terminal would answer, for any input', async () => {
    const term = new headless.Terminal({ allowProposedApi: true, logLevel: 'off' })
    const replies: string[] = []
    term.onData(data => replies.push(data))
    const reached = watched(term.parser)
    await fc.assert(
      fc.asyncProperty(hostile, async data => {
        const filter = new QueryFilter()
        const once = concat([filter.filter(data), filter.end(), bytes(' ')])
        expect(filtered(once), 'filtered again').toBe(text(once))
        await written(term, concat([once, bytes('[c11;?\x07$q\x1b\\')]))
        expect([...replies, ...reached]).toEqual([])
      }),
      scaledRuns(1500),
    )
  })
})

describe('a terminal in a page', () => {
  const terminals = [
    { build: '@xterm/headless', create: () => new headless.Terminal({ allowProposedApi: true }) },
    { build: '@xterm/xterm', create: () => new browser.Terminal({ allowProposedApi: true }) },
  ]

  describe.each(terminals)('the terminal of $build', ({ create }) => {
    function quiet(options?: Parameters<typeof ignoreQueries>[1]) {
      const term = create()
      const reached = watched(term.parser)
      const replies: string[] = []
      const ignored = ignoreQueries(term, options)
      term.onData(data => replies.push(data))
      return { term, reached, replies, ignored }
    }

    test.each(EXAMPLES)('case 45: does not answer $name', async ({ query, example }) => {
      const { term, reached, replies } = quiet()
      await written(term, `a${example}${eightBit(example)}b`)
      await written(term, '') // the settings that were written again
      expect(replies).toEqual([])
      expect(query.kind === 'csi' && query.modes ? [] : reached).toEqual([])
      expect(term.buffer.active.getLine(0)?.translateToString(true)).toBe('ab')
    })

    test('would answer without ignoreQueries', async () => {
      for (const { query, answer, example } of EXAMPLES) {
        if (answer !== 'screen') continue
        const term = create()
        const replies: string[] = []
        term.onData(data => replies.push(data))
        await written(term, example)
        expect(replies, query.name).toHaveLength(1)
      }
    })

    test('answers again after ignoreQueries was disposed, even twice', async () => {
      const { term, replies, ignored } = quiet()
      ignored.dispose()
      ignored.dispose()
      await written(term, '\x1b[5n')
      expect(replies).toEqual(['\x1b[0n'])
    })

    test('sets the colors next to a query', async () => {
      const { term, reached } = quiet()
      const set: string[] = []
      term.parser.registerOscHandler(11, payload => set.push(payload) < 0)
      await written(term, '\x1b]10;?;#102030\x07')
      await written(term, '')
      expect(set).toEqual(['#102030'])
      expect(reached).toEqual([])
    })

    test('case 42: passes clipboard writes only to a handler, and never reads the clipboard', async () => {
      const none = quiet()
      await written(none.term, '\x1b]52;c;aGVsbG8=\x07')
      const copied: string[] = []
      const { term, replies } = quiet({ onClipboardWrite: value => copied.push(value) })
      await written(term, '\x1b]52;c;?\x07\x1b]52;c;\x07\x1b]52;c;!!\x07\x1b]52;c;/w==\x07\x1b]52;c;Z3LDvMOf\x07')
      expect(copied).toEqual(['grüß'])
      expect(replies).toEqual([])
    })

    test('case 45: flags the report of focus that xterm.js sends by itself', async () => {
      const { term, ignored } = quiet()
      const sent: string[] = []
      const dropped: string[] = []
      term.onData(data => (ignored.reporting ? dropped : sent).push(data))
      await written(term, '\x1b[?1004h')
      expect(sent).toEqual([])
      expect(term.modes.sendFocusMode).toBe(true)
      await Promise.resolve()
      expect(ignored.reporting).toBe(false)
      if (create() instanceof browser.Terminal) expect(dropped).toEqual(['\x1b[O'])
    })
  })
})

describe('the host screen', () => {
  test.each(EXAMPLES.filter(e => e.answer !== 'silent'))('case 46: answers $name once', async ({ example }) => {
    expect(await answersTo(example)).toHaveLength(1)
    expect(await answersTo(eightBit(example))).toHaveLength(example === '\x1bZ' ? 0 : 1)
  })

  test.each(EXAMPLES.filter(e => e.answer === 'silent'))('case 46: does not answer $name', async ({ example }) => {
    expect(await answersTo(example)).toEqual([])
  })

  const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex').toUpperCase()
  test.each<[string, string]>([
    ['\x1b[c', '\x1b[?1;2c'],
    ['\x1bZ', '\x1b[?1;2c'],
    ['\x1b[=c', '\x1bP!|00000000\x1b\\'],
    ['\x1b[>q', '\x1bP>|On the Go 0.1.0\x1b\\'],
    ['\x1b[x', '\x1b[2;1;1;128;128;1;0x'],
    ['\x1b[1x', '\x1b[3;1;1;128;128;1;0x'],
    ['\x1b[3;7H\x1b[6n', '\x1b[3;7R'],
    ['\x1b[5;20r\x1b[?6h\x1b[3;7H\x1b[6n', '\x1b[3;7R'],
    ['\x1b[5;20r\x1b[?6h\x1b[3;7H\x1b[?6n', '\x1b[?3;7R'],
    [`\x1b[2H${'x'.repeat(100)}\x1b[6n`, '\x1b[2;100R'],
    ['\x1b[?15n', '\x1b[?13n'],
    ['\x1b[?63;7n', '\x1bP7!~0000\x1b\\'],
    ['\x1b[?996n', '\x1b[?997;1n'],
    ['\x1b]11;#fafafa\x07\x1b[?996n', '\x1b[?997;2n'],
    ['\x1b[14t', '\x1b[4;510;800t'],
    ['\x1b[14;2t', '\x1b[4;510;800t'],
    ['\x1b[16t', '\x1b[6;17;8t'],
    ['\x1b[18t', '\x1b[8;30;100t'],
    ['\x1b[19t', '\x1b[9;30;100t'],
    ['\x1b[?2;1;0S', '\x1b[?2;1;0S'],
    ['\x1b["v', '\x1b[30;100;1;1;1"w'],
    ['\x1bP+q544e\x1b\\', `\x1bP1+r544e=${Buffer.from('xterm-256color').toString('hex').toUpperCase()}\x1b\\`],
    ['\x1bP+q436F;524742\x1b\\', '\x1bP1+r436F=323536;524742=38\x1b\\'],
    ['\x1bP+q4d73\x1b\\', `\x1bP1+r4d73=${hex('\x1b]52;%p1%s;%p2%s\x07')}\x1b\\`],
    ['\x1bP+q5375;536d756c78\x1b\\', `\x1bP1+r5375;536d756c78=${hex('\x1b[4:%p1%dm')}\x1b\\`],
    ['\x1bP$qm\x1b\\', '\x1bP1$r0m\x1b\\'],
    ['\x1b[1;3;4:3;7;31;102m\x1bP$qm\x1b\\', '\x1bP1$r0;1;3;7;31;102;4:3m\x1b\\'],
    ['\x1b[38;5;200;48;2;1;2;3;4;58:5:9m\x1bP$qm\x1b\\', '\x1bP1$r0;38:5:200;48:2::1:2:3;58:5:9;4m\x1b\\'],
    ['\x1b[31m\x1b[m\x1bP$qm\x1b\\', '\x1bP1$r0m\x1b\\'],
    ['\x1bP$q q\x1b\\', '\x1bP1$r2 q\x1b\\'],
    ...[1, 2, 3, 4, 5, 6].map((style): [string, string] => [
      `\x1b[${style} q\x1bP$q q\x1b\\`,
      `\x1bP1$r${style} q\x1b\\`,
    ]),
    ['\x1b[5;20r\x1bP$qr\x1b\\', '\x1bP1$r5;20r\x1b\\'],
    ['\x1b[?2027$p', '\x1b[?2027;3$y'],
    ['\x1b[?2026$p', '\x1b[?2026;2$y'],
    ['\x1b[?u', '\x1b[?0u'],
    ['\x1b[>5u\x1b[?u', '\x1b[?5u'],
    ['\x1b[>4;2m\x1b[?4m', '\x1b[>4;2m'],
    ['\x1bP+q436F;6b7578;524742\x1b\\', '\x1bP1+r436F=323536\x1b\\'],
    ['\x1bP+q6b7578\x1b\\', '\x1bP0+r\x1b\\'],
    ['\x1bP+qrm -rf\x1b\\', '\x1bP0+r\x1b\\'],
    ['\x1b]10;?\x07', '\x1b]10;rgb:c0c0/c1c1/c2c2\x07'],
    ['\x1b]12;?\x07', '\x1b]12;rgb:ffff/8080/0000\x07'],
    [
      '\x1b]10;?;?;?;?\x07',
      '\x1b]10;rgb:c0c0/c1c1/c2c2\x07\x1b]11;rgb:1010/1111/1212\x07\x1b]12;rgb:ffff/8080/0000\x07',
    ],
    [
      '\x1b]4;1;?;231;?;16;?;232;?\x07',
      '\x1b]4;1;rgb:aaaa/0000/0000\x07\x1b]4;231;rgb:ffff/ffff/ffff\x07\x1b]4;16;rgb:0000/0000/0000\x07\x1b]4;232;rgb:0808/0808/0808\x07',
    ],
    ['\x1b]11;?\x1b\\', '\x1b]11;rgb:1010/1111/1212\x1b\\'],
    ['\x1b]4;2;#123;2;?\x07', '\x1b]4;2;rgb:1010/2020/3030\x07'],
    ['\x1b]11;rgb:f/0/f\x07\x1b]11;?\x07', '\x1b]11;rgb:ffff/0000/ffff\x07'],
    ['\x1b]11;#fff\x07\x1b]111\x07\x1b]11;?\x07', '\x1b]11;rgb:1010/1111/1212\x07'],
    ['\x1b]4;1;#fff\x07\x1b]104;1\x07\x1b]4;1;?\x07', '\x1b]4;1;rgb:aaaa/0000/0000\x07'],
    ['\x1b]4;1;#fff\x07\x1b]104\x07\x1b]4;1;?\x07', '\x1b]4;1;rgb:aaaa/0000/0000\x07'],
  ])('answers %j with %j', async (question, answer) => {
    expect(await answersTo(question)).toEqual([answer])
  })

  test('never reports a title, which any output can have set', async () => {
    expect(await answersTo('\x1b]0;; rm -rf ~\r\x07\x1b[20t\x1b[21t')).toEqual(['\x1b]L\x1b\\', '\x1b]l\x1b\\'])
  })

  test('answers only for colors of the palette', async () => {
    expect(await answersTo('\x1b]4;256;?;-1;?;x;?\x07')).toEqual([])
    expect(await answersTo('\x1b]4;999;?;0;?\x07')).toEqual(['\x1b]4;0;rgb:0000/0000/0000\x07'])
  })

  test('reports the colors that programs have set, for a terminal that starts from a snapshot', async () => {
    const { term, answers, replies } = hostScreen()
    await written(term, '\x1b]4;1;#102030;2;#fff\x07\x1b]104;2\x07\x1b]11;#405060\x07')
    expect(answers.colors()).toBe('\x1b]4;1;rgb:1010/2020/3030\x1b\\\x1b]11;rgb:4040/5050/6060\x1b\\')
    expect(replies).toEqual([])
  })

  test('does not keep other listeners from color changes', async () => {
    const { term, replies } = hostScreen()
    const set: string[] = []
    const core = (term as unknown as { _core: { _inputHandler: { onColor(listen: (e: unknown) => void): void } } })
      ._core
    core._inputHandler.onColor(event => set.push(JSON.stringify(event)))
    await written(term, '\x1b]4;1;#102030\x07\x1b]111\x07')
    expect(set).toEqual(['[{"type":1,"index":1,"color":[16,32,48]}]', '[{"type":2,"index":257}]'])
    expect(replies).toEqual([])
  })

  test('reports the version in printable ASCII', async () => {
    expect(await answersTo('\x1b[>q', { version: '1\x1b[c\r\u009b2' })).toEqual(['\x1bP>|On the Go 1[c2\x1b\\'])
  })

  test('leaves window operations that are not reports to xterm.js', async () => {
    const term = new headless.Terminal({ allowProposedApi: true, windowOptions: { pushTitle: true, popTitle: true } })
    const replies: string[] = []
    const titles: string[] = []
    term.onTitleChange(title => titles.push(title))
    registerAnswers(term, {
      theme: () => THEME,
      size: () => ({ cols: 80, rows: 24 }),
      cellPixels: () => DEFAULT_CELL,
      reply: data => replies.push(data),
    })
    await written(term, '\x1b]2;a\x07\x1b[22;0t\x1b]2;b\x07\x1b[23;0t\x1b[16t')
    expect(titles).toEqual(['a', 'b', 'a'])
    expect(replies).toEqual(['\x1b[6;20;10t'])
  })

  test('stops answering when it is disposed, even twice', async () => {
    const { term, replies, answers } = hostScreen()
    answers.dispose()
    answers.dispose()
    await written(term, '\x1b[18t\x1b]11;?\x07')
    expect(replies).toEqual([])
  })
})

describe('host screen, pages and terminals together', () => {
  test.each([0, 1, 3])(
    'case 46: give every query one answer or none, with %i pages and terminals attached',
    async attached => {
      for (const { query, answer, example } of EXAMPLES) {
        const { term, replies } = hostScreen()
        await written(term, example)
        for (let i = 0; i < attached; i++) {
          const page = new browser.Terminal({ allowProposedApi: true })
          page.onData(data => replies.push(data))
          ignoreQueries(page)
          await written(page, example)
          const outer = new headless.Terminal({ allowProposedApi: true }) // a terminal that answers queries
          outer.onData(data => replies.push(data))
          const filter = new QueryFilter()
          await written(outer, concat([filter.filter(bytes(example)), filter.end()]))
        }
        expect(replies, shown(query, example)).toHaveLength(answer === 'silent' ? 0 : 1)
      }
    },
  )
})

test.each(['\x07', '\x1b\\'])('an answer ends as its OSC did (%j), wherever the output is cut', async end => {
  const question = `\x1b]11;?${end}`
  for (let cut = 0; cut <= question.length; cut++) {
    const { term, replies } = hostScreen()
    await written(term, `text\x1b]0;title\x07${question.slice(0, cut)}`)
    await written(term, `${question.slice(cut)}more`)
    expect(replies).toEqual([`\x1b]11;rgb:1010/1111/1212${end}`])
  }
})
