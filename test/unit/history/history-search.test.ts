// Search in everything that was recorded: real databases, real threads.
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { Lookup } from '../../../main/host/history/lookup/lookup.ts'
import { Query } from '../../../main/host/history/search/query.ts'
import { type SearchReply, type SearchRequest, search } from '../../../main/host/history/search/search.ts'
import { stripEscapes } from '../../../main/host/history/text/strip-escapes.ts'
import { TextBlocks, toBlocks, wordsOfBlock } from '../../../main/host/history/text/text-blocks.ts'
import { fold, wordsOf } from '../../../main/host/history/text/tokenize.ts'
import type { History } from '../../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS } from '../../../main/host/history/write/worker-protocol.ts'
import { MIGRATIONS } from '../../../main/host/store/migrations.ts'
import { Store } from '../../../main/host/store/store.ts'
import { anyCharacter } from '../../support/any-character.ts'
import {
  buildLog,
  cleanUpHistories,
  databaseFile,
  openDatabase,
  openHistory,
  Recording,
  sessionInfo,
  until,
} from '../../support/history.ts'
import { scaledRuns } from '../../support/repeat.ts'

const lookups: Lookup[] = []

afterEach(async () => {
  for (const lookup of lookups.splice(0)) await lookup.close()
  await cleanUpHistories()
})

function lookupOf(history: History): Lookup {
  const lookup = new Lookup(history.file)
  lookups.push(lookup)
  return lookup
}

async function searchFor(
  lookup: Lookup,
  query: string,
  more: Partial<SearchRequest> = {},
  signal?: AbortSignal,
): Promise<SearchReply> {
  const request = { query, filter: {}, limit: 50, context: 0, cursor: undefined, live: [], ...more }
  return lookup.call('search', { client: 'a client', ...request }, { signal })
}

const linesOf = ({ hits }: SearchReply) => hits.map(({ line }) => line)

/** All lines: on a busy machine a reply comes early, with a cursor. */
async function linesFor(lookup: Lookup, query: string, more: Partial<SearchRequest> = {}): Promise<string[]> {
  const lines: string[] = []
  let cursor = more.cursor
  do {
    const answer = await searchFor(lookup, query, { ...more, cursor })
    lines.push(...linesOf(answer))
    cursor = answer.cursor ?? undefined
  } while (cursor !== undefined)
  return lines
}

async function indexed(history: History): Promise<void> {
  await until(async () => (await history.stats()).text_pending === 0, 20_000)
}

/** An ended session with all of its text in the index. */
async function recorded(history: History, text: string, info = sessionInfo()): Promise<Recording> {
  const recording = new Recording(history, info)
  recording.print(text)
  recording.seal()
  recording.keyframe()
  recording.finish()
  await indexed(history)
  return recording
}

