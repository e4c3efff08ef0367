// Builds the terminal's font, in a few files by how soon they are needed. Run `node assets/make-fonts.ts` after changing the
// glyphs or the ranges in ui/terminal/fonts.css, and commit the result.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawGlyphs } from './font-drawn.ts'
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

/** How far box drawing reaches over the edges of a cell: browsers place cells between pixels, which would show seams. */
const OVER = { x: 45, y: 150 }

const joinsNeighbors = (code: number) =>
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

/** The files and ranges that ui/terminal/fonts.css declares. */
export function fontFiles(): FontFile[] {
  const css = readFileSync(join(import.meta.dirname, '..', 'ui', 'terminal', 'fonts.css'), 'utf8')
  const found = new Map<string, FontFile>()
  for (const [, body] of css.matchAll(/@font-face\s*\{([^}]*)\}/g)) {
    const file = /url\("\.\.\/\.\.\/assets\/fonts\/([^"]+)"\)/.exec(body!)![1]!
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
  const drawn = drawGlyphs()
  for (const { file, weights, range } of fontFiles()) {
    // Color emoji, which are two cells wide, come from the system's font.
    const wanted = parseRange(range).filter(code => !/\p{Emoji_Presentation}/u.test(String.fromCodePoint(code)))
    const bold = !weights.includes(400)
    // Later ones replace earlier ones.
    const glyphs: Glyphs = new Map([
      ...(await glyphsOf(dejavu(bold ? 'DejaVuSansMono-Bold' : 'DejaVuSansMono'), wanted)),
      ...(await glyphsOf(hack(bold ? 'bold' : 'regular'), wanted)),
      ...[...drawn].filter(([code]) => wanted.includes(code)),
    ])
    for (const [code, glyph] of glyphs) if (joinsNeighbors(code)) glyphs.set(code, overlapping(glyph))
    const bytes = await writeFont(glyphs, { bold })
    writeFileSync(join(import.meta.dirname, 'fonts', file), bytes)
    console.log(`${file}: ${glyphs.size} characters, ${bytes.length} bytes`)
  }
}
