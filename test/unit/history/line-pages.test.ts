// A session read as text, page by page: a real history, a real lookup thread, a real terminal for its keyframes.
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Lookup } from '../../../main/host/history/lookup/lookup.ts'
import { LinePages, type ReadReply } from '../../../main/host/history/text/line-pages.ts'
import { TextRendering } from '../../../main/host/history/text/render-text.ts'
import type { History } from '../../../main/host/history/write/history.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { pathOf } from '../../../main/host/store/open-database.ts'
import { Store } from '../../../main/host/store/store.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import {
  buildLog,
  cleanUpHistories,
  databaseFile,
  openDatabase,
  openHistory,
  Recording,
  until,
} from '../../support/history.ts'
import { scaledRuns } from '../../support/repeat.ts'

const lookups = new Map<History, Lookup>()
afterEach(async () => {
  for (const lookup of lookups.values()) await lookup.close()
  lookups.clear()
  await cleanUpHistories()
})

function lookupOf(history: History): Lookup {
  const lookup = lookups.get(history) ?? new Lookup(history.file)
  lookups.set(history, lookup)
  return lookup
}

/** A session with a screen, sealed as a host does it. */
class Played {
  readonly screen = new Screen({ cols: 80, rows: 24 })
  readonly recording: Recording
  readonly history: History
  readonly #lookup: Lookup
  #flushed = -1

  constructor(history: History) {
    this.history = history
    this.recording = new Recording(history)
    this.#lookup = lookupOf(history)
  }

  print(text: string | Uint8Array, at = this.recording.at): void {
    this.recording.at = at
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    this.recording.print(bytes)
    this.screen.write(bytes)
  }

  resize(cols: number, rows: number): void {
    this.recording.resize(cols, rows)
    this.screen.resize(cols, rows)
  }

  /** Returns a function that sends the keyframe at the boundary: a busy screen does it late. */
  seal(): () => void {
    this.recording.seal()
    const { position, cols, rows, vt, pending } = this.screen.keyframe()
    const text = Buffer.concat([vt, pending]).toString()
    return () => {
      const keyframe = { ...this.recording.keyframe(text, position), cols, rows }
      this.history.keyframe(this.recording.session_id, keyframe)
    }
  }

