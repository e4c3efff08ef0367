// An address as a QR code of half blocks. The only file that knows qrcode; knows nothing of what the address opens.
import { create } from 'qrcode'

/** Modules of empty border: the standard has four, readers make do with two (and a terminal has few rows). */
const BORDER = 2
/** Black on white whatever the terminal's colours are: a reader wants dark on light. */
const INK = '\x1b[38;5;16;48;5;231m'
const PLAIN = '\x1b[m'

/** The lines of the code, or undefined when they do not fit. */
export function qrLines(text: string, columns: number, rows: number): string[] | undefined {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const size = modules.size + 2 * BORDER
  if (size > columns || Math.ceil(size / 2) > rows) return undefined
  const dark = (x: number, y: number) => {
    const [column, row] = [x - BORDER, y - BORDER]
    if (column < 0 || row < 0 || column >= modules.size || row >= modules.size) return false
    return modules.get(row, column) === 1
  }
  const lines: string[] = []
  for (let y = 0; y < size; y += 2) {
    let line = ''
    for (let x = 0; x < size; x++) line += BLOCKS[(dark(x, y) ? 1 : 0) + (dark(x, y + 1) ? 2 : 0)]
    lines.push(`${INK}${line}${PLAIN}`)
  }
  return lines
}

const BLOCKS = [' ', '▀', '▄', '█']