describe('a query', () => {
  const finds = (query: string, line: string) => new Query(query).linesOf(line).length > 0

  it('finds lines with all its words, whatever their case and order', () => {
    expect(finds('error disk', 'DISK: an Error occurred')).toBe(true)
    expect(finds('error disk', 'an error occurred')).toBe(false)
    expect(finds('größe', 'GRÖSSE Größe')).toBe(true)
    expect(finds('ΣΊΣΥΦΟΣ', 'σίσυφος')).toBe(true)
  })

  it('finds whole words, and with a star words with that prefix', () => {
    expect(finds('err', 'error')).toBe(false)
    expect(finds('err*', 'an error')).toBe(true)
    expect(finds('rror*', 'an error')).toBe(false)
    expect(finds('foo', 'foo_bar foo-baz')).toBe(true)
    expect(finds('漢', 'これは漢字です')).toBe(true)
  })

  it('finds quoted text as it is', () => {
    expect(finds('"connection refused"', 'tcp: connection  refused')).toBe(true)
    expect(finds('"connection refused"', 'refused connection')).toBe(false)
    expect(finds('"exit code 1"', 'exit code 12')).toBe(false)
    expect(finds('"exit code 1"*', 'exit code 12')).toBe(true)
    expect(finds('"never closed', 'it was never closed by')).toBe(true)
  })

  it('takes everything else literally', () => {
    for (const literal of ['a.c', '*.c', 'a|b', '[x]', '(', '$HOME', '-O2', 'NEAR(a', '^', 'x=>y', '\\d', 'a"'])
      expect(finds(literal, `before ${literal.replaceAll('"', '')} after`), literal).toBe(true)
    expect(finds('a.c', 'abc')).toBe(false)
  })

  it('returns the ranges of its words, in order and without overlaps', () => {
    expect(new Query('b "a b" c*').linesOf('no\na b cc b\n\nb a b\nc a b\n')).toEqual([
      {
        number: 1,
        ranges: [
          [0, 3],
          [4, 5],
          [7, 8],
        ],
      },
      {
        number: 4,
        ranges: [
          [0, 1],
          [2, 5],
        ],
      },
    ])
  })

  it('asks the index only for words that every matching line has', () => {
    // The index may match too many blocks, never too few.
    const word = fc.stringMatching(/^[a-zA-Z0-9_.\-äÖßſKσΣ漢字*"' ]{1,12}$/u)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(word, { maxLength: 4 }), (line, query) => {
        const text = line.join(' ')
        const narrowed = new Query([...query, line[0]!].join(' '))
        if (narrowed.isEmpty || narrowed.linesOf(text).length === 0) return
        const there = new Set(wordsOf(text))
        for (const [, wanted, star] of (narrowed.match ?? '').matchAll(/"([^"]+)"( \*)?/g))
          expect(
            star ? [...there].some(one => one.startsWith(wanted!)) : there.has(wanted!),
            `${text} / ${query}`,
          ).toBe(true)
      }),
      scaledRuns(2_000),
    )
  })

  it('folds letters that regular expressions treat as the same to the same', () => {
    for (let code = 0; code < 0x1_0000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const character = String.fromCodePoint(code)
      for (const other of [character.toUpperCase(), character.toLowerCase()])
        if (
          other !== character &&
          new RegExp(`^${other.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`, 'iu').test(character)
        )
          expect(fold(other), `U+${code.toString(16)}`).toBe(fold(character))
    }
  })
})

describe('stored text', () => {
  it('reads back block by block as it was written', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 3000 }).map(one => one.replace(/[\x00-\x1f]/g, ''))
    const line = fc.record({ offset: fc.nat({ max: 1e9 }), text })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), lines => {
        lines.sort((a, b) => a.offset - b.offset)
        const { text, blocks } = toBlocks(lines)
        const read = new TextBlocks(text)
        expect(read.count).toBe(blocks.length)
        expect(read.range(0, lines.length)).toEqual(lines)
        for (const [at, block] of blocks.entries()) expect(read.lines(at)).toEqual(block)
        if (lines.length > 2) expect(read.range(1, 2)).toEqual([lines[1]])
      }),
    )
  })

  it('gives the index words that its tokenizer does not split', () => {
    const words = wordsOfBlock([{ offset: 0, text: 'Foo-bar_1 Größe 漢字 naïve \u{1f600} e\u0301 foo' }]).split(' ')
    expect(words.sort()).toEqual(['1', 'bar', 'foo', 'größe', 'naïve', 'é', '字', '漢'].sort())
  })
})

describe('output without its escape sequences', () => {
  const strip = (text: string) => stripEscapes(Buffer.from(text), 100).map(({ offset: o, text: t }) => [o - 100, t])

  it('is divided into lines, each with the offset after it', () => {
    expect(strip('one\r\n\x1b[31mt\x1b[mwo\r\n')).toEqual([
      [5, 'one'],
      [18, 'two'],
    ])
    const strings = '\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1bP1$r0m\x1b\\c'
    expect(strip(strings)).toEqual([[strings.length, 'abc']])
    expect(strip('10%\r20%\r\nleft\x1b[5;1Hright').map(([, t]) => t)).toEqual(['10%', '20%', 'left', 'right'])
    expect(strip('typp\boe\tx').map(([, t]) => t)).toEqual(['typoe x'])
  })

  it('has whole characters and no control characters, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        for (const { text: t } of stripEscapes(bytes, 0)) expect(t).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
      }),
    )
    // A control within a character leaves neither of its halves.
    expect(stripEscapes(Uint8Array.from([0x61, 0xc2, 0x00, 0x80, 0x62]), 0).map(line => line.text)).toEqual([
      'a\ufffdb',
    ])
    expect(strip('né\be漢\b字').map(([, t]) => t)).toEqual(['ne字'])
    const long = '…'.repeat(20_000)
    expect(
      strip(long)
        .map(([, t]) => t)
        .join(''),
    ).toBe(long)
  })
})

