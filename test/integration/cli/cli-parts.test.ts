// Parts of the otg command that need no process: arguments, detach key, modes, tables, npm start.
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isStale } from '../../../main/cli/build-freshness.ts'
import { parseCommandLine } from '../../../main/cli/command/args.ts'
import { shortId } from '../../../main/cli/command/session-ids.ts'
import { cut, printable, table } from '../../../main/cli/command/text-layout.ts'
import { lines } from '../../../main/cli/commands/ls.ts'
import { COMMANDS } from '../../../main/cli/commands/table.ts'
import { findElectron } from '../../../main/cli/electron.ts'
import { NO_ADDRESS } from '../../../main/cli/pairing/pairing-text.ts'
import { drawPairing } from '../../../main/cli/pairing/pairing-view.ts'
import { qrCode } from '../../../main/cli/pairing/qr.ts'
import { DetachKeyDetector, readDetachKey } from '../../../main/cli/terminal/detach-key.ts'
import { Modes } from '../../../main/cli/terminal/modes.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { sessionInfo } from '../../support/history.ts'
import { bytesOf, cleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

describe('a command line', () => {
  it('passes everything after the first operand of run to the command', () => {
    const words = (argv: string[]) => parseCommandLine(['run', ...argv], COMMANDS).operands
    expect(words(['ls', '--all', '-h'])).toEqual(['ls', '--all', '-h'])
    expect(words(['--title', 'T', '--cwd=/', 'vim', '--', 'x'])).toEqual(['vim', '--', 'x'])
    expect(words(['--', '--help'])).toEqual(['--help'])
    expect(words(['--detach', '--', 'cmd', '--', '-x'])).toEqual(['cmd', '--', '-x'])
    expect(words(['--detach'])).toEqual([])
  })

  it('accepts common options before and after the command name', () => {
    for (const argv of [
      ['--json', '--data-dir', '/x', 'ls'],
      ['ls', '--data-dir=/x', '--json'],
    ])
      expect(parseCommandLine(argv, COMMANDS)).toMatchObject({ json: true, dataDir: '/x', operands: [] })
  })
})

describe('a list of sessions', () => {
  const session = (over: Partial<SessionInfo>) =>
    sessionInfo({ session_id: '1234567890', created_at: 0, command: ['claude', 'x'.repeat(40)], ...over })
  const shown = [
    session({
      last_line: 'Do you want to \x1b[31mproceed?',
      attention: { at: 1, text: '', kind: 'message' },
    }),
    session({ last_line: '', clients: 1 }),
  ]

  it('marks a session that needs attention, and ends with the last line', () => {
    expect(lines(shown, shown, 90, 60_000)).toEqual([
      'ID        STATE       AGE  SIZE   TITLE  COMMAND                   LAST LINE',
      '12345678  running !   1m   80x24  sh     claude xxxxxxxxxxxxxxxx…  Do you want to \ufffd[31mpr…',
      '12345678  attached 1  1m   80x24  sh     claude xxxxxxxxxxxxxxxx…',
    ])
  })

  it('leaves out the last line if there is no room, and cuts no line without a terminal', () => {
    expect(lines(shown, shown, 80, 60_000)[1]).toBe(
      `12345678  running !   1m   80x24  sh     claude ${'x'.repeat(31)}…`,
    )
    expect(lines(shown, shown, Number.POSITIVE_INFINITY, 60_000)[1]).toBe(
      `12345678  running !   1m   80x24  sh     claude ${'x'.repeat(40)}  Do you want to \ufffd[31mproceed?`,
    )
  })
})

describe('a long title', () => {
  it('is cut between characters', () => {
    const session = sessionInfo({ title: `${'x'.repeat(29)}🦊🦊`, command: ['sh'] })
    expect(lines([session], [session], Number.POSITIVE_INFINITY)[1]).toContain(`${'x'.repeat(29)}🦊…  sh`)
  })
})

describe('the detach key', () => {
  const typed = (key: string | undefined, chunks: string[]) => {
    const watch = new DetachKeyDetector(readDetachKey(key))
    const takes = chunks.map(chunk => watch.take(bytesOf(chunk)))
    return {
      text: takes.map(({ bytes }) => Buffer.from(bytes).toString()).join(''),
      detach: takes.map(one => one.detach),
    }
  }

  it('is detected across chunks, and passes what was typed before it', () => {
    expect(typed(undefined, ['ab\x1cdcd'])).toEqual({ text: 'ab', detach: [true] })
    expect(typed(undefined, ['ab\x1c', 'd'])).toEqual({ text: 'ab', detach: [false, true] })
    expect(typed(undefined, ['\x1b[92;5ud'])).toEqual({ text: '', detach: [true] })
    expect(typed(undefined, ['\x1b[27;5;92~', 'd'])).toEqual({ text: '', detach: [false, true] })
  })

  it('is typed when pressed twice, or before another key', () => {
    expect(typed(undefined, ['\x1c', '\x1c', 'd'])).toEqual({ text: '\x1cd', detach: [false, false, false] })
    expect(typed(undefined, ['\x1cx', '\x1c', '\x1b[A'])).toEqual({
      text: '\x1cx\x1c\x1b[A',
      detach: [false, false, false],
    })
  })

  it('can be any Ctrl key', () => {
    for (const name of ['^A', 'ctrl-a', 'C-a']) expect(typed(name, ['\x1cd\x01d']).text).toBe('\x1cd')
    expect(typed('none', ['\x1cd']).text).toBe('\x1cd')
    for (const name of ['A', 'F1', '^1', 'ctrl-']) expect(() => readDetachKey(name)).toThrow(RangeError)
  })
})

describe('modes', () => {
  const undo = (...output: string[]) => {
    const modes = new Modes()
    for (const part of output) modes.note(bytesOf(part))
    return modes.undo()
  }
  const NOTHING = undo('')

  it('are undone only if they were left on', () => {
    expect(undo('\x1b[?2004h\x1b[?2004l\x1b[?25l\x1b[?25h\x1b[4h\x1b[4l\x1b[?1049h\x1b[?1049l')).toBe(NOTHING)
    expect(undo('\x1b[?2004h')).toBe(`${NOTHING}\x1b[?2004l`)
    expect(undo('\x1b[?1000;1006h\x1b[?25l')).toBe(`${NOTHING}\x1b[?1000l\x1b[?1006l\x1b[?25h`)
    expect(undo('\x1b[?1049h')).toContain('\x1b[?1049l')
    expect(undo('\x1b[5;10r')).toContain('\x1b[r\x1b[999;1H')
    expect(undo('\x1b[5;10r\x1b[r')).toBe(NOTHING)
    expect(undo('\x1b[>1u\x1b[>3u\x1b[<u')).toContain('\x1b[<1u')
    expect(undo('\x1b]12;red\x07')).toContain('\x1b]112')
    expect(undo('\x1b]12;red\x07\x1b]112\x07')).toBe(NOTHING)
    expect(undo('\x1b]8;;http://x\x1b\\')).toContain('\x1b]8;;\x1b\\')
    expect(undo('\x1b[?2004h\x1b[31m\x1bc')).toBe(NOTHING)
  })

  it('are detected across chunks', () => {
    const output = 'x\x1b[?1049;2004h\x1b]0;title\x07\x1b[>1u\x1b[2;5r\x1b]11;#fff\x1b\\'
    for (let at = 0; at <= output.length; at++) expect(undo(output.slice(0, at), output.slice(at))).toBe(undo(output))
  })
})

describe('printed text', () => {
  it('is aligned in columns and cut to the width of the terminal', () => {
    expect(
      table(
        [
          ['A', 'B'],
          ['long', 'x'],
          ['漢', 'y'],
        ],
        80,
      ),
    ).toEqual(['A     B', 'long  x', '漢    y'])
    expect(table([['abc', 'defgh']], 7)).toEqual(['abc  d…'])
    expect(cut('漢字漢字', 5)).toBe('漢字…')
  })

  it('contains no control characters from untrusted text', () => {
    expect(printable('a\x1b[31m\nb\u202e\x9b')).toBe('a\u{fffd}[31m\u{fffd}b\u{fffd}\u{fffd}')
  })

  it('shows where untrusted text contains invisible characters', () => {
    expect(printable('a\u00adb\u3164c\u{e0061}\u2028d')).toBe('a\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}d')
  })

  it('has the shortest unique IDs', () => {
    const ids = ['aaaaaaaa-1111', 'aaaaaaaa-1122', 'bbbbbbbb-1111']
    expect(ids.map(id => shortId(id, ids))).toEqual(['aaaaaaaa-111', 'aaaaaaaa-112', 'bbbbbbbb'])
  })

  it('has a QR code only if it fits, with a smaller border if necessary', () => {
    const url = `http://192.168.178.100:7317/#v1.${'x'.repeat(43)}.${'y'.repeat(43)}`
    expect(qrCode(url, 80, 24)).toMatchObject({ width: 45 })
    expect(qrCode(url, 80, 24)!.lines).toHaveLength(23)
    expect(qrCode(url, 43, 22)).toMatchObject({ width: 43 })
    expect(qrCode(url, 42, 24)).toBeUndefined()
    expect(qrCode(url, 80, 21)).toBeUndefined()
  })
})

describe('the pairing screen', () => {
  it('reports that the host has no address, and shows no code', () => {
    const view = {
      addresses: [],
      chosen: undefined,
      now: 0,
      expires_at: 60_000,
      reached: undefined,
      exhausted: false,
      message: undefined,
      asText: false,
      prompt: undefined,
      leaveHint: 'Ctrl-C: cancel',
    }
    const rows = drawPairing(view, { cols: 80, rows: 24 }).filter(row => row)
    expect(rows.slice(1)).toEqual([NO_ADDRESS, 'Ctrl-C: cancel'])
  })
})

describe('npm start', () => {
  const built = [
    'build/web-client/index.html',
    'build/renderer/index.html',
    'build/main/cli/otg.js',
    'build/main/desktop/entry.js',
  ]
  const sources = ['main/host/host.ts', 'protocol/client/client.ts', 'package.json']

  function checkout(): { root: string; touch(file: string, seconds: number): void } {
    const root = temporaryFolder()
    const touch = (file: string, seconds: number) => {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), '')
      utimesSync(join(root, file), seconds, seconds)
    }
    for (const file of sources) touch(file, 1000)
    for (const file of built) touch(file, 2000)
    for (const folder of ['main', 'main/host', 'protocol', 'protocol/client'])
      utimesSync(join(root, folder), 1000, 1000)
    return { root, touch }
  }

  it('builds if output is missing or older than its sources', () => {
    const { root, touch } = checkout()
    expect(isStale(root)).toBe(false)
    touch('protocol/client/client.ts', 3000)
    expect(isStale(root)).toBe(true)
    for (const file of built) touch(file, 4000)
    expect(isStale(root)).toBe(false)
    rmSync(join(root, built[2]!))
    expect(isStale(root)).toBe(true)
  })

  it('says why there is no desktop app', async () => {
    const { root } = checkout()
    const say = () => {}
    if (process.platform === 'linux')
      expect(await findElectron(root, {}, say)).toEqual({ missing: 'There is no display' })
    const env = { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: join(root, 'dist') }
    expect(await findElectron(root, env, say)).toMatchObject({
      missing: expect.stringContaining('Electron is not in'),
    })
    mkdirSync(env.ELECTRON_OVERRIDE_DIST_PATH)
    writeFileSync(join(env.ELECTRON_OVERRIDE_DIST_PATH, 'electron'), '')
    expect(await findElectron(root, env, say)).toEqual({ path: join(root, 'dist', 'electron') })
    mkdirSync(join(root, 'node_modules', 'electron'), { recursive: true })
    writeFileSync(join(root, 'node_modules', 'electron', 'install.js'), 'process.exit(1)')
    const blocked = { DISPLAY: ':0', ELECTRON_MIRROR: 'http://127.0.0.1:9/' }
    expect(await findElectron(root, blocked, say)).toEqual({
      missing: 'Electron is not downloaded and 127.0.0.1:9 cannot be reached',
    })
  })
})
