// What commands print: lines, JSON lines and tables on standard output, notes and errors on standard error. Knows no command.

export interface Output {
  readonly isTerminal: boolean
  /** Columns of the terminal; infinite when it is none. */
  readonly columns: number
  readonly rows: number
  line(text: string): void
  /** Text that brings its own line ends. */
  text(text: string): void
  json(value: object): void
  /** For people only, on standard error. */
  note(text: string): void
  /** `otg: message`, or the error as an object. */
  error(code: string, message: string): void
  jsonErrors(on: boolean): void
  /** From now on a reader who went away is no reason to end. */
  outliveReader(): void
  /** Resolves when everything was handed to the system. */
  flushed(): Promise<void>
}

/** `readerGone` is called when nobody reads standard output any more; it should end the process, quietly. */
export function createOutput(readerGone: () => void): Output {
  const { stdout, stderr } = process
  let json = false
  let endsWithReader = true
  // EIO: the terminal was closed, and SIGHUP is on the way.
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

/** Columns as wide as their widest cell, the last one as wide as the rest of `width`. */
export function table(rows: string[][], width: number): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  return rows.map(row => {
    const cells = row.map((cell, at) => cell + ' '.repeat(widths[at]! - widthOf(cell)))
    return cut(cells.join('  ').trimEnd(), width)
  })
}

/** `text` in at most `width` columns, an ellipsis where it was longer. */
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

/** `text` in lines of at most `width` columns, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(`${line} ${word}`) <= width) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = chop(word, width)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
  }
  return [...lines, line]
}

function chop(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const char of word) {
    if (piece !== '' && widthOf(piece + char) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += char
  }
  return piece === '' ? pieces : [...pieces, piece]
}

/** A length of time, as short as a table wants it. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** Text that others chose, on one line and without what a terminal would act on. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '\u{fffd}')
}

const NO_COLUMN = /\p{Mn}|\p{Me}|\p{Cf}/u
const TWO_COLUMNS =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** Terminal columns, near enough for a table (Unicode Standard Annex 11). */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += NO_COLUMN.test(char) ? 0 : TWO_COLUMNS.test(char) ? 2 : 1
  return width
}
