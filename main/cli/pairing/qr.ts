// Draws a QR code with half-block characters. The only file that imports qrcode.
import { create } from 'qrcode'

export interface QrCode {
  /** Each includes its colors. */
  lines: string[]
  /** Columns of each line. */
  width: number
}

/** Empty modules around the code: the standard says four, readers accept two, and one if there is no room. */
const BORDERS = [2, 1]
/** Black on white regardless of the terminal's colors, because readers expect dark on light. */
const INK = '\x1b[38;5;16;48;5;231m'
const PLAIN = '\x1b[m'

/** Undefined if the code does not fit into `columns` x `rows`. */
export function qrCode(text: string, columns: number, rows: number): QrCode | undefined {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const border = BORDERS.find(border => {
    const size = modules.size + 2 * border
    return size <= columns && Math.ceil(size / 2) <= rows
  })
  if (border === undefined) return undefined
  const size = modules.size + 2 * border
  const dark = (x: number, y: number) => {
    const [column, row] = [x - border, y - border]
    if (column < 0 || row < 0 || column >= modules.size || row >= modules.size) return false
    return modules.get(row, column) === 1
  }
  const lines: string[] = []
  for (let y = 0; y < size; y += 2) {
    let line = ''
    for (let x = 0; x < size; x++) line += BLOCKS[(dark(x, y) ? 1 : 0) + (dark(x, y + 1) ? 2 : 0)]
    lines.push(`${INK}${line}${PLAIN}`)
  }
  return { lines, width: size }
}

const BLOCKS = [' ', '▀', '▄', '█']
