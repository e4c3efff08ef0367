// Pasted text, quoted paths, and hidden characters.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import { lineCount, needsConfirmation, pasteSequence } from '../../../ui/input/paste.ts'
import { quotePath } from '../../../ui/input/quote-path.ts'
import { describeInput, showHidden } from '../../../ui/kit/visible-text.ts'

const sent = (text: string, bracketed: boolean) => new TextDecoder().decode(pasteSequence(text, bracketed))

describe('pasted text', () => {
  it('has Enter for every kind of line end', () => {
    expect(sent('a\nb\r\nc\rd', false)).toBe('a\rb\rc\rd')
  })

  it('is bracketed if and only if the program turned on bracketed paste', () => {
    expect(sent('a\tb\n', true)).toBe('\x1b[200~a\tb\r\x1b[201~')
    expect(sent('a\tb\n', false)).toBe('a\tb\r')
  })

  it.each([
    ['the end of the bracket', 'x\x1b[201~rm -rf ~\r'],
    ['an end that appears when another one is removed', 'x\x1b[20\x1b[201~1~rm\r'],
    ['an end with an eight-bit CSI', 'x\x9b201~rm\r'],
    ['Ctrl+C, Ctrl+D and Ctrl+Z', '\x03\x04\x1a'],
    ['NUL, DEL and Escape', '\0\x7f\x1b'],
  ])('cannot carry %s (case 48)', (_, text) => {
    for (const bracketed of [true, false]) {
      let inside = sent(text, bracketed)
      if (bracketed) {
        expect(inside.startsWith('\x1b[200~')).toBe(true)
        expect(inside.endsWith('\x1b[201~')).toBe(true)
        inside = inside.slice(6, -6)
      }
      expect(inside).not.toMatch(/[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f-\x9f]/)
      expect(inside).toHaveLength(text.length)
    }
  })

  it('is rejected with a helpful error if it is too large', () => {
    const most = 'x'.repeat(INPUT_BYTES)
    expect(pasteSequence(most, false)).toHaveLength(INPUT_BYTES)
    expect(() => pasteSequence(`${most}x`, false)).toThrow(
      expect.objectContaining({ code: 'input_full', message: expect.stringContaining('a paste can have 1 MiB') }),
    )
    // The limit counts bytes, including the brackets.
    expect(() => pasteSequence('ß'.repeat(INPUT_BYTES / 2), true)).toThrow()
  })

  it('is counted in lines without one after the last line end', () => {
    expect([lineCount(''), lineCount('a'), lineCount('a\n'), lineCount('a\r\nb'), lineCount('\n\n')]).toEqual([
      1, 1, 1, 2, 2,
    ])
  })

  it('needs confirmation if it has several lines, hidden characters, or an Enter that takes effect at once', () => {
    expect(needsConfirmation('ls -la', false)).toBe(false)
    expect(needsConfirmation('ls\t-la ü 日本 👍', false)).toBe(false)
    expect(needsConfirmation('ls -la\n', true)).toBe(false)
    expect(needsConfirmation('ls -la\n', false)).toBe(true)
    expect(needsConfirmation('a\nb', true)).toBe(true)
    expect(needsConfirmation('a\x1b[201~b', true)).toBe(true)
    expect(needsConfirmation('a\u202eb', true)).toBe(true)
  })

  it('needs confirmation for invisible characters, but not for those of ordinary writing', () => {
    // "hi" in tag characters (U+E0020 and up), as hidden in text for agents.
    for (const unseen of ['\u{e0068}\u{e0069}', '\u{e0101}', '\u00ad', '\u3164', '\u2063', '\ufeff'])
      expect(needsConfirmation(`fix the build${unseen}`, true), escape(unseen)).toBe(true)
    for (const text of ['👩‍👧 ❤️ 🏳️‍🌈', 'می‌خواهم', 'ខ្ញុំ\u200bចង់', 'שלום\u200f', 'e\u0301'])
      expect(needsConfirmation(text, true), text).toBe(false)
  })
})

describe('a preview', () => {
  it('makes hidden characters visible', () => {
    expect(showHidden('a\r\nb\x03\x1b[201~\x7f\x9b\u202ec\td\n')).toBe('a↵\nb^C^[[201~^?<U+009B><U+202E>c^Id↵\n')
    expect(showHidden('a\u{e0068}\u00adb')).toBe('a<U+E0068><U+00AD>b')
  })

  it('shows typed keys as symbols in one line', () => {
    expect(describeInput('ls\x7f\x1b[A\x1bOB\t\x03\r')).toBe('ls⌫↑↓⇥^C↵')
    expect(describeInput('\x1b[200~one\rtwo\x1b[201~')).toBe('one↵two')
  })
})

describe('a quoted path', () => {
  it.each([
    ['/home/me/a-1_b.png', 'linux', '/bin/bash', '/home/me/a-1_b.png'],
    ['/home/me/a b.png', 'linux', '/bin/zsh', "'/home/me/a b.png'"],
    ["/home/me/it's.png", 'darwin', '/usr/bin/fish', "'/home/me/it'\\''s.png'"],
    ['/home/me/$(reboot)`x`;&|!.png', 'linux', '/bin/sh', "'/home/me/$(reboot)`x`;&|!.png'"],
    ['/home/me/日本.png', 'linux', '/bin/bash', "'/home/me/日本.png'"],
    ['C:\\Users\\me\\a.png', 'win32', 'C:\\Windows\\system32\\cmd.exe', 'C:\\Users\\me\\a.png'],
    ['C:\\Users\\me\\a & b.png', 'win32', 'C:\\Windows\\system32\\cmd.exe', '"C:\\Users\\me\\a & b.png"'],
    ["C:\\it's $HOME.png", 'win32', 'C:\\Program Files\\PowerShell\\7\\pwsh.exe', "'C:\\it''s $HOME.png'"],
    ['C:\\O’Brien\\a.png', 'win32', 'powershell.exe', "'C:\\O’’Brien\\a.png'"],
    ['C:\\Users\\a b.png', 'win32', 'C:\\Program Files\\Git\\bin\\bash.exe', "'C:\\Users\\a b.png'"],
  ])('%s on %s for %s is %s', (path, platform, shell, word) => {
    expect(quotePath(path, platform, shell)).toBe(word)
  })

  it('is one word with all its characters to a real shell', () => {
    const path = `/a b/it's "$(id)" \`id\` \\ ! * ? ~ # & ; | < > { } [ ] ünï.png`
    const word = quotePath(path, 'linux', '/bin/sh')
    for (const shell of ['sh', 'bash'])
      expect(execFileSync(shell, ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(path)
  })
})