  async read(place: { before?: number; after?: number; limit?: number } = {}): Promise<ReadReply> {
    if (this.#flushed !== this.recording.end.offset) await this.history.flush()
    this.#flushed = this.recording.end.offset
    const { before, after, limit = 200 } = place
    const request = { session_id: this.recording.session_id, before, after, limit }
    // As the client does it (history-client.ts).
    for (;;) {
      const answer = await this.#lookup.call('read', { client: 'a client', ...request })
      if (!answer.unfinished) return answer
    }
  }

  /** All segments but the last, which waits for what follows it. */
  async rendered(): Promise<void> {
    await this.history.flush()
    const database = new Database(pathOf(this.history.file), { readonly: true })
    const pending = database
      .prepare<[string], number>(
        `SELECT count(*) FROM text t JOIN pieces p ON p.piece = t.piece JOIN sessions s ON s.session = p.session
         WHERE t.lines IS NULL AND session_id = ? AND (p.end_offset, p.end_n) <> (s.end_offset, s.end_n)`,
      )
      .pluck()
    try {
      await until(() => pending.get(this.recording.session_id) === 0, 20_000)
    } finally {
      database.close()
    }
  }
}

const texts = ({ lines }: Pick<ReadReply, 'lines'>) => lines.map(({ text }) => text)

/** From the end to the beginning; `meanwhile` is called between pages. */
async function backward(played: Played, limits: () => number, meanwhile: () => unknown = () => {}): Promise<ReadReply> {
  let page = await played.read({ limit: limits() })
  const all = { ...page, lines: [...page.lines], gaps: [...page.gaps] }
  while (page.before !== null) {
    await meanwhile()
    const before: number = page.before
    page = await played.read({ before, limit: limits() })
    for (const { offset } of page.lines) expect(offset).toBeLessThan(before)
    all.lines.unshift(...page.lines)
    all.gaps.unshift(...page.gaps)
  }
  return all
}

/** From the beginning until there are no more lines. */
async function forward(played: Played, limits: () => number, meanwhile: () => unknown = () => {}): Promise<ReadReply> {
  const all: ReadReply = { lines: [], gaps: [], before: null, after: 0 }
  for (;;) {
    const page = await played.read({ after: all.after, limit: limits() })
    for (const { offset } of page.lines) expect(offset).toBeGreaterThan(all.after)
    all.lines.push(...page.lines)
    all.gaps.push(...page.gaps)
    all.after = page.after
    if ((await meanwhile()) !== true && page.lines.length === 0) return all
  }
}

describe('a page of lines', () => {
  it('has the last lines, those before an offset, or those after one', async () => {
    const played = new Played(await openHistory())
    for (let i = 1; i <= 50; i++) played.print(`line ${i}\r\n`, i * 1000)
    const last = await played.read({ limit: 3 })
    expect(texts(last)).toEqual(['line 48', 'line 49', 'line 50'])
    expect(last.lines.map(({ at }) => at)).toEqual([48_000, 49_000, 50_000])
    expect(last.after).toBe(played.recording.end.offset)
    expect(texts(await played.read({ before: last.before!, limit: 2 }))).toEqual(['line 46', 'line 47'])
    expect(texts(await played.read({ after: last.lines[0]!.offset }))).toEqual(['line 49', 'line 50'])
    const first = await played.read({ after: 0, limit: 2 })
    expect({ texts: texts(first), before: first.before }).toEqual({ texts: ['line 1', 'line 2'], before: null })
  })

  it('is empty for a session that printed nothing', async () => {
    const played = new Played(await openHistory())
    expect(await played.read()).toEqual({ lines: [], before: null, after: 0, gaps: [] })
    expect(await played.read({ after: 0 })).toEqual({ lines: [], before: null, after: 0, gaps: [] })
  })

  it('says which lines are still on the screen', async () => {
    const played = new Played(await openHistory())
    for (let i = 1; i <= 30; i++) played.print(`line ${i}\r\n`)
    played.print('$ ')
    const { lines } = await played.read()
    expect(lines.filter(({ open }) => open).map(({ text }) => text)[0]).toBe('line 8')
    expect(lines.at(-1)).toMatchObject({ text: '$', open: true })
    played.print('make\r\nall done\r\n$ ')
    const settled = lines.findLast(({ open }) => !open)!
    expect(texts(await played.read({ after: settled.offset }))).toEqual([
      ...Array.from({ length: 23 }, (_, i) => `line ${i + 8}`),
      '$ make',
      'all done',
      '$',
    ])
    // A read after the last line returns changed and new lines.
    expect(texts(await played.read({ after: lines.at(-1)!.offset }))).toEqual(['$ make', 'all done', '$'])
    played.recording.finish()
    await played.history.flush()
    expect((await played.read()).lines.some(({ open }) => open)).toBe(false)
  })

  it('continues at the same line when the window is resized', async () => {
    const played = new Played(await openHistory())
    for (let i = 1; i <= 10; i++) played.print(`line ${i} ${'.'.repeat(60)}\r\n`)
    const { after } = await played.read()
    played.resize(40, 12)
    expect(texts(await played.read({ after }))).toEqual([])
    played.print('more\r\n')
    expect(texts(await played.read({ after }))).toEqual(['more'])
  })

  it('keeps blank lines as they were printed, but at most two in a row', async () => {
    const played = new Played(await openHistory())
    played.print('one\r\n\r\ntwo\r\n\r\n\r\n\r\n\r\nthree\r\n  \r\nfour\r\n\r\n')
    const wanted = ['one', '', 'two', '', '', 'three', '', 'four']
    expect(texts(await played.read())).toEqual(wanted)
    const { lines } = await played.read({ after: (await played.read({ limit: 2 })).lines[0]!.offset - 1 })
    expect(texts({ lines })).toEqual(['', 'four'])
    // A page never begins after the blank line that belongs to its first line.
    expect(texts(await played.read({ limit: 1 }))).toEqual(['', 'four'])
    // Scrolled out of the screen, sealed there, rendered: the lines are always the same.
    for (let i = 0; i < 23; i++) played.print('\r\n')
    played.seal()()
    for (let i = 0; i < 30; i++) played.print('\r\n')
    played.print('five\r\n')
    for (const done of [() => {}, () => played.seal()(), () => played.rendered()]) {
      await done()
      expect(texts(await played.read())).toEqual([...wanted, '', '', 'five'])
    }
  })

  it('has a line once when a larger window brought it back', async () => {
    const played = new Played(await openHistory())
    for (let i = 0; i < 20; i++) played.print(`line ${i}\r\n`)
    played.resize(30, 5)
    played.resize(30, 10)
    played.seal()()
    played.print('more\r\n')
    const wanted = [...Array.from({ length: 20 }, (_, i) => `line ${i}`), 'more']
    expect(texts(await played.read())).toEqual(wanted)
    await played.rendered()
    expect(texts(await played.read())).toEqual(wanted)
  })

  it('cuts overlong lines, and fits a message with the widest ones', async () => {
    const played = new Played(await openHistory())
    for (let i = 0; i < 60; i++) played.print(`${'"界'.repeat(3_000)}${i}\r\n`)
    played.seal()()
    const page = await played.read({ limit: 1000 })
    expect(page.lines.length).toBeGreaterThan(40)
    for (const { text } of page.lines) expect(text).toHaveLength(4_001)
    expect(() => jsonFrames({ type: 'lines', request_id: 1, ...page })).not.toThrow()
  })

  it('is rejected for an unknown session', async () => {
    const played = new Played(await openHistory())
    const request = { session_id: 'unknown', before: undefined, after: undefined, limit: 1 }
    await expect(lookupOf(played.history).call('read', { client: 'a client', ...request })).rejects.toMatchObject({
      code: 'session_unknown',
    })
    expect((await played.read()).lines).toEqual([])
  })
})

describe('pages of lines', () => {
  // Lines as programs print them: short, over several rows, colored, overwritten, blank.
  const kinds = [
    (i: number) => [`line ${i}`, `line ${i}`],
    (i: number) => [`line ${i} ${'wide '.repeat(40)}end`, `line ${i} ${'wide '.repeat(40)}end`],
    (i: number) => [`\x1b[3${i % 8}mline ${i}\x1b[m 漢字`, `line ${i} 漢字`],
    (i: number) => [`${i} 10 %\r${i} 50 %\r${i} 100 %`, `${i} 100 %`],
    (_i: number) => ['', ''],
  ] as const
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('print' as const),
        kinds: fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('seal' as const), late: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('render' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('resize' as const),
        cols: fc.integer({ min: 30, max: 100 }),
        rows: fc.integer({ min: 5, max: 40 }),
      }),
    },
  )

  /** Failures are not shrunk: that takes minutes, and looks like a slow test. */
  const RUNS = { ...scaledRuns(8), endOnFailure: true }

  const takes = (limits: number[]) => {
    let at = 0
    return () => limits[at++ % limits.length]!
  }

  function script() {
    let count = 0
    let late = () => {}
    const printed: string[] = []
    return {
      /** At most two blank lines, and none after the last line. */
      wanted(): string[] {
        const last = printed.findLastIndex(text => text !== '')
        const isKept = (at: number) => at <= last && (at < 2 || printed.slice(at - 2, at + 1).some(text => text !== ''))
        return printed.filter((_, at) => isKept(at))
      },
      async run(played: Played, one: typeof step extends fc.Arbitrary<infer T> ? T : never) {
        switch (one.do) {
          case 'print':
            for (const kind of one.kinds) {
              const [output, text] = kinds[kind]!(count++) as [string, string]
              played.print(`${output}\r\n`, played.recording.at + 1)
              printed.push(text)
            }
            return
          case 'seal': {
            late()
            const keyframe = played.seal()
            late = () => {}
            if (one.late) late = keyframe
            else keyframe()
            return
          }
          case 'render':
            // Rendered segments have their keyframe.
            late()
            late = () => {}
            return played.rendered()
          case 'resize':
            return played.resize(one.cols, one.rows)
        }
      },
    }
  }

  it('have every line once, read backward or forward, whatever is sealed, rendered or neither', async () => {
    const history = await openHistory()
    const limits = fc.array(fc.integer({ min: 3, max: 60 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), limits, async (steps, sizes) => {
        const played = new Played(history)
        const { wanted, run } = script()
        for (const one of steps) await run(played, one)
        const back = await backward(played, takes(sizes))
        expect(texts(back)).toEqual(wanted())
        const there = await forward(played, takes(sizes))
        expect(texts(there)).toEqual(wanted())
        expect(there.lines.map(({ offset }) => offset)).toEqual(back.lines.map(({ offset }) => offset))
        expect(back.gaps).toEqual([])
        played.screen.dispose()
      }),
      RUNS,
    )
  }, 120_000)

  it('have every line once while output continues', async () => {
    const history = await openHistory()
    const some = fc.array(step, { minLength: 1, maxLength: 5 })
    const limits = fc.array(fc.integer({ min: 3, max: 60 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(some, some, some, limits, async (begin, during, after, sizes) => {
        const played = new Played(history)
        const { wanted, run } = script()
        for (const one of begin) await run(played, one)
        const then = wanted()
        const next = (steps: typeof begin) => async () => {
          const one = steps.shift()
          if (one) await run(played, one)
          return one !== undefined
        }
        expect(texts(await backward(played, takes(sizes), next([...during])))).toEqual(then)
        expect(texts(await forward(played, takes(sizes), next([...after])))).toEqual(wanted())
        played.screen.dispose()
      }),
      RUNS,
    )
  }, 120_000)
})

