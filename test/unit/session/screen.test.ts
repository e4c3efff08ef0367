// The host's screen: what it reports, and what it survives. Keyframes are snapshot.test.ts's.

import { expect, it } from 'vitest'
import { PENDING_BYTES, Pending } from '../../../main/host/screen/pending.ts'
import { Screen, type ScreenHooks, type ScreenOptions } from '../../../main/host/screen/screen.ts'
import type { Terminal } from '../../../main/host/screen/xterm.ts'
import { assertInternals, coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { nextState } from '../../../terminal/parser-states.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function listen(options: Partial<ScreenOptions> = {}) {
  const heard: string[] = []
  const hooks: ScreenHooks = {
    title: text => heard.push(`title ${text}`),
    bell: () => heard.push('bell'),
    notice: text => heard.push(`notice ${text}`),
    cwd: path => heard.push(`cwd ${path}`),
    answer: text => heard.push(`answer ${text}`),
    alternate: on => heard.push(`alternate ${on}`),
  }
  const screen = new Screen({ cols: 80, rows: 24, hooks, ...options })
  return { heard, screen, write: (text: string) => screen.write(encode(text)) }
}

it('answers queries while it parses, in order', () => {
  const { heard, write } = listen()
  write('\x1b[c\x1b[5;9H\x1b[6n\x1b[?2026$p\x1bP$qr\x1b\\')
  expect(heard).toEqual(
    ['\x1b[?1;2c', '\x1b[5;9R', '\x1b[?2026;2$y', '\x1bP1$r1;24r\x1b\\'].map(text => `answer ${text}`),
  )
})

it('leaves color queries to the code that knows the theme', () => {
  const { heard, write } = listen()
  write('\x1b]10;?\x07\x1b]11;?\x07\x1b]4;1;?\x07')
  expect(heard).toEqual([])
})

it('reports titles, bells and the alternate screen', () => {
  const { heard, write } = listen()
  write('\x1b]0;vim 界\x07\x07\x1b[?1049h\x1b[?1049l')
  expect(heard).toEqual(['title vim 界', 'bell', 'alternate true', 'alternate false'])
})

it('cuts a title that is too long to read', () => {
  const { heard, write } = listen()
  write(`\x1b]2;${'x'.repeat(5000)}\x07`)
  expect(heard).toEqual([`title ${'x'.repeat(1024)}`])
})

it.each([
  ['file:///home/me', 'cwd /home/me'],
  ['file://box/with%20space/%E7%95%8C', 'cwd /with space/界'],
  ['file://localhost/x', 'cwd /x'],
  ['file://elsewhere/x', undefined],
  ['file:///bad%0Aline', undefined],
  ['file:///bad%', undefined],
  ['http://box/x', undefined],
  ['/x', undefined],
])('takes a directory from OSC 7 %s: %s', (data, wanted) => {
  const { heard, write } = listen({ hostname: 'box' })
  write(`\x1b]7;${data}\x07`)
  expect(heard).toEqual(wanted ? [wanted] : [])
})

it.each([
  ['9;Build done', 'Build done'],
  ['9;3 tests failed', '3 tests failed'],
  ['9;4;1;50', undefined],
  ['9;4', undefined],
  ['9;9;"C:\\src"', undefined],
  ['777;notify;Build;done; all of it', 'Build: done; all of it'],
  ['777;notify;Build', 'Build'],
  ['777;notify;;', undefined],
  ['777;precmd', undefined],
  ['99;;Build done', 'Build done'],
  ['99;i=1:e=1;QnVpbGQ=', 'Build'],
  ['99;i=1:p=?;', undefined],
  ['99;i=1:p=close;', undefined],
  ['99', undefined],
  [`9;${'x'.repeat(5000)}`, 'x'.repeat(1024)],
])('takes a notification from OSC %s: %s', (data, wanted) => {
  const { heard, write } = listen()
  write(`\x1b]${data}\x07`)
  expect(heard).toEqual(wanted === undefined ? [] : [`notice ${wanted}`])
})

