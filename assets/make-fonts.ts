// Puts the terminal's font together, in a few files by how soon they are needed: `node assets/make-fonts.ts`. Run it after
// changing what is in it, and commit what it wrote. Knows nothing of who uses them; ui/terminal/fonts.css names the same ranges.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawn } from './font-drawn.ts'
import { ADVANCE, ASCENT, DESCENT, draw, type Glyph, type Glyphs, glyphsOf, outlinesOf, type Point, writeFont } from './font-file.ts'

const modules = join(import.meta.dirname, '..', 'node_modules')
const hack = (weight: string) => readFileSync(join(modules, 'hack-font', 'build', 'web', 'fonts', `hack-${weight}.woff2`))
const dejavu = (name: string) => readFileSync(join(modules, 'dejavu-fonts-ttf', 'ttf', `${name}.ttf`))

/** As in CSS: `U+20-7E, U+2603`. */
export function parseRange(text: string): number[] {
  return text.split(',').flatMap(part => {
    const [from, to] = part.trim().slice(2).split('-').map(hex => Number.parseInt(hex, 16)) as [number, number?]
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i)
  })
}

/** Lines and blocks reach this far over the edges of their cell: browsers put cells between pixels, and would show seams. */
const OVER = { x: 45, y: 150 }

const isJoined = (code: number) =>
  code >= 0x2500 && code <= 0x259f && !(code >= 0x2571 && code <= 0x2573) && !(code >= 0x2591 && code <= 0x2593)

function overlapping(glyph: Glyph): Glyph {
  if (glyph.parts.length > 0) return glyph
  const [right, top, bottom] = [ADVANCE, ASCENT, DESCENT]
  return draw(
    outlinesOf(glyph).map(points =>
      points.map(([x, y, on]): Point => [
        x <= 0 ? -OVER.x : x >= right ? right + OVER.x : x,
        y <= bottom ? bottom - OVER.y : y >= top ? top + OVER.y : y,
        on,
      ]),
    ),
  )
}

export interface FontFile {
  file: string
  weights: number[]
  range: string
}

/** What ui/terminal/fonts.css says: the one place for both. */
export function fontFiles(): FontFile[] {
  const css = readFileSync(join(import.meta.dirname, '..', 'ui', 'terminal', 'fonts.css'), 'utf8')
  const found = new Map<string, FontFile>()
  for (const [, body] of css.matchAll(/@font-face\s*\{([^}]*)\}/g)) {
    const file = /url\("\.\.\/assets\/fonts\/([^"]+)"\)/.exec(body!)![1]!
    const weight = Number(/font-weight:\s*(\d+)/.exec(body!)![1])
    const range = /unicode-range:([^;]+);/.exec(body!)![1]!
    const known = found.get(file)
    if (known && known.range !== range) throw new Error(`${file} has two ranges`)
    if (known) known.weights.push(weight)
    else found.set(file, { file, weights: [weight], range })
  }
  return [...found.values()]
}

if (process.argv[1] === import.meta.filename) {
  const ours = drawn()
  for (const { file, weights, range } of fontFiles()) {
    // What is a coloured picture elsewhere, two cells wide, is the system's.
    const wanted = parseRange(range).filter(code => !/\p{Emoji_Presentation}/u.test(String.fromCodePoint(code)))
    const bold = !weights.includes(400)
    // The later ones take the place of what came before.
    const glyphs: Glyphs = new Map([
      ...(await glyphsOf(dejavu(bold ? 'DejaVuSansMono-Bold' : 'DejaVuSansMono'), wanted)),
      ...(await glyphsOf(hack(bold ? 'bold' : 'regular'), wanted)),
      ...[...ours].filter(([code]) => wanted.includes(code)),
    ])
    for (const [code, glyph] of glyphs) if (isJoined(code)) glyphs.set(code, overlapping(glyph))
    const bytes = await writeFont(glyphs, { bold })
    writeFileSync(join(import.meta.dirname, 'fonts', file), bytes)
    console.log(`${file}: ${glyphs.size} characters, ${bytes.length} bytes`)
  }
}