describe('a full-screen program', () => {
  const enter = '\x1b[?1049h\x1b[H\x1b[2J'
  const frame = (title: string, rows: string[]) =>
    `\x1b[H\x1b[7m${title}\x1b[m\x1b[K\r\n${rows.map(row => `${row}\x1b[K\r\n`).join('')}\x1b[J`

  it('is read as its screen is, after the output that was printed before it', async () => {
    const played = new Played(await openHistory())
    played.print('$ agent\r\n', 100)
    played.print(enter + frame('Agent', ['> fix the test', 'Reading files …']), 200)
    played.print(frame('Agent', ['> fix the test', 'I found it.', 'May I run it? (y/n)']), 300)
    expect(texts(await played.read())).toEqual([
      '$ agent',
      'Agent',
      '> fix the test',
      'I found it.',
      'May I run it? (y/n)',
    ])
    expect((await played.read()).lines.at(-1)!.open).toBe(true)
    played.print('\x1b[?1049l$ ', 5_000)
    expect(texts(await played.read()).slice(-2)).toEqual(['May I run it? (y/n)', '$'])
  })

  it('is read in its final state if it redraws its last lines on the normal screen', async () => {
    const played = new Played(await openHistory())
    const redraw = (rows: string[], before: number) =>
      `${'\x1b[2K\x1b[1A'.repeat(before)}\x1b[2K\x1b[G${rows.join('\r\n')}\r\n`
    played.print('$ agent\r\n')
    played.print('Thinking 1 s\r\n╭───╮\r\n')
    for (let i = 2; i < 30; i++) played.print(redraw([`Thinking ${i} s`, '╭───╮'], 2), i * 1000)
    played.print(redraw(['The test compares the wrong field.', 'I changed it.', '╭───╮'], 2))
    expect(texts(await played.read())).toEqual([
      '$ agent',
      'The test compares the wrong field.',
      'I changed it.',
      '╭───╮',
    ])
  })

  it('is read with the final state of its progress bars', async () => {
    const played = new Played(await openHistory())
    played.print('Downloading\r\n')
    for (let i = 0; i <= 100; i++) played.print(`\r\x1b[K[${'#'.repeat(i / 5).padEnd(20)}] ${i} %`, i * 100)
    played.print('\r\ndone\r\n')
    expect(texts(await played.read())).toEqual(['Downloading', `[${'#'.repeat(20)}] 100 %`, 'done'])
  })
})

describe('lines on the alternate screen', () => {
  const ROWS = 6
  const row = fc.nat(ROWS - 1)
  const step = fc.oneof(
    // A frame: some rows change to texts that were never shown before.
    { weight: 6, arbitrary: fc.record({ do: fc.constant('frame' as const), rows: fc.array(row, { maxLength: 4 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('rest' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('seal' as const), late: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('render' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), lines: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('print' as const), lines: fc.integer({ min: 1, max: 40 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('resize' as const), rows: fc.integer({ min: ROWS, max: 40 }) }),
    },
  )

  it('come after those that had scrolled out of the normal screen, also when the segment ends there', async () => {
    const played = new Played(await openHistory())
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`)
    played.print(lines.map(line => `${line}\r\n`).join(''))
    played.print('\x1b[?1049h\x1b[H\x1b[2Jfull screen', 1_000)
    played.seal()()
    played.print('\x1b[2;1Hlater', 2_000)
    await played.rendered()
    const read = texts(await played.read())
    expect(read.filter(text => /^line/.test(text))).toEqual(lines)
    expect(read).toContain('full screen')
  })

  it('are read once each, and all that were visible during a pause, wherever segments end', async () => {
    const history = await openHistory()
    const limits = fc.array(fc.integer({ min: 3, max: 20 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 16 }), limits, async (steps, sizes) => {
        const played = new Played(history)
        let count = 0
        let late = () => {}
        const screen: (string | undefined)[] = []
        const rested = new Set<string>()
        let isAlternate = false
        const print = (text: string) => played.print(text, played.recording.at + 10)
        const enter = () => {
          if (!isAlternate) print('\x1b[?1049h\x1b[H\x1b[2J')
          isAlternate = true
        }
        const rest = () => {
          for (const text of screen) if (text !== undefined) rested.add(text)
        }
        const leave = () => {
          if (!isAlternate) return
          rest()
          print('\x1b[?1049l')
          isAlternate = false
          screen.length = 0
        }
        const lines = (howMany: number) => {
          for (let i = 0; i < howMany; i++) {
            rested.add(`line ${count}`)
            print(`line ${count++}\r\n`)
          }
        }
        for (const one of steps) {
          switch (one.do) {
            case 'frame':
              enter()
              for (const at of one.rows) screen[at] = `frame ${count++}`
              print(one.rows.map(at => `\x1b[${at + 1}H\x1b[2K${screen[at]}`).join(''))
              break
            case 'rest':
              played.recording.at += 1_000
              rest()
              break
            case 'seal': {
              late()
              const keyframe = played.seal()
              late = () => {}
              if (one.late) late = keyframe
              else keyframe()
              break
            }
            case 'render':
              late()
              late = () => {}
              await played.rendered()
              break
            case 'leave':
              leave()
              lines(one.lines)
              break
            case 'print':
              leave()
              lines(one.lines)
              break
            case 'resize':
              played.resize(80, one.rows)
          }
        }
        rest()
        let at = 0
        const takes = () => sizes[at++ % sizes.length]!
        const back = await backward(played, takes)
        const read = texts(back)
        expect(read.filter((text, index) => text !== '' && read.indexOf(text) !== index)).toEqual([])
        expect([...rested].filter(text => !read.includes(text))).toEqual([])
        const there = await forward(played, takes)
        expect(texts(there)).toEqual(read)
        expect(there.lines.map(({ offset }) => offset)).toEqual(back.lines.map(({ offset }) => offset))
        played.screen.dispose()
      }),
      { ...scaledRuns(40), endOnFailure: true },
    )
  }, 300_000)
})

describe('a gap', () => {
  it('is named once, before the line that follows it', async () => {
    const file = databaseFile()
    const played = new Played(await openHistory(file))
    const print = (name: string) => {
      for (let i = 0; i < 40; i++) played.print(`${name} ${i}\r\n`)
      played.seal()()
    }
    for (const name of ['one', 'two', 'three']) print(name)
    await played.history.flush()
    await played.rendered()
    const database = openDatabase(file)
    const rows = database.prepare('SELECT piece, offset FROM pieces ORDER BY offset').all() as {
      piece: number
      offset: number
    }[]
    database.prepare("UPDATE pieces SET kind = 'damaged' WHERE piece = ?").run(rows[1]!.piece)
    const back = await backward(played, () => 7)
    const first = back.lines.find(({ offset }) => offset >= rows[2]!.offset)!
    expect(back.gaps).toEqual([{ offset: first.offset, reason: 'damaged' }])
    expect(back.lines[0]!.text).toBe('one 0')
    expect(back.lines.some(({ text }) => text === 'two 5')).toBe(false)
    expect((await forward(played, () => 7)).gaps).toEqual(back.gaps)
  })

  it('is named for trimmed output', async () => {
    const played = new Played(await openHistory(databaseFile(), { session_bytes: 2_000_000 }))
    const log = buildLog(5_000_000)
    for (let at = 0; at < log.length; at += 500_000) {
      played.print(log.subarray(at, at + 500_000))
      played.seal()()
      await played.history.flush()
    }
    await until(async () => (await played.history.session(played.recording.session_id)).start.offset > 0)
    const start = await played.read({ after: 0, limit: 5 })
    expect(start.before).toBeNull()
    expect(start.gaps).toEqual([{ offset: start.lines[0]!.offset, reason: 'trimmed' }])
  })
})

describe('output without a line', () => {
  it('repeated reads continue rendering a segment; a canceled read restarts it', async () => {
    const history = await openHistory()
    const played = new Played(history)
    played.print('first\r\n')
    for (let i = 0; i < 10; i++) played.print('\n'.repeat(5_000))
    played.seal()()
    await history.flush()
    const store = new Store(history.file, Date.now, { readonly: true })
    // As before its text is rendered, for as long as this takes.
    vi.spyOn(store.logRows, 'text').mockReturnValue(undefined)
    try {
      for (const after of [undefined, 0]) {
        let pages = new LinePages(store)
        const ask = (isOver: boolean, most = Number.POSITIVE_INFINITY) => {
          const request = { session_id: played.recording.session_id, before: undefined, after, limit: 10 }
          const steps = pages.read(request, () => isOver)
          for (let count = 0; count < most; count++) {
            const step = steps.next()
            if (step.done) return { answer: step.value, count }
          }
          steps.return(undefined as never)
          return undefined
        }
        const counts: number[] = []
        // Time is always up.
        for (let one = ask(true)!; one.answer.unfinished && counts.length < 50; one = ask(true)!) counts.push(one.count)
        expect(counts.length).toBeGreaterThan(3)
        expect(counts.length).toBeLessThan(50)
        expect(Math.max(...counts)).toBeLessThan(20_000)
        // At most twice: for itself, and for the times of its last rows.
        expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(110_000)
        expect(texts(ask(true)!.answer)).toEqual(['first'])
        pages = new LinePages(store)
        ask(true)
        ask(false, 100)
        const { answer } = ask(false)!
        expect(texts(answer)).toEqual(['first'])
        expect(answer.unfinished).toBeUndefined()
      }
    } finally {
      store.close()
    }
  })

  it('is searched as far as time allows, and repeated reads get further, in both directions', async () => {
    const history = await openHistory()
    const played = new Played(history)
    played.print('first\r\n')
    const segments = 6
    for (let segment = 0; segment < segments; segment++) {
      played.print('\r\n'.repeat(2_000))
      played.seal()()
    }
    await history.flush()
    const store = new Store(history.file, Date.now, { readonly: true })
    try {
      // Time is always up.
      const ask = (pages: LinePages, place: { before?: number; after?: number }) => {
        const { before, after } = place
        const steps = pages.read({ session_id: played.recording.session_id, before, after, limit: 10 }, () => true)
        for (;;) {
          const step = steps.next()
          if (step.done) return step.value
        }
      }
      for (const place of [{}, { before: 8 }, { before: Number.MAX_SAFE_INTEGER }]) {
        const pages = new LinePages(store)
        let reads = 1
        let answer = ask(pages, place)
        for (; answer.unfinished; reads++) {
          expect(answer.lines).toEqual([])
          answer = ask(pages, place)
        }
        // Before offset 8 it looks forward first: a line may have been on the screen for long.
        expect(texts(answer), JSON.stringify(place)).toEqual(['first'])
        expect(reads).toBeGreaterThan(3)
        expect(reads).toBeLessThanOrEqual(segments + 2)
      }
      const pages = new LinePages(store)
      const after = ask(pages, { before: Number.MAX_SAFE_INTEGER }).after
      let reads = 1
      let answer = ask(pages, { after: 7 })
      for (; answer.unfinished; reads++) {
        expect(answer.after).toBe(7)
        answer = ask(pages, { after: 7 })
      }
      expect(answer.lines).toEqual([])
      expect(after).toBeGreaterThan(7)
      expect(reads).toBeGreaterThan(2)
    } finally {
      store.close()
    }
  })

  it('leaves no terminal behind after a thousand reads that were canceled or cut short', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const made = vi.spyOn(TextRendering.prototype, 'write')
    const gone = vi.spyOn(TextRendering.prototype, 'dispose')
    const history = await openHistory()
    const sessions: Played[] = []
    for (let n = 0; n < 8; n++) {
      const played = new Played(history)
      played.print('\n'.repeat(30_000))
      played.seal()()
      sessions.push(played)
    }
    await history.flush()
    const store = new Store(history.file, Date.now, { readonly: true })
    vi.spyOn(store.logRows, 'text').mockReturnValue(undefined)
    try {
      const pages = new LinePages(store)
      for (let n = 0; n < 1_000; n++) {
        const { session_id } = sessions[n % sessions.length]!.recording
        const steps = pages.read({ session_id, before: undefined, after: 0, limit: 10 }, () => true)
        // Most are canceled, some end because time is up.
        const most = n % 50 === 0 ? Number.POSITIVE_INFINITY : 1 + (n % 7)
        for (let count = 0; count < most && !steps.next().done; count++);
        steps.return(undefined as never)
      }
      vi.advanceTimersByTime(60_000)
      expect(vi.getTimerCount()).toBe(0)
      // Each that was begun is disposed of; twice is fine.
      expect(new Set(made.mock.contexts).size).toBeGreaterThan(500)
      const disposed = new Set(gone.mock.contexts)
      expect(made.mock.contexts.filter(drawing => !disposed.has(drawing))).toEqual([])
    } finally {
      store.close()
      vi.useRealTimers()
      vi.restoreAllMocks()
    }
  })
})
