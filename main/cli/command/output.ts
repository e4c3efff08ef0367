// What commands print: lines, JSON lines and tables on standard output, notes and errors on standard error.

export interface Output {
  readonly isTerminal: boolean
  /** Columns of the terminal; infinite if output is not a terminal. */
  readonly columns: number
  readonly rows: number
  line(text: string): void
  /** Text that includes its line ends. */
  text(text: string): void
  json(value: object): void
  /** A line for people, on standard error. */
  note(text: string): void
  /** Prints `otg: message`, or the error as a JSON object. */
  error(code: string, message: string): void
  jsonErrors(on: boolean): void
  /** From now on, keep running when the reader of standard output is gone. */
  outliveReader(): void
  /** Resolves when everything is handed to the system. */
  flushed(): Promise<void>
}

/** `readerGone` is called when the reader of standard output is gone; it should end the process quietly. */
export function createOutput(readerGone: () => void): Output {
  const { stdout, stderr } = process
  let json = false
  let endsWithReader = true
  // EIO means the terminal was closed: SIGHUP is on its way.
  stdout.on('error', error => {
    if (endsWithReader && (error as NodeJS.ErrnoException).code === 'EPIPE') readerGone()
  })
  stderr.on('error', () => {})
  const output: Output = {
    isTerminal: stdout.isTTY === true,
    get columns() {
      return stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY
    },
    get rows() {
      return stdout.isTTY ? stdout.rows || 24 : Number.POSITIVE_INFINITY
    },
    line: text => void stdout.write(`${text}\n`),
    text: text => void stdout.write(text),
    json: value => void stdout.write(`${JSON.stringify(value)}\n`),
    note: text => void stderr.write(`${text}\n`),
    error: (code, message) => {
      output.note(json ? JSON.stringify({ error: { code, message } }) : `otg: ${message}`)
    },
    jsonErrors: on => {
      json = on
    },
    outliveReader: () => {
      endsWithReader = false
    },
    flushed: async () => {
      for (const stream of [stdout, stderr]) await new Promise<void>(resolve => stream.write('', () => resolve()))
    },
  }
  return output
}

/** Each column is as wide as its widest cell; rows are cut to `width`. */
export function table(rows: string[][], width: number): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  return rows.map(row => {
    const cells = row.map((cell, at) => cell + ' '.repeat(widths[at]! - widthOf(cell)))
    return cut(cells.join('  ').trimEnd(), width)
  })
}

/** `text` cut to `width` columns, with an ellipsis if it was longer. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let result = ''
  let used = 0
  for (const char of text) {
    used += widthOf(char)
    if (used > width - 1) break
    result += char
  }
  return `${result}…`
}

/** `text` in lines of at most `width` columns, broken at spaces where possible. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(`${line} ${word}`) <= width) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    const parts = splitWord(word, width)
    lines.push(...parts.slice(0, -1))
    line = parts.at(-1) ?? ''
  }
  return [...lines, line]
}

function splitWord(word: string, width: number): string[] {
  const parts: string[] = []
  let part = ''
  for (const char of word) {
    if (part !== '' && widthOf(part + char) > width) {
      parts.push(part)
      part = ''
    }
    part += char
  }
  return part === '' ? parts : [...parts, part]
}

/** A duration in its largest unit: `12s`, `3m`, `47h`, `9d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** Makes untrusted text safe to print on one line: replaces control characters and invisible or bidi formatting. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '\u{fffd}')
}

const NO_COLUMN = /\p{Mn}|\p{Me}|\p{Cf}/u
const TWO_COLUMNS =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** Terminal columns, accurate enough for tables (Unicode Standard Annex 11). */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += NO_COLUMN.test(char) ? 0 : TWO_COLUMNS.test(char) ? 2 : 1
  return width
}
