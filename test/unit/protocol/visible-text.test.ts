// What remains of a line that a program printed.
import { expect, it } from 'vitest'
import { visibleText } from '../../../protocol/visible-text.ts'

it.each([
  ['control characters', 'a\x1b[2Jb\x9bc\td\x7fe', 'a[2Jbcde'],
  ['line ends that are none in a terminal', 'a\u2028b\u2029c', 'a b c'],
  ['tags, selectors and fillers, which hide text', 'a\u{e0068}\u{e0069}\u{e0101}b\u3164c\u2060d\ufeffe', 'abcde'],
])('case 95: a line loses %s', (_, given, left) => expect(visibleText(given)).toBe(left))

it('case 95: what reorders a line becomes visible', () => {
  for (const character of '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ud800')
    expect(visibleText(`a${character}b`)).toBe('a\ufffdb')
  expect(visibleText('soft\u00adhyphen')).toBe('soft-hyphen')
})

it('case 95: a line keeps the letters of every script', () => {
  for (const text of ['写真', 'می‌خواهم', '👩‍👧 ❤️', 'e\u0301', 'שלום\u200f!', 'ไทย\u200bไทย', '\u061cالعربية', '│ ─ █'])
    expect(visibleText(text)).toBe(text)
})