describe('a search', () => {
  it('finds a line with its time, its offset and the lines around it', async () => {
    const history = await openHistory()
    const recording = new Recording(history, sessionInfo({ title: 'build' }))
    recording.at = 1_000
    recording.print('first\r\nsecond\r\n')
    recording.at = 5_000
    recording.print('the needle is here\r\n')
    recording.at = 9_000
    recording.print('fourth\r\nfifth\r\n')
    const end = 'first\r\nsecond\r\nthe needle is here\r\n'.length
    const expected = {
      session_id: recording.session_id,
      offset: end,
      at: 5_000,
      line: 'the needle is here',
      before: ['first', 'second'],
      after: ['fourth', 'fifth'],
      ranges: [[4, 10]],
    }
    await history.flush()
    const lookup = lookupOf(history)
    const before = await searchFor(lookup, 'needle', { context: 2 })
    expect(before.hits).toEqual([expected])
    expect(before.indexed).toEqual({ bytes: 0, total: recording.end.offset })
    recording.seal()
    recording.keyframe()
    recording.finish()
    await indexed(history)
    const after = await searchFor(lookup, 'needle', { context: 2 })
    expect(after.hits).toEqual([expected])
    expect(after.sessions).toMatchObject([{ session_id: recording.session_id, title: 'build' }])
    expect(after.indexed).toEqual({ bytes: recording.end.offset, total: recording.end.offset })
    expect(after).toMatchObject({ cursor: null, complete: true })
  })

  it('finds new output, unrendered segments and indexed text, the newest first', async () => {
    const history = await openHistory()
    await recorded(history, 'needle one\r\n')
    await recorded(history, 'needle two\r\n')
    const running = new Recording(history)
    running.print('needle three\r\n')
    running.seal()
    running.print('needle fo')
    await history.flush()
    running.print('ur\r\n')
    await history.flush()
    const lookup = lookupOf(history)
    const all = ['needle four', 'needle three', 'needle two', 'needle one']
    expect(await linesFor(lookup, 'needle')).toEqual(all)
    // A line that was still on the screen when its segment ended is not in that segment's text.
    await indexed(history)
    expect(await linesFor(lookup, 'needle')).toEqual(all)
  })

  it('continues from its cursor, and finds each line once', async () => {
    const history = await openHistory()
    const lines = (name: string) => Array.from({ length: 700 }, (_, i) => `needle ${name} ${i} ${'x'.repeat(50)}`)
    for (const name of ['a', 'b']) await recorded(history, `${lines(name).join('\r\n')}\r\n`)
    const running = new Recording(history)
    running.print(`${lines('c').join('\r\n')}\r\n`)
    await history.flush()
    const lookup = lookupOf(history)
    for (const query of ['needle', 'nee* x*', '"needle "']) {
      const all: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const page = await searchFor(lookup, query, { limit: 97, cursor })
        all.push(...linesOf(page))
        cursor = page.cursor ?? undefined
        pages++
      } while (cursor)
      expect(pages).toBeGreaterThan(20)
      expect(all).toEqual(['c', 'b', 'a'].flatMap(name => lines(name).reverse()))
    }
  })

  it('returns what it has when time runs out, and continues from there', async () => {
    const history = await openHistory()
    const lines = (name: string) => Array.from({ length: 900 }, (_, i) => `needle ${name} ${i} ${'x'.repeat(50)}`)
    await recorded(history, `${lines('a').join('\r\n')}\r\n`)
    const running = new Recording(history)
    running.print(`${lines('b').join('\r\n')}\r\n`)
    await history.flush()
    const store = new Store(history.file, Date.now, { readonly: true })
    for (const query of ['needle', '-nothing-', '"needle a"', '= >']) {
      const all: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const request = { query, filter: {}, limit: 10_000, context: 0, cursor, live: [] }
        // There is time for one block and no more.
        const steps = search(store, request, () => true)
        let step = steps.next()
        while (!step.done) step = steps.next()
        all.push(...linesOf(step.value))
        expect(step.value.complete).toBe(step.value.cursor === null)
        cursor = step.value.cursor ?? undefined
        pages++
      } while (cursor)
      const wanted = { needle: ['b', 'a'], '"needle a"': ['a'] }[query] ?? []
      expect(all).toEqual(wanted.flatMap(name => lines(name).reverse()))
      if (wanted.length > 0) expect(pages).toBeGreaterThan(3)
    }
    store.close()
  })

  it('applies the filter: session, command, folder, state and time', async () => {
    const history = await openHistory()
    const now = Date.now()
    const old = sessionInfo({
      command: ['make', 'all'],
      cwd: '/src/app',
      created_at: now - 10 * 86_400_000,
      last_activity: now - 10 * 86_400_000,
    })
    const young = sessionInfo({ command: ['vim'], cwd: '/src/application', title: 'Notes', created_at: now - 1_000 })
    await recorded(history, 'needle old\r\n', old)
    await recorded(history, 'needle young\r\n', young)
    const lookup = lookupOf(history)
    const filtered = async (filter: SearchRequest['filter']) => await linesFor(lookup, 'needle', { filter })
    expect(await filtered({ command: 'MAKE a' })).toEqual(['needle old'])
    expect(await filtered({ cwd: '/src/app' })).toEqual(['needle old'])
    expect(await filtered({ cwd: '/src/' })).toEqual(['needle young', 'needle old'])
    expect(await filtered({ text: 'notes' })).toEqual(['needle young'])
    expect(await filtered({ session_id: old.session_id })).toEqual(['needle old'])
    expect(await filtered({ session_id: 'unknown' })).toEqual([])
    expect(await filtered({ state: ['killed'] })).toEqual([])
    expect(await filtered({ before: now - 86_400_000 })).toEqual(['needle old'])
    expect(await filtered({ after: now - 86_400_000 })).toEqual(['needle young'])
    // Sessions in memory are matched in their latest state.
    const live = [{ ...young, title: 'renamed' }]
    expect(await linesFor(lookup, 'needle', { filter: { text: 'renamed' }, live })).toEqual(['needle young'])
  })

  it('case 103: of chosen sessions alone, tells nothing of others: no row, no size, and reads no other', async () => {
    const history = await openHistory()
    const own = sessionInfo({ title: 'own' })
    const other = sessionInfo({ title: 'other' })
    await recorded(history, 'common needle of mine\r\n'.repeat(400), own)
    const store = new Store(history.file, Date.now, { readonly: true })
    const lines = (line: string) => `${line}\r\n`.repeat(400)
    /** Every page of a search that is always out of time. */
    const replies = (query: string) => {
      const pages: SearchReply[] = []
      for (let cursor: string | undefined; ; ) {
        const request = { query, filter: { only: [own.session_id] }, limit: 50, context: 0, cursor, live: [] }
        const steps = search(store, request, () => true)
        let step = steps.next()
        while (!step.done) step = steps.next()
        pages.push(step.value)
        if (step.value.cursor === null) return pages
        cursor = step.value.cursor
      }
    }
    const queries = ['needle', 'common', 'vault', 'xylo*', 'nowhere']
    const before = queries.map(query => replies(query))
    await recorded(history, lines('the vault has a needle, xylophone'), other)
    const read: number[] = []
    const { byId, blocksWith } = store.logRows
    store.logRows.byId = row => {
      read.push(row)
      return byId.call(store.logRows, row)
    }
    store.logRows.blocksWith = (...parameters) => {
      read.push(-1)
      return blocksWith.apply(store.logRows, parameters)
    }
    expect(queries.map(query => replies(query))).toEqual(before)
    const number = store.sessions.require(own.session_id).session
    expect(read.filter(row => row < 0 || byId.call(store.logRows, row)?.session !== number)).toEqual([])
    // Whatever a device sends as its cursor.
    const steps = search(
      store,
      {
        ...{ query: 'xylo*', filter: { only: [own.session_id] }, limit: 3, context: 0, live: [] },
        cursor: '999999.999999999999999',
      },
      () => true,
    )
    let step = steps.next()
    while (!step.done) step = steps.next()
    expect(step.value.hits).toEqual([])
    store.close()
  })

  it('survives hostile queries', async () => {
    const history = await openHistory()
    await recorded(history, 'a plain line\r\n')
    const lookup = lookupOf(history)
    const hostile = [
      '',
      '   ',
      '"',
      '""',
      '"""',
      '*',
      '"*"*',
      "'; DROP TABLE words; --",
      'a NEAR b',
      'NEAR("a" "b", 1)',
      'a AND OR NOT',
      'word:a',
      '{word} : a',
      '^a',
      'a + b',
      '\u0000',
      '\u0000"a"*',
      '\ud800',
      '(((((((((',
      '%_%',
      '💥*',
      'a'.repeat(10_000),
      '" "'.repeat(3_000),
      '(a+)+$'.repeat(1_000),
      'a '.repeat(5_000),
      `${'x'.repeat(64)}*`,
    ]
    for (const query of hostile) {
      const found = await searchFor(lookup, query)
      expect(found.complete, query.slice(0, 40)).toBe(true)
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: anyCharacter, maxLength: 40 }), async query => {
        expect((await searchFor(lookup, query)).complete).toBe(true)
      }),
      scaledRuns(300),
    )
    for (const cursor of ['', '.', '1', '-1.-1', '9999999999999999.1', 'a.b', "1.1'; --"])
      expect((await searchFor(lookup, 'plain', { cursor })).complete).toBe(true)
    expect(await linesFor(lookup, 'plain')).toEqual(['a plain line'])
  })

  it('returns a page that fits a message, however long the lines are', async () => {
    const history = await openHistory()
    await recorded(
      history,
      `${Array.from({ length: 200 }, (_, i) => `${i} ${'長'.repeat(3000)} needle ${'い'.repeat(2000)}`).join('\r\n')}\r\n`,
    )
    const lookup = lookupOf(history)
    const found = await searchFor(lookup, 'needle', { limit: 200, context: 10 })
    expect(Buffer.byteLength(JSON.stringify(found))).toBeLessThan(1024 * 1024)
    const { line, ranges } = found.hits[0]!
    expect(line.length).toBeLessThan(600)
    expect(line.slice(...ranges[0]!)).toBe('needle')
  })

  it('can be canceled between two blocks, and does not delay other requests', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 8; i++) {
      recording.print(buildLog(1_000_000, i * 1000))
      recording.seal()
    }
    await history.flush()
    const lookup = lookupOf(history)
    await lookup.call('timeline', { session_id: recording.session_id, buckets: 1 })
    const controller = new AbortController()
    const order: string[] = []
    const slow = searchFor(lookup, 'nothing-like-that', {}, controller.signal)
    slow.then(
      () => order.push('slow'),
      () => order.push('slow'),
    )
    await lookup.call('timeline', { session_id: recording.session_id, buckets: 1 })
    order.push('timeline')
    controller.abort()
    await expect(slow).rejects.toMatchObject({ code: 'cancelled' })
    expect(order).toEqual(['timeline', 'slow'])
  })
})