it('assembles a notification that arrives in chunks', () => {
  const { heard, write } = listen()
  write('\x1b]99;i=a:d=0;Build \x1b\\\x1b]99;i=a:d=0;done\x1b\\\x1b]99;i=a:p=body;In 3 s\x1b\\')
  write('\x1b]99;i=b:d=0;never ended\x1b\\\x1b]99;i=c;other\x1b\\')
  expect(heard).toEqual(['notice Build done: In 3 s', 'notice other'])
})

it.each([
  ['a prompt', 'one\r\ntwo\r\n$ ', '$'],
  ['blank lines after it', 'one\r\n  two  \r\n\r\n   \r\n', 'two'],
  ['a line over several rows', `one\r\n${'x'.repeat(100)} end`, `${'x'.repeat(100)} end`],
  ['a wide character that did not fit its row', `${'x'.repeat(79)}漢字`, `${'x'.repeat(79)}漢字`],
  ['a frame around it', 'one\r\n│ > ask │\r\n╰───────╯', '│ > ask │'],
  ['nothing', '\r\n\r\n', ''],
  ['characters that hide or reorder text', 'a\u202eb\u200bc', 'a\ufffdbc'],
  ['a very long line', '界'.repeat(500), '界'.repeat(200)],
  ['a full-screen program', 'shell\x1b[?1049h\x1b[24;1Hstatus', 'status'],
])('reports the last line: %s', (_what, text, wanted) => {
  const { screen, write } = listen()
  write(text)
  expect(screen.lastLine()).toBe(wanted)
})

it('counts bytes and resizes from its starting position', () => {
  const screen = new Screen({ cols: 80, rows: 24, position: { offset: 100, n: 2 } })
  let done = false
  screen.write(encode('界'), () => {
    done = true
  })
  screen.resize(40, 10)
  expect(done).toBe(true)
  expect(screen.position).toEqual({ offset: 103, n: 3 })
  expect(screen.keyframe()).toMatchObject({ position: { offset: 103, n: 3 }, cols: 40, rows: 10 })
})

it('returns the rows of the screen and the scrollback as text', () => {
  const { screen, write } = listen({ cols: 10, rows: 3 })
  write('one\r\ntwo  \r\n界\r\n\x1b[41mfour \x1b[K')
  expect(screen.scrollbackText).toEqual(['one'])
  expect(screen.lines()).toEqual(['two', '界', 'four'])
  write('\x1b[?1049h\x1b[Halt')
  expect(screen.altScreen).toBe(true)
  expect(screen.lines()).toEqual(['alt', '', ''])
  expect(screen.scrollbackText).toEqual(['one'])
})

it('reads characters correctly, however their bytes are split', () => {
  const text = 'a…b—c“d”é界😀👨\u200d👩\u200d👧 \u4000'
  const bytes = encode(text)
  for (let size = 1; size < 6; size++) {
    const { screen } = listen()
    for (let at = 0; at < bytes.length; at += size) screen.write(bytes.subarray(at, at + size))
    expect(screen.lines()[0]).toBe(text)
  }
})

it('reads the same from invalid UTF-8, however its bytes are split', () => {
  const bytes = Uint8Array.from([
    0x41, 0xe2, 0x80, 0x42, 0xff, 0xc0, 0x80, 0xf0, 0x9f, 0x98, 0xe2, 0xe2, 0x80, 0xa6, 0xc3, 0x1b, 0x5b, 0x6d, 0x80,
    0x43, 0xed, 0xa0, 0x80, 0x44,
  ])
  const lines = [1, 2, 3, 5, 100].map(size => {
    const { screen } = listen()
    for (let at = 0; at < bytes.length; at += size) screen.write(bytes.subarray(at, at + size))
    return screen.lines()[0]
  })
  expect(new Set(lines)).toEqual(new Set(['AB…CD']))
})

