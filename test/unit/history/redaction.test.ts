// Redaction of secrets: kinds, and how they are printed, drawn, split and cut.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openExport } from '../../../main/host/history/export/formats.ts'
import { COMMON_SECRETS, commonSecrets } from '../../../main/host/history/export/redact/common-secrets.ts'
import { SECRET_RULES, serviceSecrets } from '../../../main/host/history/export/redact/secret-rules.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { Store } from '../../../main/host/store/store.ts'
import type { ExportFormat } from '../../../protocol/messages.ts'
import { cleanUpHistories, openHistory, Recording } from '../../support/history.ts'
import { redactBytes, redactText } from '../../support/redaction.ts'
import { scaledRuns } from '../../support/repeat.ts'

afterEach(cleanUpHistories)

const of = (pattern: RegExp) => fc.stringMatching(pattern)

/** A secret of each kind, what may be around it in a line, and the part that must not be seen. */
const KINDS: Record<string, { secret: fc.Arbitrary<string>; before?: string; after?: string }> = {
  'age key': { secret: of(/^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}$/) },
  'AWS key ID': { secret: of(/^AKIA[A-Z2-7]{16}$/) },
  'AWS secret': { secret: of(/^[A-Za-z0-9/+]{40}$/), before: 'aws_secret_access_key = ' },
  'GitHub token': { secret: of(/^ghp_[A-Za-z0-9]{36}$/) },
  'GitLab token': { secret: of(/^glpat-[A-Za-z0-9_-]{20}$/) },
  'Hugging Face token': { secret: of(/^hf_[A-Za-z]{34}$/) },
  'npm token': { secret: of(/^npm_[A-Za-z0-9]{36}$/) },
  'PyPI token': { secret: of(/^pypi-AgEIcHlwaS5vcmc[\w-]{60,90}$/) },
  'Slack app token': { secret: of(/^xapp-1-A[A-Z0-9]{10}-\d{12}-[a-f0-9]{64}$/) },
  'Slack bot token': { secret: of(/^xoxb-\d{12}-\d{12}-[A-Za-z0-9]{24}$/) },
  'Stripe key': { secret: of(/^sk_live_[A-Za-z0-9]{24}$/) },
  'Anthropic key': { secret: of(/^sk-ant-api03-[\w-]{93}AA$/) },
  'Google key': { secret: of(/^AIza[\w-]{35}$/) },
  'SendGrid key': { secret: of(/^SG\.[A-Za-z0-9]{22}\.[A-Za-z0-9]{43}$/) },
  'Databricks token': { secret: of(/^dapi[a-f0-9]{32}$/) },
  'DigitalOcean token': { secret: of(/^dop_v1_[a-f0-9]{64}$/) },
  'Vault token': { secret: of(/^hvs\.[A-Za-z0-9]{92}$/) },
  'JSON web token': { secret: of(/^eyJ[A-Za-z0-9]{30}\.eyJ[A-Za-z0-9]{40}\.[A-Za-z0-9]{43}$/) },
  'quoted password': { secret: of(/^[a-z0-9]{4,8}( [a-z0-9!$]{3,8}){1,4}$/), before: 'password="', after: '"' },
  'JSON password': { secret: of(/^[a-z0-9]{4,8}( [a-z0-9!$]{3,8}){1,4}$/), before: '{"password": "', after: '"}' },
  'password option': { secret: of(/^[A-Za-z0-9!%]{5,20}$/), before: 'app --password ' },
  'quoted token option': { secret: of(/^[a-z0-9]{4,8}( [a-z0-9]{3,8}){1,4}$/), before: "app --token='", after: "'" },
  'curl user': { secret: of(/^[a-z]{4,8}:[A-Za-z0-9]{6,12}$/), before: 'curl -sS -u ', after: ' https://host/' },
  'curl quoted user': {
    secret: of(/^[a-z]{4,8}:[a-z0-9]{4} [a-z0-9]{6}$/),
    before: 'curl --user "',
    after: '" https://host/',
  },
  address: { secret: of(/^[A-Za-z0-9]{8,16}$/), before: 'postgres://me:', after: '@host/db' },
  header: { secret: of(/^[A-Za-z0-9]{20,40}$/), before: 'Authorization: Bearer ' },
}

