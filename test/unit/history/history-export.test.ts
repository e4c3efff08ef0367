// Exports of recorded sessions, read back: exact formats, redaction wherever a match is split, inert HTML.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { spawn as spawnPty } from 'node-pty'
import { afterEach, describe, expect, it } from 'vitest'
import { Exports } from '../../../main/host/history/export/exports.ts'
import { type ExportJob, openExport } from '../../../main/host/history/export/formats.ts'
import { escapeHtml } from '../../../main/host/history/export/html.ts'
import { maskOf } from '../../../main/host/history/export/redact/hidden-bytes.ts'
import { Redactor } from '../../../main/host/history/export/redact/redactor.ts'
import type { History } from '../../../main/host/history/write/history.ts'
import { Store } from '../../../main/host/store/store.ts'
import type { ExportFormat } from '../../../protocol/messages.ts'
import { buildLog, cleanUpHistories, openHistory, Recording, sessionInfo, until } from '../../support/history.ts'
import { redactBytes, redactText } from '../../support/redaction.ts'
import { scaledRuns } from '../../support/repeat.ts'

const undo: (() => unknown)[] = []

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
  await cleanUpHistories()
})

async function exported(history: History, job: ExportJob): Promise<Buffer> {
  await history.flush()
  const store = new Store(history.file, Date.now, { readonly: true })
  try {
    const parts: Uint8Array[] = []
    for (const { text, bytes } of openExport(store, job).chunks) {
      if (text) parts.push(Buffer.from(text))
      if (bytes) parts.push(Buffer.from(bytes))
    }
    return Buffer.concat(parts)
  } finally {
    store.close()
  }
}

type Event = [time: number, code: string, data: string]

function readCast(cast: Buffer): { header: Record<string, unknown>; events: Event[] } {
  const [header, ...events] = cast
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown)
  return { header: header as Record<string, unknown>, events: events as Event[] }
}

const output = (events: Event[]) =>
  events
    .filter(([, code]) => code === 'o')
    .map(([, , data]) => data)
    .join('')

/** Seconds since the beginning of each event of a v3 cast. */
function absolute(events: Event[]): number[] {
  let at = 0
  return events.map(([interval]) => (at += Math.round(interval * 1000)) / 1000)
}

const step = fc.oneof(
  fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 30 }), wait: fc.nat({ max: 3_000 }) }),
  fc.record({ bytes: fc.uint8Array({ maxLength: 8 }), wait: fc.nat({ max: 50 }) }),
  fc.record({
    cols: fc.integer({ min: 1, max: 300 }),
    rows: fc.integer({ min: 1, max: 100 }),
    wait: fc.nat({ max: 50 }),
  }),
  fc.record({ seal: fc.constant(true), wait: fc.constant(0) }),
)

