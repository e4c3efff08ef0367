// Reads glyphs from TrueType fonts and writes fonts. Leaves out hinting, kerning and ligatures, which terminal cells do not
// need.
import subsetFont from 'subset-font'

/** Units per em, and the metrics of a line from the baseline. All source fonts have the same. */
export const EM = 2048
export const ADVANCE = 1233
export const ASCENT = 1901
export const DESCENT = -483

/** A point of an outline; `on`: on the curve rather than a quadratic control point. */
export type Point = [x: number, y: number, on: boolean]

export interface Glyph {
  /** Its entry in the table `glyf`; empty for a blank. */
  data: Buffer
  /** The components of a composite glyph: where their number is in `data`, and the glyphs. */
  parts: { at: number; glyph: Glyph }[]
}

export type Glyphs = Map<number, Glyph>

/** The glyphs of `characters` in a font (woff2, ttf). Characters that the font lacks are left out. */
export async function glyphsOf(font: Buffer, characters: Iterable<number>): Promise<Glyphs> {
  const text = [...characters].map(code => String.fromCodePoint(code)).join('')
  const sfnt = await subsetFont(font, text, { targetFormat: 'sfnt', noHinting: true, keepFeatures: [] })
  const at = tables(sfnt)
  const glyf = at('glyf')
  const loca = at('loca')
  const hmtx = at('hmtx')
  const long = at('head').readInt16BE(50) === 1
  const widths = at('hhea').readUInt16BE(34)
  if (at('head').readUInt16BE(18) !== EM) throw new Error('the font has a different number of units per em')
  const offset = (index: number) => (long ? loca.readUInt32BE(index * 4) : loca.readUInt16BE(index * 2) * 2)
  const made = new Map<number, Glyph>()
  const glyph = (index: number): Glyph => {
    const known = made.get(index)
    if (known) return known
    const data = Buffer.from(glyf.subarray(offset(index), offset(index + 1)))
    const one: Glyph = { data, parts: [] }
    made.set(index, one)
    if (data.length > 0 && data.readInt16BE(0) < 0)
      one.parts = componentsOf(data).map(at => ({ at, glyph: glyph(data.readUInt16BE(at)) }))
    return one
  }
  const found: Glyphs = new Map()
  for (const [code, index] of charactersOf(at('cmap'))) {
    const width = hmtx.readUInt16BE(Math.min(index, widths - 1) * 4)
    if (width === ADVANCE) found.set(code, glyph(index))
  }
  return found
}

/** Where the numbers of a composite glyph's components are in its data. */
function componentsOf(data: Buffer): number[] {
  const found: number[] = []
  for (let at = 10, more = true; more; ) {
    const flags = data.readUInt16BE(at)
    found.push(at + 2)
    more = (flags & 0x20) !== 0
    at += 4 + (flags & 1 ? 4 : 2) + (flags & 8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0)
  }
  return found
}

function tables(sfnt: Buffer): (name: string) => Buffer {
  const found = new Map<string, Buffer>()
  for (let i = 0; i < sfnt.readUInt16BE(4); i++) {
    const entry = 12 + i * 16
    const start = sfnt.readUInt32BE(entry + 8)
    found.set(sfnt.toString('latin1', entry, entry + 4), sfnt.subarray(start, start + sfnt.readUInt32BE(entry + 12)))
  }
  return name => {
    const table = found.get(name)
    if (!table) throw new Error(`the font has no table ${name}`)
    return table
  }
}

/** Glyph numbers by character, from tables in format 4 or 12. */
export function charactersOf(cmap: Buffer): Map<number, number> {
  const found = new Map<number, number>()
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const table = cmap.subarray(cmap.readUInt32BE(8 + i * 8))
    const format = table.readUInt16BE(0)
    if (format === 12)
      for (let group = 0; group < table.readUInt32BE(12); group++) {
        const [from, to, index] = [0, 4, 8].map(part => table.readUInt32BE(16 + group * 12 + part)) as [number, number, number]
        for (let code = from; code <= to; code++) found.set(code, index + code - from)
      }
    else if (format === 4) {
      const count = table.readUInt16BE(6) / 2
      for (let segment = 0; segment < count; segment++) {
        const [to, from, delta, range] = [14, 16 + count * 2, 16 + count * 4, 16 + count * 6].map(part =>
          table.readUInt16BE(part + segment * 2),
        ) as [number, number, number, number]
        for (let code = from; code <= to && code < 0xffff; code++) {
          const direct = range === 0 ? code : table.readUInt16BE(16 + count * 6 + segment * 2 + range + (code - from) * 2)
          if (direct !== 0) found.set(code, (direct + delta) & 0xffff)
        }
      }
    }
  }
  return found
}