describe('the search index', () => {
  const words = (file: string) =>
    openDatabase(file).prepare<[], number>('SELECT count(*) FROM words_docsize').pluck().get()!
  const blocks = (file: string) =>
    openDatabase(file).prepare<[], number>('SELECT coalesce(sum(blocks), 0) FROM text').pluck().get()!
  const intact = (file: string) => {
    const database = openDatabase(file)
    database.exec("INSERT INTO words (words) VALUES ('integrity-check')")
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  }

  it('drops trimmed output', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    for (let i = 0; i < 6; i++) {
      recording.print(`needle ${i}\r\n`)
      recording.print(buildLog(100_000, i * 600))
      recording.print('\r\n')
      recording.seal()
      recording.keyframe()
    }
    recording.finish()
    await indexed(history)
    expect(await linesFor(lookupOf(history), 'needle')).toHaveLength(6)
    const before = words(file)
    history.setLimits({ ...DEFAULT_LIMITS, session_bytes: 250_000 })
    await until(async () => (await history.session(recording.session_id)).start.offset > 400_000)
    expect(words(file)).toBeLessThan(before)
    const found = await linesFor(lookupOf(history), 'needle')
    expect(found).toEqual(['needle 5', 'needle 4'])
    expect(words(file)).toBe(blocks(file))
    intact(file)
  })

  it('drops a deleted session and keeps the others', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const gone = await recorded(history, `needle gone\r\n${buildLog(1_200_000)}`)
    await recorded(history, 'needle stays\r\n')
    await history.delete(gone.session_id)
    expect(await linesFor(lookupOf(history), 'needle')).toEqual(['needle stays'])
    expect(words(file)).toBe(1)
    expect(words(file)).toBe(blocks(file))
    intact(file)
  })

  it('keeps the rest of a session whose deletion was canceled', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    let middle = 0
    for (let i = 0; i < 40; i++) {
      if (i === 20) middle = recording.end.offset
      // Scrolled off the screen, so that each segment has its line.
      recording.print(`needle ${i}${'\r\n'.repeat(30)}`)
      recording.seal()
      recording.keyframe()
    }
    recording.finish()
    await indexed(history)
    // Steps take a millisecond. One is made slow, or the last would be done before the deletion is canceled.
    const database = openDatabase(file)
    database.exec(
      `CREATE TRIGGER slow AFTER DELETE ON pieces WHEN OLD.offset = ${middle} BEGIN
         SELECT max(x) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10000000) SELECT x FROM c);
       END`,
    )
    const reported: number[] = []
    const controller = new AbortController()
    const deleted = history.delete(recording.session_id, {
      signal: controller.signal,
      progress: (done, total) => {
        expect(total).toBe(recording.end.offset)
        reported.push(done)
        controller.abort()
      },
    })
    await expect(deleted).rejects.toMatchObject({ code: 'cancelled' })
    expect(reported.length).toBeGreaterThan(0)
    const found = await linesFor(lookupOf(history), 'needle')
    expect(found[0]).toBe('needle 39')
    // What it reported is gone, at most up to the end of the slow step; the rest is there.
    expect(words(file)).toBe(40 - 8 * reported.length)
    expect(words(file)).toBeGreaterThanOrEqual(16)
    expect(words(file)).toBe(blocks(file))
    database.exec('DROP TRIGGER slow')
    await history.delete(recording.session_id)
    expect(words(file)).toBe(0)
    await expect(history.session(recording.session_id)).rejects.toMatchObject({ code: 'session_unknown' })
  })

  it('is complete after a crash in the middle of a segment', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    await recorded(history, `${buildLog(1_000_000)}\r\nneedle\r\n`)
    await history.close()
    const database = openDatabase(file)
    // As between two transactions of one segment: some of its words are there, its text is not.
    const before = words(file)
    database.exec('UPDATE text SET lines = NULL, size = NULL, blob = NULL')
    database.exec('DELETE FROM words WHERE rowid % 2 = 0')
    expect(words(file)).toBeLessThan(before)
    const again = await openHistory(file)
    const lookup = lookupOf(again)
    expect(await linesFor(lookup, 'needle')).toEqual(['needle'])
    await indexed(again)
    expect(await linesFor(lookup, 'needle')).toEqual(['needle'])
    expect(words(file)).toBe(before)
    intact(file)
  })

  it('is built for a database of the previous version', async () => {
    const file = databaseFile()
    const old = openDatabase(file)
    old.pragma('auto_vacuum = INCREMENTAL')
    old.pragma('journal_mode = WAL')
    old.exec(MIGRATIONS[0]!)
    old.pragma('user_version = 1')
    old.close()
    const history = await openHistory(file)
    await recorded(history, 'needle\r\n')
    expect(await linesFor(lookupOf(history), 'needle')).toEqual(['needle'])
  })

  it('takes less than 0.4 of the size of a build log', async () => {
    const file = databaseFile()
    const history = await openHistory(file)
    const recording = new Recording(history)
    for (let i = 0; i < 3; i++) {
      recording.print(buildLog(1_000_000, i * 6000))
      recording.seal()
      recording.keyframe()
    }
    recording.finish()
    await indexed(history)
    const bytes = openDatabase(file)
      .prepare<[], number>("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'words%'")
      .pluck()
      .get()!
    expect(bytes / recording.end.offset).toBeLessThan(0.4)
  })
})

describe('the lookup thread', () => {
  it('cannot write', async () => {
    const file = databaseFile()
    await openHistory(file)
    const store = new Store(file, Date.now, { readonly: true })
    expect(() => store.sessions.insert(sessionInfo())).toThrow(/readonly/)
    store.close()
  })

  it('restarts after it was idle, and after it died', async () => {
    const history = await openHistory()
    await recorded(history, 'needle\r\n')
    const lookup = new Lookup(history.file, 1)
    lookups.push(lookup)
    const threads: Worker[] = []
    const caught = (worker: Worker) => threads.push(worker)
    process.on('worker', caught)
    for (let i = 0; i < 3; i++) {
      expect(await linesFor(lookup, 'needle')).toEqual(['needle'])
      // That is the number of one that has ended.
      await until(() => threads.at(-1)!.threadId === -1)
    }
    process.off('worker', caught)
    expect(threads).toHaveLength(3)
  })
})
