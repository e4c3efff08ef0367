// The terminal's font: which characters it has, that all have the same width, and that fonts.css declares what is there.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ADVANCE, contentsOf } from '../../../assets/font-file.ts'
import { fontFiles, parseRange } from '../../../assets/make-fonts.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'assets', 'fonts')
const files = fontFiles()

/** The characters of the font at a weight, according to fonts.css. */
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
  ['symbols of agents', codes('⏺⎿✻✽✶✳✢·❯⏵⏸☐☒☑✔✘✓✗●○◯◉→←↑↓↔⇡⇣…▐▛▜▌█▝▘╭╮╰╯│─❰❱❮»«•◆◇■□▪▫▲△▶▷▼▽◀◁★☆⚠⋮⏎⌘⌥⏹ℹ≤≥≠≈∞')],
]

for (const weight of [400, 700])
  test(`has everything that terminals usually draw, at weight ${weight}`, async () => {
    const there = await characters(weight)
    for (const [what, codes] of WANTED) {
      const missing = codes
        .filter(code => !there.has(code))
        .map(code => `${String.fromCodePoint(code)} U+${code.toString(16)}`)
      expect(missing, what).toEqual([])
    }
  })

test('all characters have the same width, regular and bold', async () => {
  for (const { file } of files)
    expect([...(await contentsOf(readFileSync(join(folder, file)))).advances], file).toEqual([ADVANCE])
})

test('color emoji, which are two cells wide, are left to the system', async () => {
  const there = await characters(400)
  expect(codes('⚡✅✨❌⭐⏳').filter(code => there.has(code))).toEqual([])
})

test('no character is in two files of the same weight', () => {
  for (const weight of [400, 700]) {
    const all = files.filter(({ weights }) => weights.includes(weight)).flatMap(({ range }) => parseRange(range))
    expect(all.length).toBe(new Set(all).size)
  }
})

test('the preloaded files contain what shells and agents draw most, and are small', () => {
  const first = ['text.woff2', 'marks.woff2'].map(name => files.find(({ file }) => file === name)!)
  const there = new Set(first.flatMap(({ range }) => parseRange(range)))
  // The no-break space, Claude Code, Codex, spinners, boxes, bars, a prompt with a branch.
  const drawn = '\u00a0 aZ~ ·…–—’“” ⏺⎿✻✽✶✳✢❯⏵☐☒✔✘ ›•─│╭╮╰╯└ ⠋⠙⠹ █▌▐░▒▓ ●○✓✗⚠→↑↓ \ue0a0\ue0b0'
  expect([...drawn].filter(letter => !there.has(letter.codePointAt(0)!))).toEqual([])
  const size = (file: string) => statSync(join(folder, file)).size
  expect(size('text.woff2') + size('marks.woff2')).toBeLessThan(12 * 1024)
  expect(size('text.woff2') + size('marks.woff2') + size('bold.woff2')).toBeLessThan(18 * 1024)
})