/** The characters and widths in a font file, for tests. */
export async function contentsOf(font: Buffer): Promise<{ characters: number[]; advances: Set<number> }> {
  const sfnt = await subsetFont(font, undefined, { targetFormat: 'sfnt', keepAllGlyphs: true })
  const at = tables(sfnt)
  const widths = at('hhea').readUInt16BE(34)
  const characters = charactersOf(at('cmap'))
  const advances = new Set([...characters.values()].map(index => at('hmtx').readUInt16BE(Math.min(index, widths - 1) * 4)))
  return { characters: [...characters.keys()], advances }
}

/** A glyph of closed outlines. */
export function draw(outlines: Point[][]): Glyph {
  const rounded = outlines.map(points => points.map(([x, y, on]): Point => [Math.round(x), Math.round(y), on]))
  const all = rounded.flat()
  if (all.length === 0) return { data: Buffer.alloc(0), parts: [] }
  const shorts = (values: number[]) => {
    const bytes = Buffer.alloc(values.length * 2)
    values.forEach((value, i) => bytes.writeInt16BE(value, i * 2))
    return bytes
  }
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)]
  let last = -1
  const ends = rounded.map(points => (last += points.length))
  const steps = (values: number[]) => shorts(values.map((value, i) => value - (values[i - 1] ?? 0)))
  const data = Buffer.concat([
    shorts([rounded.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), ...ends, 0]),
    Buffer.from(all.map(([, , on]) => (on ? 1 : 0))),
    steps(xs),
    steps(ys),
  ])
  return { data, parts: [] }
}

/** The outlines of a glyph. Throws for a composite one. */
export function outlinesOf({ data }: Glyph): Point[][] {
  const count = data.length > 0 ? data.readInt16BE(0) : 0
  if (count < 0) throw new Error('a composite glyph has no outlines of its own')
  const ends = Array.from({ length: count }, (_, i) => data.readUInt16BE(10 + i * 2))
  const points = (ends.at(-1) ?? -1) + 1
  let at = 12 + count * 2 + (count > 0 ? data.readUInt16BE(10 + count * 2) : 0)
  const flags: number[] = []
  while (flags.length < points) {
    const flag = data[at++]!
    const times = flag & 8 ? data[at++]! + 1 : 1
    for (let i = 0; i < times; i++) flags.push(flag)
  }
  const read = (short: number, same: number) => {
    let value = 0
    return flags.map(flag => {
      if (flag & short) value += flag & same ? data[at++]! : -data[at++]!
      else if (!(flag & same)) {
        value += data.readInt16BE(at)
        at += 2
      }
      return value
    })
  }
  const xs = read(2, 16)
  const ys = read(4, 32)
  const all = flags.map((flag, i): Point => [xs[i]!, ys[i]!, (flag & 1) === 1])
  return ends.map((end, i) => all.slice(i === 0 ? 0 : ends[i - 1]! + 1, end + 1))
}

/** A composite glyph: glyphs on top of each other, each moved by `dx`, `dy`. */
export function compose(parts: { glyph: Glyph; dx: number; dy: number; box: [number, number, number, number] }[]): Glyph {
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map(i => parts.map(({ box }) => box[i]!))
  const data = Buffer.alloc(10 + parts.length * 8)
  const head = [-1, Math.min(...x0!), Math.min(...y0!), Math.max(...x1!), Math.max(...y1!)]
  head.forEach((value, i) => data.writeInt16BE(Math.round(value), i * 2))
  parts.forEach(({ dx, dy }, i) => {
    const at = 10 + i * 8
    // Flags: arguments are words and an offset; more components follow, except after the last.
    data.writeUInt16BE(0x0003 | (i < parts.length - 1 ? 0x20 : 0), at)
    data.writeInt16BE(Math.round(dx), at + 4)
    data.writeInt16BE(Math.round(dy), at + 6)
  })
  return { data, parts: parts.map(({ glyph }, i) => ({ at: 12 + i * 8, glyph })) }
}

