// An address as a QR code of half blocks. The only file that knows qrcode; knows nothing of what the address opens.
import { create } from 'qrcode'

export interface QrCode {
  /** Each with its colours. */
  lines: string[]
  /** Columns of each line. */
  width: number
}

/** Modules of empty border: the standard has four, readers make do with two, and with one where there is no room. */
const BORDERS = [2, 1]
/** Black on white whatever the terminal's colours are: a reader wants dark on light. */
const INK = '\x1b[38;5;16;48;5;231m'
const PLAIN = '\x1b[m'

/** Undefined when it does not fit. */
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