const kind = fc.constantFrom(...Object.keys(KINDS))
const line = kind.chain(name => {
  const { secret, before = '', after = '' } = KINDS[name]!
  return secret.map(text => ({ name, secret: text, before: `at ${before}`, after: `${after} end` }))
})

/** What can be read of an output, or of one that a terminal draws: without escape sequences. */
const visible = (text: string) => text.replace(/\x1b\[[\d;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\r\n]/g, '')

/** No six characters in a row of it are seen. */
function expectHidden(shown: string, secret: string): void {
  for (let at = 0; at + 6 <= secret.length; at++) {
    const part = secret.slice(at, at + 6)
    expect(
      shown.includes(part),
      `${JSON.stringify(part)} of ${JSON.stringify(secret)} in ${JSON.stringify(shown)}`,
    ).toBe(false)
  }
}

const cuts = fc.array(fc.nat({ max: 20 }), { maxLength: 60 })
const size = fc.record({ cols: fc.integer({ min: 2, max: 120 }), rows: fc.integer({ min: 1, max: 40 }) })
const secrets = { secrets: true }

describe('case 104: a secret', () => {
  it.each(Object.keys(KINDS))('is recognized: %s', name => {
    const { secret, before = '', after = '' } = KINDS[name]!
    fc.assert(
      fc.property(secret, text => {
        const shown = redactText(`at ${before}${text}${after} end\r\n`, secrets)
        expectHidden(shown, text)
        expect(shown.startsWith('at ')).toBe(true)
        expect(shown.endsWith(' end\r\n')).toBe(true)
      }),
      scaledRuns(20),
    )
  })

  it('is not seen whatever its width, chunks and colors, and whatever is around it', () => {
    const filler = fc.string({ unit: fc.constantFrom('a', ' ', '漢', '😀', 'é', '\t'), maxLength: 150 })
    fc.assert(
      fc.property(line, filler, filler, cuts, size, fc.nat({ max: 8 }), (it, left, right, cuts, size, every) => {
        const colored =
          every === 0
            ? it.secret
            : it.secret.replace(new RegExp(`.{${every}}`, 'gs'), part => `${part}\x1b[3${every % 8}m`)
        const text = `${left} ${it.before}${colored}${it.after} ${right}\r\nnext\r\n`
        expectHidden(visible(redactText(text, secrets, cuts, size)), it.secret)
      }),
      scaledRuns(150),
    )
  })

  it('is not seen when it is typed, corrected and continued', () => {
    const edit = fc.constantFrom('', 'x\b \b', 'x\b\x1b[K', 'xy\x1b[2D\x1b[2P', '\x1b[s\x1b[u')
    fc.assert(
      fc.property(line, fc.array(edit, { minLength: 1, maxLength: 30 }), size, (it, edits, size) => {
        // A terminal whose cursor cannot go back over the margin has to be as wide as the line.
        const cols = Math.max(size.cols, it.before.length + it.secret.length + it.after.length + 3)
        const typed = [...(it.before + it.secret)].map((letter, at) => `${edits[at % edits.length]}${letter}`).join('')
        const shown = redactText(`${typed}${it.after}\r\n`, secrets, Array(400).fill(3), { ...size, cols })
        const screen = new Screen({ ...size, cols })
        screen.write(Buffer.from(shown))
        expectHidden([...screen.scrollbackText, ...screen.lines()].join('\n'), it.secret)
        screen.dispose()
      }),
      scaledRuns(150),
    )
  })

  it('is not seen when a program draws it in pieces, in any order, and wraps it itself', () => {
    fc.assert(
      fc.property(
        line,
        fc.integer({ min: 40, max: 120 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (it, cols, step, isBackward) => {
          const whole = [...`${it.before}${it.secret}${it.after}`]
          const pieces: string[] = []
          for (let at = 0; at < whole.length; ) {
            const room = cols - (at % cols)
            const piece = whole.slice(at, at + Math.min(step, room))
            pieces.push(`\x1b[${Math.floor(at / cols) + 3};${(at % cols) + 1}H${piece.join('')}`)
            at += piece.length
          }
          if (isBackward) pieces.reverse()
          const text = `\x1b[?1049h${pieces.join('')}\x1b[20;1Hstatus\x1b[2J`
          const shown = redactText(text, secrets, [7, 3, 40], { cols, rows: 24 })
          // The characters of the secret, in the order of its columns.
          const parts = shown.match(/H[^\x1b]*/g)!.slice(0, pieces.length)
          if (isBackward) parts.reverse()
          expectHidden(parts.map(part => part.slice(1)).join(''), it.secret)
        },
      ),
      scaledRuns(150),
    )
  })

  it('is not seen after a part of it was overwritten, or scrolled, inserted or deleted', () => {
    const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
    for (const rest of [
      '\rdone',
      '\r\x1b[4P',
      '\r\x1b[4@',
      '\r\x1b[1K',
      '\x1b[5D\x1b[K',
      '\x1b[1;1H\x1b[M',
      '\x1b[2J',
      '\x1b[H\x1b[Lx',
      '\x1bc',
      '\x1b[?1049h',
      '\n\n\n\n\n\n',
    ]) {
      const shown = redactText(`${token}${rest}\r\nnext`, secrets, [], { cols: 60, rows: 4 })
      expectHidden(shown, token)
    }
  })

  it('is not seen with characters in it that nobody sees', () => {
    const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
    for (const unseen of [
      '\u200b',
      '\u200d',
      '\u00ad',
      '\u202e',
      '\u2066',
      '\ufe0f',
      '\u{e0001}',
      '\u0000',
      '\x7f',
      '\x0e\x0f',
    ]) {
      const shown = redactText(`it is ${[...token].join(unseen)} here\r\n`, secrets)
      expectHidden(shown.replaceAll(unseen, ''), token)
    }
    const invalid = Buffer.from([...token].map(letter => `${letter}\xff`).join(''), 'latin1')
    expectHidden(Buffer.from(redactBytes(invalid, secrets)).toString('latin1').replaceAll('\xff', ''), token)
  })

  it('is not seen in titles, links and what is copied to the clipboard', () => {
    const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
    const copied = Buffer.from(`x ${token}`).toString('base64')
    const shown = redactText(
      `\x1b]0;${token}\x07\x1b]8;;https://h/?t=${token}\x1b\\x\x1b]8;;\x1b\\\x1b]52;c;${copied}\x07`,
      secrets,
    )
    expectHidden(shown, token)
    expectHidden(shown, copied)
  })

  it('is found by the rules of the list, each with secrets made from its own pattern', () => {
    const missed: string[] = []
    for (const { id, regex, keywords } of SECRET_RULES) {
      // The two dialects differ in blanks and named classes; what follows a secret is added below.
      const pattern = regex
        .replaceAll('(?:\\W|$)', '')
        .replaceAll('\\s', ' ')
        .replaceAll('[:alnum:]', 'A-Za-z0-9')
        .replaceAll('\\b', '')
        .replace(/\(\?-?i[:)]/g, mark => (mark.endsWith(':') ? '(?:' : ''))
      let samples: string[] = []
      try {
        samples = fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 2, seed: 1 })
      } catch {} // a group of Go's
      if (!samples.some(text => serviceSecrets(`${keywords[0]} ${text}`).length > 0)) missed.push(id)
    }
    expect(SECRET_RULES.length).toBeGreaterThan(350)
    expect(missed.length, missed.join(', ')).toBeLessThan(20)
  }, 60_000)

  it('is not looked for with patterns that take long on a hostile line', () => {
    const lines = [
      'token',
      'curl -u ',
      'key=',
      'eyJ',
      '-----BEGIN ',
      'a://',
      'mysql -',
      'password="',
      "--pass '",
      '--a-',
      'docker ',
      'AGE-',
      '\\',
      '" ',
    ].map(part => `x=${part.repeat(Math.ceil(8_192 / part.length))}`)
    for (const line of [...lines, `password=${'a'.repeat(8_192)}`, `${' '.repeat(8_192)}key`]) {
      commonSecrets(line)
      serviceSecrets(line)
    }
    // Whether this ends is the test.
    expect(COMMON_SECRETS.length).toBeGreaterThan(10)
  })
})

const FORMATS: ExportFormat[] = ['cast', 'cast3', 'txt', 'html', 'raw']

async function exportAll(
  recording: Recording,
  history: Awaited<ReturnType<typeof openHistory>>,
  range: { from?: number; to?: number } = {},
) {
  await history.flush()
  const store = new Store(history.file, Date.now, { readonly: true })
  try {
    return FORMATS.map(format => {
      const parts: Uint8Array[] = []
      const job = { session_id: recording.session_id, format, redact: secrets, ...range }
      for (const { text, bytes } of openExport(store, job).chunks) {
        if (text) parts.push(Buffer.from(text))
        if (bytes) parts.push(bytes)
      }
      return { format, text: Buffer.concat(parts).toString() }
    })
  } finally {
    store.close()
  }
}

/** Lines of base64 as a key has them, from a seed. */
const keyBody = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    Buffer.from(`line ${at} of a private key, 48 bytes of it ${at}`.padEnd(48, '.')).toString('base64'),
  )