describe('an asciicast export', () => {
  it('reads back as the same output, sizes and times, however the log is divided', async () => {
    const history = await openHistory()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const recording = new Recording(history, sessionInfo({ title: 'a "title"\n', command: ['sh', '-c', 'x y'] }))
        const resizes: [number, string][] = []
        let size = '80x24'
        for (const one of steps) {
          recording.at += one.wait
          if ('seal' in one) recording.seal()
          else if ('cols' in one) {
            recording.resize(one.cols, one.rows)
            if (`${one.cols}x${one.rows}` !== size) resizes.push([recording.at / 1000, `${one.cols}x${one.rows}`])
            size = `${one.cols}x${one.rows}`
          } else {
            // Split within characters.
            const bytes = 'text' in one ? Buffer.from(one.text) : one.bytes
            const half = bytes.length >> 1
            if (half > 0) recording.print(bytes.subarray(0, half))
            if (bytes.length > half) recording.print(bytes.subarray(half))
          }
        }
        const { session_id } = recording
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(recording.bytes)
        const v2 = readCast(await exported(history, { session_id, format: 'cast' }))
        expect(v2.header).toMatchObject({
          version: 2,
          width: 80,
          height: 24,
          title: 'a "title"\n',
          command: "sh -c 'x y'",
        })
        expect(output(v2.events)).toBe(expected)
        const v3 = readCast(await exported(history, { session_id, format: 'cast3' }))
        expect(v3.header).toMatchObject({ version: 3, term: { cols: 80, rows: 24, type: 'xterm-256color' } })
        expect(output(v3.events)).toBe(expected)
        const times = absolute(v3.events)
        expect(times).toEqual(v2.events.map(([time]) => time))
        for (const [at, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(times[at - 1] ?? 0)
        // Times a tenth of a second apart are exact; closer ones may be one run.
        const recordedResizes = v2.events.filter(([, code]) => code === 'r')
        expect(recordedResizes.map(([, , data]) => data)).toEqual(resizes.map(([, data]) => data))
        for (const [at, [time]] of recordedResizes.entries())
          expect(Math.abs(time - resizes[at]![0])).toBeLessThan(0.02)
        expect((await exported(history, { session_id, format: 'raw' })).equals(recording.bytes)).toBe(true)
      }),
      scaledRuns(60),
    )
  })

  it('contains marks, and in version 3 the exit code', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.at = 1_000
    recording.print('one\r\n')
    recording.at = 2_000
    recording.print('two\r\n')
    history.updateSession({ ...recording.info, state: 'exited', exit_code: 3, ended_at: Date.now(), pid: null })
    await history.mark(recording.session_id, { offset: 5, at: 1_500 }, 'here')
    const { session_id } = recording
    expect(readCast(await exported(history, { session_id, format: 'cast' })).events).toEqual([
      [1, 'o', 'one\r\n'],
      [1.5, 'm', 'here'],
      [2, 'o', 'two\r\n'],
    ])
    expect(readCast(await exported(history, { session_id, format: 'cast3' })).events).toEqual([
      [1, 'o', 'one\r\n'],
      [0.5, 'm', 'here'],
      [0.5, 'o', 'two\r\n'],
      [0, 'x', '3'],
    ])
  })

  it('begins with the state at the start of a time range', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.at = 1_000
    recording.print('before\r\n')
    recording.seal()
    recording.keyframe('\x1bcbefore\r\n')
    recording.at = 5_000
    recording.print('early\r\n')
    recording.at = 10_000
    recording.print('wanted\r\n')
    recording.at = 20_000
    recording.print('late\r\n')
    const { header, events } = readCast(
      await exported(history, { session_id: recording.session_id, format: 'cast', from: 8_000, to: 15_000 }),
    )
    expect(header.timestamp).toBe(Math.floor(recording.info.created_at / 1000) + 8)
    expect(events).toEqual([
      [0, 'o', '\x1bcbefore\r\n'],
      [0, 'o', 'early\r\n'],
      [2, 'o', 'wanted\r\n'],
    ])
    const raw = await exported(history, { session_id: recording.session_id, format: 'raw', from: 8_000, to: 15_000 })
    expect(raw.toString()).toBe('wanted\r\n')
  })

  it('names gaps, and continues with the state after them', async () => {
    const history = await openHistory(undefined, { session_bytes: 100_000 })
    const recording = new Recording(history)
    for (let i = 0; i < 4; i++) {
      recording.print(buildLog(50_000, i))
      recording.seal()
      recording.keyframe(`\x1bcstate ${i}`)
    }
    recording.print('the end')
    await until(async () => (await history.session(recording.session_id)).start.offset > 0)
    const { session_id } = recording
    const { start } = await history.session(session_id)
    const { events } = readCast(await exported(history, { session_id, format: 'cast' }))
    expect(events[0]).toEqual([0, 'm', `${start.offset} bytes are missing here (trimmed)`])
    expect(events[1]).toEqual([0, 'o', `\x1bcstate ${start.offset / 50_000 - 1}`])
    expect(output(events)).toMatch(/the end$/)
    expect((await exported(history, { session_id, format: 'txt' })).toString()).toMatch(
      /^\[\d+ bytes are missing here: trimmed\]\n/,
    )
  })

  it("plays in Debian's asciinema", async () => {
    const history = await openHistory()
    const recording = new Recording(history, sessionInfo({ title: 'Täst' }))
    recording.print(Buffer.from('\x1b[32mgrün\x1b[m …').subarray(0, 8))
    recording.print(Buffer.from('\x1b[32mgrün\x1b[m …').subarray(8))
    recording.resize(100, 30)
    recording.at = 700
    recording.print('\r\ndone\r\n')
    const folder = mkdtempSync(join(tmpdir(), 'otg-cast-'))
    undo.push(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'a.cast')
    const cast = await exported(history, { session_id: recording.session_id, format: 'cast' })
    writeFileSync(file, cast)
    // It requires a terminal, though it writes to a file.
    const run = (command: string) =>
      new Promise<number>(resolve => {
        const pty = spawnPty('/bin/sh', ['-c', command], {
          cols: 80,
          rows: 24,
          env: { ...process.env, LANG: 'C.UTF-8' },
        })
        pty.onExit(({ exitCode }) => resolve(exitCode))
      })
    expect(await run(`asciinema cat ${file} > ${file}.out`)).toBe(0)
    expect(readFileSync(`${file}.out`, 'utf8')).toBe(recording.bytes.toString())
    expect(await run(`asciinema play --speed 100 ${file} > ${file}.played`)).toBe(0)
    expect(readFileSync(`${file}.played`, 'utf8')).toBe(recording.bytes.toString())
  })
})

