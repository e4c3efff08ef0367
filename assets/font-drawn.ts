// Draws the glyphs that the source fonts lack: braille, separators of status lines, symbols that agents print.
import { ADVANCE as W, ASCENT, compose, DESCENT, draw, type Glyph, type Glyphs, type Point } from './font-file.ts'

/** How far shapes reach over the edges of their line, so that adjacent lines join however a browser rounds. */
const OVER = 60
const TOP = ASCENT + OVER
const BOTTOM = DESCENT - OVER
const HEIGHT = TOP - BOTTOM
const MIDDLE = 709
const STROKE = 160

type Corner = [x: number, y: number]

const polygon = (...corners: Corner[]): Point[] => corners.map(([x, y]): Point => [x, y, true])
const rectangle = (x0: number, y0: number, x1: number, y1: number) => polygon([x0, y0], [x0, y1], [x1, y1], [x1, y0])

/** Eight arcs; a `hole` runs in the opposite direction. */
function ellipse(cx: number, cy: number, rx: number, ry: number, hole = false): Point[] {
  const points: Point[] = []
  for (let i = 0; i < 16; i++) {
    const angle = ((hole ? i : -i) * Math.PI) / 8
    // The control point between two points of the curve is where their tangents meet.
    const out = i % 2 === 0 ? 1 : 1 / Math.cos(Math.PI / 8)
    points.push([cx + rx * out * Math.cos(angle), cy + ry * out * Math.sin(angle), i % 2 === 0])
  }
  return points
}

/** A line from corner to corner. */
function line(from: Corner, to: Corner, width = STROKE): Point[] {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  const [dx, dy] = [((to[1] - from[1]) / length) * (width / 2), ((from[0] - to[0]) / length) * (width / 2)]
  return polygon([from[0] - dx, from[1] - dy], [to[0] - dx, to[1] - dy], [to[0] + dx, to[1] + dy], [from[0] + dx, from[1] + dy])
}

/** The right half of an ellipse as high as the line. */
function half(rx: number, ry: number, hole = false): Point[] {
  const [, ...rest] = ellipse(0, MIDDLE, rx, ry, hole)
  const kept = [...rest, [rx, MIDDLE, true] as Point].filter(([x]) => x > -1)
  const sorted = kept.sort((a, b) => b[1] - a[1])
  return hole ? sorted.reverse() : sorted
}

const mirrored = (outlines: Point[][]) => outlines.map(points => points.map(([x, y, on]): Point => [W - x, y, on]).reverse())

const flame: Corner[] = [[W, TOP], [620, 1560], [1020, 1330], [420, 1010], [860, 740], [300, 420], [760, 180], [260, -120], [620, -330], [0, BOTTOM]]
const wave: Corner[] = [[900, TOP], [500, 1600], [1000, 1200], [450, 800], [980, 400], [480, 0], [800, -300], [400, BOTTOM]]

function squares(size: number): Point[][] {
  const found: Point[][] = []
  const rows = Math.round(HEIGHT / size)
  const high = HEIGHT / rows
  const columns = Math.round(W / size)
  const wide = W / columns
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      // Fewer and fewer to the right.
      const kept = column === 0 || (row + column) % 2 === 0 ? (row * 7 + column * 5) % columns >= column - 1 : false
      if (kept) found.push(rectangle(column * wide, BOTTOM + row * high, (column + 1) * wide, BOTTOM + (row + 1) * high))
    }
  return found
}

function hexagons(hollow: boolean): Point[][] {
  const found: Point[][] = []
  const radius = 300
  for (const [cx, cy] of [[230, 1600], [230, 1010], [230, 420], [230, -170], [740, 1305], [740, 715], [740, 125]] as Corner[]) {
    const corners = (r: number) => Array.from({ length: 6 }, (_, i): Corner => [cx + r * Math.cos((-i * Math.PI) / 3), cy + r * Math.sin((-i * Math.PI) / 3)])
    found.push(polygon(...corners(radius)))
    if (hollow) found.push(polygon(...corners(radius - 90)).reverse())
  }
  return found
}

const studs = [rectangle(0, BOTTOM, 700, TOP), rectangle(700, 1250, 1000, 1650), rectangle(700, -230, 1000, 170), rectangle(700, 510, 1000, 910)]
const outline = (x0: number, y0: number, x1: number, y1: number, width: number) => [
  rectangle(x0, y0, x1, y1),
  rectangle(x0 + width, y0 + width, x1 - width, y1 - width).reverse(),
]

/** The triangle of ⏵, pointing to the right. */
const triangle: Corner[] = [[170, 170], [170, 1250], [1100, 710]]
const turned = (quarter: number) =>
  polygon(...triangle.map(([x, y]): Corner => {
    const [dx, dy] = [x - W / 2, y - MIDDLE]
    return quarter === 1 ? [W / 2 + dy, MIDDLE - dx] : quarter === 2 ? [W / 2 - dx, MIDDLE - dy] : quarter === 3 ? [W / 2 - dy, MIDDLE + dx] : [x, y]
  }))
const bar = (x: number, width = 260) => rectangle(x, 170, x + width, 1250)
const small = (x: number, left = false) =>
  left ? polygon([x + 480, 170], [x, 710], [x + 480, 1250]) : polygon([x, 170], [x, 1250], [x + 480, 710])