describe('case 105: a private key', () => {
  const print = (recording: Recording, lines: string[]) => {
    for (const text of lines) {
      recording.at += 1_000
      recording.print(`${text}\r\n`)
    }
  }
  const seen = (text: string) => text.replace(/\\u001b\[[\d;]*m|\x1b\[[\d;]*m|<[^>]*>/g, '')

  it.each([
    ['is not seen when its first line is before the span', 30, 10_000, true, true],
    ['of more than 200 lines is not seen', 500, undefined, true, true],
    ['whose last line was never printed is not seen', 260, 5_000, true, false],
    ['whose first line was never printed is not seen', 300, undefined, false, true],
  ] as const)('%s', async (_title, count, from, hasBegin, hasEnd) => {
    const history = await openHistory()
    const recording = new Recording(history)
    const body = keyBody(count)
    print(recording, [
      '$ cat key',
      ...(hasBegin ? ['-----BEGIN OPENSSH PRIVATE KEY-----'] : []),
      ...body,
      'Qw==',
      ...(hasEnd ? ['-----END OPENSSH PRIVATE KEY-----'] : []),
      '$ ls of ordinary words',
    ])
    for (const { format, text } of await exportAll(recording, history, from === undefined ? {} : { from })) {
      for (const line of body) expect(seen(text).includes(line.slice(0, 20)), `${format}: ${line}`).toBe(false)
      expect(seen(text), format).not.toContain('Qw==')
      expect(seen(text), format).toContain('ls of ordinary words')
    }
  })

  it('is not seen after its beginning was trimmed, nor its end in the keyframe there', async () => {
    const history = await openHistory(undefined, { session_bytes: 100_000 })
    const recording = new Recording(history)
    const body = keyBody(60)
    recording.print(`${'x'.repeat(60_000)}\r\n-----BEGIN RSA PRIVATE KEY-----\r\n`)
    recording.seal()
    for (const text of body.slice(0, 30)) recording.print(`${text}\r\n`)
    recording.print(`${'filler '.repeat(7_000)}\r\n`)
    recording.seal()
    recording.keyframe(`\x1bc${body.slice(10, 30).join('\r\n')}\r\n`)
    for (const text of body.slice(30)) recording.print(`${text}\r\n`)
    recording.print(`-----END RSA PRIVATE KEY-----\r\n${'y'.repeat(50_000)}\r\n`)
    recording.seal()
    recording.keyframe('\x1bclast')
    recording.print('the end')
    for (const { format, text } of await exportAll(recording, history)) {
      for (const line of body) expect(seen(text).includes(line), `${format}: ${line}`).toBe(false)
      expect(seen(text), format).toContain('the end')
    }
  })

  it.each([
    ['with line numbers', (text: string, at: number) => `${String(at).padStart(6)}\t${text}`],
    ['of a log', (text: string) => `web_1  | ${text}`],
    ['of a difference', (text: string) => `+${text}`],
    ['in a string', (text: string) => `  "${text}\\n"`],
  ])('is not seen %s', (_title, decorate) => {
    const body = keyBody(20)
    const lines = ['-----BEGIN PRIVATE KEY-----', ...body, 'Zw==', '-----END PRIVATE KEY-----', 'next'].map(decorate)
    const shown = redactText(lines.join('\r\n'), secrets, [], { cols: 40, rows: 24 })
    for (const line of [...body, 'Zw==']) expect(shown).not.toContain(line)
    expect(shown).toContain('next')
  })

  it('does not hide certificates, public keys and other base64', () => {
    const body = keyBody(20).join('\r\n')
    for (const name of ['CERTIFICATE', 'PUBLIC KEY']) {
      const text = `-----BEGIN ${name}-----\r\n${body}\r\n-----END ${name}-----\r\n`
      expect(redactText(text, secrets)).toBe(text)
    }
    expect(redactText(`$ base64 file\r\n${body}\r\n`, secrets)).toBe(`$ base64 file\r\n${body}\r\n`)
  })
})

describe('case 106: a redacted export', () => {
  it('shows no part of a secret in any format, wherever the span begins and ends', async () => {
    const history = await openHistory()
    await fc.assert(
      fc.asyncProperty(line, cuts, fc.nat({ max: 70 }), fc.nat({ max: 70 }), async (it, cuts, from, length) => {
        const recording = new Recording(history)
        const whole = Buffer.from(`first line\r\n${it.before}${it.secret}${it.after}\r\nlast line\r\n`)
        let at = 0
        for (const cut of [...cuts, whole.length]) {
          recording.at += 1_000
          if (cut > 0 && at < whole.length) recording.print(whole.subarray(at, at + cut))
          at += cut
        }
        const range = { from: from * 1_000, to: (from + length) * 1_000 }
        for (const { format, text } of await exportAll(recording, history, range)) {
          const data = format.startsWith('cast')
            ? text
                .split('\n')
                .slice(1)
                .filter(Boolean)
                .map(event => (JSON.parse(event) as string[])[2])
                .join('')
            : text
                .replace(/<[^>]*>/g, '')
                .replaceAll('&quot;', '"')
                .replaceAll('&#39;', "'")
          expectHidden(visible(data), it.secret)
        }
      }),
      scaledRuns(40),
    )
  })

  it('shows no part of a secret at the place where a very long line is cut', async () => {
    const history = await openHistory()
    const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
    for (let shift = 0; shift <= token.length; shift += 10) {
      const recording = new Recording(history)
      // Lines are cut after 200 rows of 80 columns.
      recording.print(`${'- '.repeat(8_000).slice(0, 16_000 - shift - 1)} ${token} ${'- '.repeat(9_000)}\r\n`)
      for (const { text } of await exportAll(recording, history)) expectHidden(text.replace(/[\r\n]/g, ''), token)
    }
  })

  it('finds a pattern across the blank that a wide character leaves at the right edge', async () => {
    const history = await openHistory()
    const recording = new Recording(history)
    recording.print(`${'x'.repeat(77)}ab漢字\r\n`)
    await history.flush()
    const store = new Store(history.file, Date.now, { readonly: true })
    for (const format of FORMATS) {
      const job = { session_id: recording.session_id, format, redact: { patterns: ['ab漢字'] } }
      const text = [...openExport(store, job).chunks]
        .map(({ text, bytes }) => text ?? Buffer.from(bytes ?? []).toString())
        .join('')
      expect(text, format).not.toMatch(/ab|漢|字/u)
    }
    store.close()
  })

  it('changes nothing in ordinary output', () => {
    const folder = join(import.meta.dirname, '..', '..', 'data', 'agents')
    const changed: string[] = []
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
      file.endsWith('-phone.cast'),
    )) {
      const [header, ...events] = readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map(text => JSON.parse(text))
      const text = events
        .filter(([, code]: string[]) => code === 'o')
        .map(([, , data]: string[]) => data)
        .join('')
      const size = { cols: header.width ?? header.term.cols, rows: header.height ?? header.term.rows }
      const bytes = Buffer.from(text)
      if (!Buffer.from(redactBytes(bytes, secrets, [], size)).equals(bytes)) changed.push(name)
    }
    // A passphrase as an option, and questions about an API key.
    expect(changed.sort()).toEqual(['programs/files-phone.cast'])
  })
})