describe('text and HTML exports', () => {
  const HOSTILE =
    '<img src=x onerror=alert(1)> "\'&amp; <script>alert(2)</script>\r\n' +
    '\x1b]8;;javascript:alert(3)\x07link\x1b]8;;\x07 \x1b]0;</title><script>alert(4)</script>\x07' +
    '</pre></body><!-- \x1b[31;1;44m<b>red</b>\x1b[m -->\r\n'

  it('contain the lines as they were on the screen, of sealed segments and of the tail', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print('one\r\n\r\n10%\r20%\r\n')
    recording.seal()
    recording.keyframe('\x1bcone\r\n\r\n20%\r\n')
    recording.print('\r\n\x1b[31mthree\x1b[m\r\n')
    const { session_id } = recording
    expect((await exported(history, { session_id, format: 'txt' })).toString()).toBe('one\n\n20%\n\nthree\n')
    await until(async () => (await history.stats()).text_pending === 0)
    expect((await exported(history, { session_id, format: 'txt' })).toString()).toBe('one\n\n20%\n\nthree\n')
    const html = (await exported(history, { session_id, format: 'html' })).toString()
    expect(html).toContain('<pre>one\n\n20%\n\n<span style="color:#f07178">three</span>\n</pre>')
  })

  it('have no blank where a wide character did not fit the row', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    const line = `${'x'.repeat(79)}漢字`
    recording.resize(80, 24)
    recording.print(`${line}\r\n`)
    const { session_id } = recording
    for (const format of ['txt', 'html'] as const)
      expect((await exported(history, { session_id, format })).toString()).toContain(line)
  })

  it('are inert for hostile output', async () => {
    const history = await openHistory()
    const title = '</title><script>alert(5)</script>'
    const recording = new Recording(history, sessionInfo({ title, command: ['<script>'] }))
    recording.print(HOSTILE)
    const { session_id } = recording
    const text = (await exported(history, { session_id, format: 'txt' })).toString()
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    const html = (await exported(history, { session_id, format: 'html' })).toString()
    // Only our own markup is markup; everything else is text.
    const tags = new Set([...html.matchAll(/<\/?([a-z!-][a-z0-9]*)/gi)].map(([, name]) => name!.toLowerCase()))
    expect([...tags].sort()).toEqual(['!doctype', 'html', 'meta', 'pre', 'span', 'style', 'title'])
    for (const [, style] of html.matchAll(/<span ([^>]*)>/g)) expect(style).toMatch(/^style="[a-z0-9#:;.-]+"$/)
    expect(html).not.toMatch(/javascript:|href|src=(?!x onerror=alert\(1\)&gt;)/)
    expect(html).toContain("default-src 'none'")
    expect(html).toContain(`<title>${escapeHtml(title)}</title>`)
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;&#39;&amp;amp;')
  })

  it('keep colors and attributes', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print('\x1b[1;4;7mA\x1b[m\x1b[38;5;196mB\x1b[48;2;1;2;3mC\x1b[m   \r\n')
    const html = (await exported(history, { session_id: recording.session_id, format: 'html' })).toString()
    expect(html).toContain(
      '<span style="color:#101317;background:#d7dce4;font-weight:bold;text-decoration:underline">A</span>' +
        '<span style="color:#ff0000">B</span><span style="color:#ff0000;background:#010203">C</span>\n',
    )
  })
})

