// What remains of a name that a program or an unknown device chose.
import { expect, it } from 'vitest'
import { oneLine } from '../../../protocol/one-line.ts'

it.each([
  ['control characters and line ends', 'a\x1b[2Jb\x9bc\nd\u2028e', 'a [2Jb c d e'],
  ['characters that reorder text', 'a\u202eb\u2066c\u200fd\u061ce', 'abcde'],
  ['zero-width spaces and fillers', 'a\u200bb\u2060c\ufeffd\u3164e\uffa0f\u115fg\u180eh\u00adi', 'abcdefghi'],
  ['tags and selectors, which hide text', 'a\u{e0068}\u{e0069}\u{e0101}b', 'ab'],
  ['interlinear marks and lone surrogates', 'a\ufff9b\ufffbc\ud800d', 'abcd'],
])('case 43: a name loses %s', (_, given, left) => expect(oneLine(given)).toBe(left))

it('case 43: a name keeps the characters of every script', () => {
  for (const name of ['写真', 'می‌خواهم', '👩‍👧 ❤️', 'é', 'e\u0301', 'שלום']) expect(oneLine(name)).toBe(name)
})