/** A font file (woff2) of these glyphs. */
export async function writeFont(glyphs: Glyphs, { bold = false, name = 'On the Go Mono' } = {}): Promise<Buffer> {
  const codes = [...glyphs.keys()].sort((a, b) => a - b)
  // Glyph 0 represents missing characters. It is never drawn: browsers use another font for those.
  const order: Glyph[] = [draw([])]
  const numbers = new Map<Glyph, number>()
  const add = (glyph: Glyph): number => {
    const known = numbers.get(glyph)
    if (known !== undefined) return known
    const number = order.push(glyph) - 1
    numbers.set(glyph, number)
    for (const part of glyph.parts) glyph.data.writeUInt16BE(add(part.glyph), part.at)
    return number
  }
  const cmap = codes.map(code => [code, add(glyphs.get(code)!)] as const)
  const padded: Buffer[] = []
  const loca = Buffer.alloc((order.length + 1) * 4)
  let length = 0
  order.forEach(({ data }, i) => {
    const bytes = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)])
    padded.push(bytes)
    length += bytes.length
    loca.writeUInt32BE(length, (i + 1) * 4)
  })
  const hmtx = Buffer.alloc(4 + (order.length - 1) * 2)
  hmtx.writeUInt16BE(ADVANCE, 0)
  order.forEach(({ data }, i) => hmtx.writeInt16BE(data.length > 0 ? data.readInt16BE(2) : 0, i === 0 ? 2 : 2 + i * 2))
  const sfnt = assemble({
    'OS/2': os2(codes, bold),
    cmap: cmapTable(cmap),
    glyf: Buffer.concat(padded),
    head: head(bold, order),
    hhea: words([1, 0, ASCENT, DESCENT, 0, ADVANCE, 0, 0, ADVANCE, 1, 0, 0, 0, 0, 0, 0, 0, 1]),
    hmtx,
    loca,
    maxp: maxp(order),
    name: nameTable(name, bold ? 'Bold' : 'Regular'),
    post: Buffer.concat([words([3, 0, 0, 0, -130, 90, 0, 1]), Buffer.alloc(16)]),
  })
  const text = codes.map(code => String.fromCodePoint(code)).join('')
  return await subsetFont(sfnt, text, { targetFormat: 'woff2', noHinting: true })
}

function words(values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => bytes.writeUInt16BE(value & 0xffff, i * 2))
  return bytes
}

/** Declares all coordinates as 16-bit numbers, so that every outline fits; woff2 compresses them anyway. */
function head(bold: boolean, order: Glyph[]): Buffer {
  const boxes = order.filter(({ data }) => data.length > 0).map(({ data }) => [2, 4, 6, 8].map(at => data.readInt16BE(at)))
  const extreme = (i: number, pick: (...values: number[]) => number) => pick(0, ...boxes.map(box => box[i]!))
  const box = [extreme(0, Math.min), extreme(1, Math.min), extreme(2, Math.max), extreme(3, Math.max)]
  return words([1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0x000b, EM, 0, 0, 0, 0, 0, 0, 0, 0, ...box, bold ? 1 : 0, 8, 2, 1, 0])
}

function maxp(order: Glyph[]): Buffer {
  let [points, contours, deepest, elements] = [0, 0, 0, 0]
  let [compositePoints, compositeContours] = [0, 0]
  const size = ({ data, parts }: Glyph): { points: number; contours: number; depth: number } => {
    if (parts.length > 0) {
      const of = parts.map(({ glyph }) => size(glyph))
      const sum = (key: 'points' | 'contours') => of.reduce((all, one) => all + one[key], 0)
      return { points: sum('points'), contours: sum('contours'), depth: 1 + Math.max(...of.map(one => one.depth)) }
    }
    const count = data.length > 0 ? data.readInt16BE(0) : 0
    return { points: count > 0 ? data.readUInt16BE(8 + count * 2) + 1 : 0, contours: count, depth: 0 }
  }
  for (const glyph of order) {
    const one = size(glyph)
    if (glyph.parts.length > 0) {
      compositePoints = Math.max(compositePoints, one.points)
      compositeContours = Math.max(compositeContours, one.contours)
      elements = Math.max(elements, glyph.parts.length)
      deepest = Math.max(deepest, one.depth)
    } else {
      points = Math.max(points, one.points)
      contours = Math.max(contours, one.contours)
    }
  }
  return words([1, 0, order.length, points, contours, compositePoints, compositeContours, 1, 0, 0, 0, 0, 0, 0, elements, deepest])
}