const FORMATS: ExportFormat[] = ['cast', 'cast3', 'txt', 'html', 'raw']

describe('redaction', () => {
  /** A whole text at once, or split into pieces of these lengths. */
  const redact = (text: string, patterns: string[], cuts: number[] = []) => redactText(text, { patterns }, cuts)

  it('finds a match wherever the stream is split and whatever colors are inside it', () => {
    const noise = fc.constantFrom(
      '',
      'a',
      ' ',
      '\x1b[31m',
      '\x1b[m',
      '\x1b[K',
      'ü',
      '漢',
      '😀',
      '\x1b]0;t\x07',
      '\x1b(B',
    )
    const letters = [...'SECRET42']
    const secret = fc
      .array(fc.constantFrom('', '\x1b[1m', '\x1b[32m', '\x1b[0;1;31m', '\x1b]8;;\x07'), { minLength: 8, maxLength: 8 })
      .map(between => letters.map((letter, at) => letter + between[at]).join(''))
    const line = fc.array(fc.oneof(noise, secret), { maxLength: 8 }).map(parts => parts.join(''))
    const text = fc.array(line, { maxLength: 6 }).map(lines => lines.join('\r\n'))
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 12 }), { maxLength: 40 }), (text, cuts) => {
        const whole = redact(text, ['SECRET42'])
        const cut = redact(text, ['SECRET42'], cuts)
        expect(cut).toBe(whole)
        const seen = (all: string) => all.replace(/\x1b\[[\d;]*[mK]|\x1b\][^\x07]*\x07|\x1b\(B/g, '')
        expect(seen(whole)).toBe(seen(text).replaceAll('SECRET42', '████████'))
        // Everything but the text is unchanged.
        const kept = (all: string) => all.replace(/[SECRT42█]/g, '')
        expect(kept(whole)).toBe(kept(text))
      }),
      scaledRuns(500),
    )
  })

  it('changes nothing where nothing matches, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (bytes, cuts) => {
        const result = redactBytes(bytes, { patterns: ['NOTHINGLIKETHAT'], secrets: true }, cuts)
        expect(Buffer.from(result).equals(bytes)).toBe(true)
      }),
      scaledRuns(200),
    )
  })

  it('finds matches in a line without end, and in a string without end', () => {
    const filler = 'x'.repeat(30_000)
    const text = `${filler}SECRET${filler}SECRET${filler}\x1b]0;${filler}SECRET${filler}${filler}\x07${filler}SECRET`
    for (const size of [1_000, 4_096, 65_536, 1_000_000]) {
      const result = redact(text, ['SECRET'], Array(Math.ceil(text.length / size)).fill(size))
      expect(result.length).toBe(text.length)
      expect(result).not.toContain('SECRET')
      expect(result.replaceAll('█', '')).toBe(text.replaceAll('SECRET', ''))
    }
  })

  it('finds matches in titles and links', () => {
    expect(redact('\x1b]0;my SECRET title\x07x', ['SECRET'])).toBe('\x1b]0;my ██████ title\x07x')
    expect(redact('\x1b]8;;http://h/?k=SECRET\x1b\\x', ['SECRET'])).toBe('\x1b]8;;http://h/?k=██████\x1b\\x')
  })

  it('keeps the width of what it masks', () => {
    expect(redact('a漢😀e\u0301b', ['漢😀e\u0301'])).toBe('a█████b')
    expect(['a', '漢', '😀', '\u0301', '\t'].map(maskOf)).toEqual(['█', '██', '██', '', '\t'])
  })

  it('applies to every format, and to titles, commands and marks', async () => {
    const history = await openHistory()
    const recording = new Recording(history, sessionInfo({ title: 'SECRET1', command: ['login', '--key=SECRET1'] }))
    recording.print('key SEC\x1b[1mRE')
    recording.at = 2_000
    recording.print('T1 and\r\nSECRET1\r\n\x1b[Hover')
    await history.mark(recording.session_id, { offset: 3, at: 1_000 }, 'SECRET1')
    for (const format of FORMATS) {
      const text = (
        await exported(history, { session_id: recording.session_id, format, redact: { patterns: ['SECRET\\d'] } })
      ).toString()
      const seen = text.replace(/\x1b\[[\d;]*m|\\u001b\[[\d;]*m|<[^>]*>/g, '')
      expect(seen, format).not.toContain('SECRET')
      expect(seen, format).not.toContain('RET1')
      expect(seen, format).toContain('█')
    }
  })

  it('recognizes keys, tokens and passwords', () => {
    const secrets = [
      'AKIAIOSFODNN7EXAMPLE',
      'ghp_0123456789abcdefghijABCDEFGHIJ012345',
      'github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz',
      'glpat-abcdefghij0123456789',
      'xoxb-123456789012-abcdefghij',
      'sk_live_abcdefghij0123456789',
      'sk-proj-abcdefghijklmnopqrstuvwxyz',
      `AIza${'a'.repeat(35)}`,
      `npm_${'b'.repeat(36)}`,
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
    ]
    const line = (text: string) => redactText(text, { secrets: true })
    for (const secret of secrets) expect(line(`it is ${secret} here`), secret).toMatch(/^it is █+ here$/)
    const around: [string, string][] = [
      ['password=hunter22 x', 'password=████████ x'],
      ['"api_key": "abcd1234",', '"api_key": "████████",'],
      ['DB_PASSWORD: s3cret!', 'DB_PASSWORD: ███████'],
      ['Authorization: Bearer abcdef', 'Authorization: Bearer ██████'],
      ['postgres://me:pass@host/db', 'postgres://me:████@host/db'],
    ]
    for (const [text, expected] of around) expect(line(text)).toBe(expected)
    for (const text of ['the tokenizer was built', 'https://example.org/a:b@c', 'keyboard', 'ls -la'])
      expect(line(text)).toBe(text)
    const pem = ['-----BEGIN OPENSSH PRIVATE KEY-----', 'b3BlbnNzaC1rZXk', '-----END OPENSSH PRIVATE KEY-----', 'next']
    expect(line(pem.join('\r\n')).replace(/█+/g, '█')).toBe('█\r\n█\r\n█\r\nnext')
  })

  it('is fast on a hostile line', () => {
    const redactor = new Redactor({ secrets: true })
    const lines = [
      'token'.repeat(13_000),
      `password=${'a'.repeat(65_000)}`,
      'a:/'.repeat(20_000),
      'eyJ'.repeat(20_000),
      '-----BEGIN '.repeat(6_000),
    ]
    const begin = performance.now()
    for (const line of lines) redactor.ranges(line)
    expect(performance.now() - begin).toBeLessThan(2_000)
  })

  it('rejects an invalid pattern, and too many patterns', () => {
    for (const patterns of [['('], ['a'.repeat(513)], Array.from({ length: 33 }, () => 'a')])
      expect(() => new Redactor({ patterns })).toThrow(expect.objectContaining({ code: 'pattern_invalid' }))
    expect(new Redactor({ patterns: ['x*'] }).plain('abxx')).toBe('ab██')
  })

  it('stops an export whose pattern never finishes, and no other', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print(`${'a'.repeat(60)}!\r\n`)
    await history.flush()
    const exports = new Exports(history.file, 500)
    undo.push(() => exports.close())
    const { session_id } = recording
    const handlers = { chunk: () => {}, progress: () => {} }
    const slow = exports.start({ session_id, format: 'txt', redact: { patterns: ['(a+)+$'] } }, handlers)
    const other = exports.start({ session_id, format: 'txt' }, handlers)
    const ended = expect(slow.done).rejects.toMatchObject({ code: 'pattern_slow' })
    await expect(other.done).resolves.toMatchObject({ bytes: 62 })
    await ended
  })
})