it.each([
  ['an erase above in the last cell', '\x1b[24;80H\x1b[1J'],
  ['a selective erase above in the last cell', '\x1b[24;80H\x1b[?1J'],
  ['a scroll by two billion rows', '\x1b[2147483647S\x1b[2147483647T\x1b[2147483647L\x1b[2147483647M'],
  ['two billion tabs', '\x1b[2147483647I\x1b[2147483647Z'],
  ['a character repeated two billion times', 'x\x1b[2147483647b'],
])('survives %s', (_name, output) => {
  const { screen, write } = listen()
  const start = performance.now()
  write(`${output}\x1b[Hstill here`)
  expect(screen.lines()[0]!.startsWith('still here')).toBe(true)
  expect(performance.now() - start).toBeLessThan(5000)
})

it('keeps a cell small under a flood of accents', () => {
  const { screen, write } = listen()
  write(`a${'\u0301'.repeat(100_000)}b`)
  expect(screen.lines()[0]!.length).toBeLessThan(300)
  expect(screen.lines()[0]!.endsWith('b')).toBe(true)
})

it('keeps few links under a flood of links', () => {
  const { screen, write } = listen()
  write('\x1b]8;;http://a/\x07'.repeat(20_000))
  expect(coreOf(screen.terminal)._oscLinkService._dataByLinkId.size).toBeLessThanOrEqual(2048)
  write('\x1b]8;;http://b/\x07link')
  const later = listen()
  later.screen.write(screen.keyframe().vt)
  expect([...coreOf(later.screen.terminal)._oscLinkService._dataByLinkId.values()].map(link => link.data.uri)).toEqual([
    'http://b/',
  ])
})

it('can be disposed of twice', () => {
  const { screen, write } = listen()
  screen.dispose()
  screen.dispose()
  write('nothing')
  expect(screen.position.offset).toBe(0)
})

it('has the same parser states as xterm.js', () => {
  const { screen } = listen()
  const parser = coreOf(screen.terminal)._inputHandler._parser as unknown as { _transitions: { table: Uint8Array } }
  const { table } = parser._transitions
  for (let state = 0; state <= 13; state++) {
    for (let code = 0; code <= 0xa0; code++) {
      const entry = table[(state << 8) | code]!
      const ends = entry >> 4 === 6 || entry >> 4 === 14 // ESC ends an OSC or DCS and begins a sequence
      const wanted = ends && code === 0x1b ? 1 : entry & 15
      expect([state, code, nextState(state, code)]).toEqual([state, code, wanted])
    }
  }
})

it('keeps an unfinished sequence, and of an endless one only its kind', () => {
  const pending = new Pending()
  pending.feed(encode('text\x1b]1337;File=:'))
  expect(decode(pending.bytes())).toBe('\x1b]1337;File=:')
  const mebibyte = new Uint8Array(1024 * 1024).fill(0x41)
  for (let i = 0; i < 10; i++) pending.feed(mebibyte)
  expect(pending.dropped).toBe(true)
  expect(pending.bytes().length).toBeLessThan(16)
  pending.feed(encode('\x07text'))
  expect(pending.dropped).toBe(false)
  expect(pending.bytes()).toEqual(new Uint8Array(0))
})

it.each([
  ['\x1b]52;c;', 'A', '\x07'],
  ['\x1bPq', '~', '\x1b\\'],
  ['\x1b[', '1', 'm'],
  ['\x1b', '#', '8'],
])('ignores the rest of an endless %j', (start, unit, end) => {
  const { screen, write } = listen()
  write(`\x1b[Hx${start}`)
  write(unit.repeat(PENDING_BYTES + 10))
  const { vt, pending, pending_dropped } = screen.keyframe()
  expect(pending_dropped).toBe(true)
  const later = listen()
  later.screen.write(vt)
  later.screen.write(pending)
  later.write(`${unit.repeat(100)}${end}y`)
  expect(later.screen.lines()[0]).toBe('xy')
})

it('keeps nothing of an ignored string', () => {
  const pending = new Pending()
  pending.feed(encode(`\x1b_G${'A'.repeat(100_000)}`))
  expect(decode(pending.bytes())).toBe('\x1b_')
  expect(pending.dropped).toBe(false)
})

it('names the internals that are missing when xterm.js has changed', () => {
  expect(() => assertInternals({} as Terminal)).toThrow(/lacks internals that are used here: .*_data/)
})
