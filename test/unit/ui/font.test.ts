// The terminal's font: what has a letter of ours, that all are equally wide, and that the page's rules name what is there.
// Knows nothing of how browsers draw it.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ADVANCE, contentsOf } from '../../../assets/font-file.ts'
import { fontFiles, parseRange } from '../../../assets/make-fonts.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'assets', 'fonts')
const files = fontFiles()

/** What the font has at a weight, by what the page's rules say of it. */
async function characters(weight: number): Promise<Set<number>> {
  const found = new Set<number>()
  for (const { file, weights, range } of files) {
    if (!weights.includes(weight)) continue
    const wanted = new Set(parseRange(range))
    for (const code of (await contentsOf(readFileSync(join(folder, file)))).characters)
      if (wanted.has(code)) found.add(code)
  }
  return found
}

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const codes = (text: string) => [...text].map(letter => letter.codePointAt(0)!)

const WANTED: [what: string, codes: number[]][] = [
  ['ASCII', span(0x20, 0x7e)],
  ['Latin', [...span(0xa1, 0xac), ...span(0xae, 0x17f)]],
  ['Greek', codes('ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωάέήίόύώ')],
  ['Cyrillic', span(0x400, 0x45f)],
  ['lines and boxes', span(0x2500, 0x257f)],
  ['blocks', span(0x2580, 0x259f)],
  ['braille', span(0x2800, 0x28ff)],
  ['status lines', [...span(0xe0a0, 0xe0a3), ...span(0xe0b0, 0xe0c8), 0xe0ca, ...span(0xe0cc, 0xe0d2), 0xe0d4]],
  ['marks of agents', codes('⏺⎿✻✽✶✳✢·❯⏵⏸☐☒☑✔✘✓✗●○◯◉→←↑↓↔⇡⇣…▐▛▜▌█▝▘╭╮╰╯│─❰❱❮»«•◆◇■□▪▫▲△▶▷▼▽◀◁★☆⚠⋮⏎⌘⌥⏹ℹ≤≥≠≈∞')],
]

for (const weight of [400, 700])
  test(`everything that terminals draw is in it, at weight ${weight}`, async () => {
    const there = await characters(weight)
    for (const [what, codes] of WANTED) {
      const missing = codes
        .filter(code => !there.has(code))
        .map(code => `${String.fromCodePoint(code)} U+${code.toString(16)}`)
      expect(missing, what).toEqual([])
    }
  })

test('every letter is equally wide, bold or not', async () => {
  for (const { file } of files)
    expect([...(await contentsOf(readFileSync(join(folder, file)))).advances], file).toEqual([ADVANCE])
})

test('coloured pictures, which are two cells wide, are left to the system', async () => {
  const there = await characters(400)
  expect(codes('⚡✅✨❌⭐⏳').filter(code => there.has(code))).toEqual([])
})

test('no character is in two files of one weight', () => {
  for (const weight of [400, 700]) {
    const all = files.filter(({ weights }) => weights.includes(weight)).flatMap(({ range }) => parseRange(range))
    expect(all.length).toBe(new Set(all).size)
  }
})

test('what shells and agents draw most is in the files that come with the page, and these are small', () => {
  const first = ['text.woff2', 'marks.woff2'].map(name => files.find(({ file }) => file === name)!)
  const there = new Set(first.flatMap(({ range }) => parseRange(range)))
  // A blank that xterm draws, Claude Code, Codex, spinners, boxes, bars, a shell's prompt with a branch in it.
  const drawn = '\u00a0 aZ~ ·…–—’“” ⏺⎿✻✽✶✳✢❯⏵☐☒✔✘ ›•─│╭╮╰╯└ ⠋⠙⠹ █▌▐░▒▓ ●○✓✗⚠→↑↓ \ue0a0\ue0b0'
  expect([...drawn].filter(letter => !there.has(letter.codePointAt(0)!))).toEqual([])
  const size = (file: string) => statSync(join(folder, file)).size
  expect(size('text.woff2') + size('marks.woff2')).toBeLessThan(12 * 1024)
  expect(size('text.woff2') + size('marks.woff2') + size('bold.woff2')).toBeLessThan(18 * 1024)
})