const shapes: Record<number, Point[][]> = {
  // ⎿ ⎾ ⏋ ⏌; agents print ⎿ before a result.
  0x23bf: [rectangle(536, 618, 696, TOP), rectangle(536, 618, W + 20, 790)],
  0x23be: [rectangle(536, BOTTOM, 696, 790), rectangle(536, 618, W + 20, 790)],
  0x23cb: [rectangle(536, BOTTOM, 696, 790), rectangle(-20, 618, 696, 790)],
  0x23cc: [rectangle(536, 618, 696, TOP), rectangle(-20, 618, 696, 790)],
  0x23af: [rectangle(-20, 618, W + 20, 790)],
  // Media buttons: ⏴ ⏵ ⏶ ⏷ ⏸ ⏹ ⏺, ⏭ ⏮ ⏯.
  0x23f4: [turned(2)],
  0x23f5: [turned(0)],
  0x23f6: [turned(3)],
  0x23f7: [turned(1)],
  0x23f8: [bar(220), bar(753)],
  0x23f9: [rectangle(126, 220, 1107, 1200)],
  0x23fa: [ellipse(W / 2, MIDDLE, 530, 530)],
  0x23ed: [small(60), small(520), bar(1000, 150)],
  0x23ee: [bar(83, 150), small(233, true), small(693, true)],
  0x23ef: [small(60), bar(640, 180), bar(940, 180)],
  // ⋮ ℹ ☰ ⤷
  0x22ee: [1180, MIDDLE, 238].map(y => ellipse(W / 2, y, 120, 120)),
  0x2139: [ellipse(W / 2, 1330, 150, 150), rectangle(300, 850, 730, 1010), rectangle(520, 0, 730, 1010), rectangle(250, 0, 1000, 160)],
  0x2630: [1130, 630, 130].map(y => rectangle(130, y, 1103, y + 160)),
  0x2937: [rectangle(200, 500, 360, 1300), rectangle(200, 500, 850, 660), polygon([780, 250], [780, 910], [1130, 580])],
  // Status lines: column number, half circles, flames, squares, waves, honeycomb, bricks, trapezoids.
  0xe0a3: [line([260, 1400], [260, 700]), line([260, 700], [620, 700]), ...outline(560, 0, 1080, 700, 150)],
  0xe0b1: [line([0, TOP], [W - 80, MIDDLE], 110), line([W - 80, MIDDLE], [0, BOTTOM], 110)],
  0xe0b3: [line([W, TOP], [80, MIDDLE], 110), line([80, MIDDLE], [W, BOTTOM], 110)],
  0xe0b4: [half(W, HEIGHT / 2)],
  0xe0b5: [half(W, HEIGHT / 2), half(W - 110, HEIGHT / 2 - 60, true)],
  0xe0b8: [polygon([0, TOP], [W, BOTTOM], [0, BOTTOM])],
  0xe0b9: [line([0, TOP], [W, BOTTOM], 110)],
  0xe0bc: [polygon([0, TOP], [W, TOP], [0, BOTTOM])],
  0xe0bd: [line([W, TOP], [0, BOTTOM], 110)],
  0xe0c0: [polygon([0, TOP], ...flame)],
  0xe0c1: flame.slice(1).map((corner, i) => line(flame[i]!, corner, 100)),
  0xe0c4: squares(205),
  0xe0c6: squares(411),
  0xe0c8: [polygon([0, TOP], ...wave, [0, BOTTOM])],
  0xe0cc: hexagons(false),
  0xe0cd: hexagons(true),
  0xe0ce: studs,
  0xe0cf: [...outline(0, BOTTOM, 700, TOP, 100), rectangle(700, 1250, 1000, 1650), rectangle(700, 510, 1000, 910), rectangle(700, -230, 1000, 170)],
  0xe0d0: [rectangle(0, BOTTOM, W, TOP), ellipse(W / 2, MIDDLE + 550, 330, 330, true), ellipse(W / 2, MIDDLE - 550, 330, 330, true)],
  0xe0d1: [rectangle(0, BOTTOM, W, 1500), rectangle(100, 1500, 480, 1800), rectangle(753, 1500, 1133, 1800)],
  0xe0d2: [polygon([0, TOP], [W, TOP], [700, MIDDLE + 60], [0, MIDDLE + 60]), polygon([0, MIDDLE - 60], [700, MIDDLE - 60], [W, BOTTOM], [0, BOTTOM])],
}
const mirrors: [from: number, to: number][] = [
  [0xe0b4, 0xe0b6], [0xe0b5, 0xe0b7], [0xe0b8, 0xe0ba], [0xe0b9, 0xe0bb], [0xe0bc, 0xe0be], [0xe0bd, 0xe0bf],
  [0xe0c0, 0xe0c2], [0xe0c1, 0xe0c3], [0xe0c4, 0xe0c5], [0xe0c6, 0xe0c7], [0xe0c8, 0xe0ca], [0xe0d2, 0xe0d4],
]

/** The column and row of the braille dot for each bit of the character. */
const DOTS: Corner[] = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]]

export function drawGlyphs(): Glyphs {
  const all: Glyphs = new Map()
  for (const [code, outlines] of Object.entries(shapes)) all.set(Number(code), draw(outlines))
  for (const [from, to] of mirrors) all.set(to, draw(mirrored(shapes[from]!)))
  const radius = 150
  const dot: Glyph = draw([ellipse(0, 0, radius, radius)])
  for (let bits = 0; bits < 256; bits++) {
    const parts = DOTS.filter((_, i) => bits & (1 << i)).map(([column, row]) => {
      const [dx, dy] = [column === 0 ? 308 : 925, Math.round(1605 - row * 597)]
      return { glyph: dot, dx, dy, box: [dx - radius, dy - radius, dx + radius, dy + radius] as [number, number, number, number] }
    })
    all.set(0x2800 + bits, parts.length > 0 ? compose(parts) : draw([]))
  }
  return all
}