describe('an export', () => {
  it('waits until its chunks are taken, and can be canceled at any time', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 4; i++) {
      recording.print(buildLog(1_000_000, i * 6000))
      recording.seal()
    }
    await history.flush()
    const exports = new Exports(history.file)
    undo.push(() => exports.close())
    const { session_id } = recording
    let parts = 0
    const controller = new AbortController()
    const slow = exports.start(
      { session_id, format: 'raw' },
      { chunk: () => parts++, progress: () => {} },
      controller.signal,
    )
    // Another export whose chunks are taken at once runs to its end meanwhile.
    let bytes = 0
    const fast = exports.start(
      { session_id, format: 'raw' },
      {
        chunk: chunk => {
          bytes += chunk.length
          fast.chunkTaken()
        },
        progress: () => {},
      },
    )
    await expect(fast.done).resolves.toEqual({ bytes: 4_000_000, redacted: 0 })
    expect(bytes).toBe(4_000_000)
    await until(() => parts === 4)
    controller.abort()
    await expect(slow.done).rejects.toMatchObject({ code: 'cancelled' })
    expect(parts).toBe(4)
  })

  it('case 130: ends when its client takes a chunk only now and then, however long it is', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    for (let i = 0; i < 8; i++) {
      recording.print(buildLog(1_000_000, i * 6000))
      recording.seal()
    }
    await history.flush()
    // In place of a minute. A chunk gives back a third of it.
    const patience = 600
    const exports = new Exports(history.file, undefined, undefined, patience)
    undo.push(() => exports.close())
    let chunks = 0
    let taken = 0
    const slow = exports.start(
      { session_id: recording.session_id, format: 'raw' },
      { chunk: () => chunks++, progress: () => {} },
    )
    const timer = setInterval(() => {
      if (taken >= chunks) return
      taken++
      slow.chunkTaken()
    }, patience * 0.9)
    undo.push(() => clearInterval(timer))
    await expect(slow.done).rejects.toMatchObject({ code: 'cancelled' })
    expect(taken).toBeLessThan(6)
  })

  it('is rejected when too many are running', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print(buildLog(3_000_000))
    await history.flush()
    const exports = new Exports(history.file)
    const start = () =>
      exports.start({ session_id: recording.session_id, format: 'raw' }, { chunk: () => {}, progress: () => {} })
    const running = [start(), start(), start(), start()]
    expect(start).toThrow(expect.objectContaining({ code: 'history_busy' }))
    const ended = Promise.allSettled(running.map(({ done }) => done))
    await exports.close()
    for (const one of await ended) expect(one).toMatchObject({ status: 'rejected' })
  })
})