function os2(codes: number[], bold: boolean): Buffer {
  const weight = bold ? 700 : 400
  const selection = 0x80 | (bold ? 0x20 : 0x40)
  const ranges = [0, 0, 0, 0, 0, 0, 0, 0]
  const last = Math.min(0xffff, codes.at(-1) ?? 0)
  return Buffer.concat([
    words([4, ADVANCE, weight, 5, 0, 1331, 1433, 0, 286, 1331, 1433, 0, 983, 102, 530, 0]),
    // PANOSE: Latin text, monospaced.
    Buffer.from([2, 11, 6, 9, 3, 8, 4, 2, 2, 4]),
    words(ranges),
    Buffer.from('OTG '),
    words([selection, Math.min(0xffff, codes[0] ?? 0), last, ASCENT, DESCENT, 0, ASCENT, -DESCENT]),
    words([0, 1, 0, 0, 1120, 1493, 0, 32, 0]),
  ])
}

function cmapTable(entries: (readonly [number, number])[]): Buffer {
  const groups: [number, number, number][] = []
  for (const [code, number] of entries) {
    const group = groups.at(-1)
    if (group && code === group[1] + 1 && number === group[2] + code - group[0]) group[1] = code
    else groups.push([code, code, number])
  }
  const table = Buffer.alloc(12 + 16 + groups.length * 12)
  table.writeUInt16BE(1, 2)
  table.writeUInt16BE(3, 4)
  table.writeUInt16BE(10, 6)
  table.writeUInt32BE(12, 8)
  table.writeUInt16BE(12, 12)
  table.writeUInt32BE(16 + groups.length * 12, 16)
  table.writeUInt32BE(groups.length, 24)
  groups.forEach((group, i) => group.forEach((value, part) => table.writeUInt32BE(value, 28 + i * 12 + part * 4)))
  return table
}

function nameTable(family: string, style: string): Buffer {
  const names: [number, string][] = [
    [1, family],
    [2, style],
    [4, `${family} ${style}`],
    [6, `${family.replaceAll(' ', '')}-${style}`],
  ]
  const texts = names.map(([, text]) => Buffer.from(text, 'utf16le').swap16())
  let at = 0
  const records = names.flatMap(([id], i) => {
    const record = [3, 1, 0x409, id, texts[i]!.length, at]
    at += texts[i]!.length
    return record
  })
  return Buffer.concat([words([0, names.length, 6 + names.length * 12, ...records]), ...texts])
}

function assemble(parts: Record<string, Buffer>): Buffer {
  const names = Object.keys(parts).sort()
  const header = Buffer.alloc(12 + names.length * 16)
  header.writeUInt32BE(0x00010000, 0)
  header.writeUInt16BE(names.length, 4)
  const power = Math.floor(Math.log2(names.length))
  header.writeUInt16BE(2 ** power * 16, 6)
  header.writeUInt16BE(power, 8)
  header.writeUInt16BE((names.length - 2 ** power) * 16, 10)
  const bodies: Buffer[] = []
  let at = header.length
  names.forEach((name, i) => {
    const body = parts[name]!
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    let sum = 0
    for (let word = 0; word < padded.length; word += 4) sum = (sum + padded.readUInt32BE(word)) >>> 0
    header.write(name, 12 + i * 16, 'latin1')
    header.writeUInt32BE(sum, 16 + i * 16)
    header.writeUInt32BE(at, 20 + i * 16)
    header.writeUInt32BE(body.length, 24 + i * 16)
    bodies.push(padded)
    at += padded.length
  })
  return Buffer.concat([header, ...bodies])
}
