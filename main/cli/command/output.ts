// What commands print: lines and JSON lines on standard output, notes and errors on standard error.

import { jsonLine } from './json-line.ts'
import { printable } from './text-layout.ts'

export interface Output {
  readonly isTerminal: boolean
  /** Columns of the terminal; infinite if output is not a terminal. */
  readonly columns: number
  readonly rows: number
  line(text: string): void
  /** Text that includes its line ends. */
  text(text: string): void
  json(value: object): void
  /** A line for people, on standard error; control characters in it are replaced. */
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
    json: value => void stdout.write(`${jsonLine(value)}\n`),
    // Names and texts of files that others made may contain escape sequences.
    note: text => void stderr.write(`${text.split('\n').map(printable).join('\n')}\n`),
    error: (code, message) => {
      output.note(json ? jsonLine({ error: { code, message } }) : `otg: ${message}`)
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
