// asciicast v2 and v3 (docs.asciinema.org/manual/asciicast/v2 and v3): a header, then one event per line.
import type { Redactor } from './redact/redactor.ts'
import type { ReplayFrame } from './replay-frames.ts'

export interface CastHeader {
  version: 2 | 3
  title: string
  command: string
  /** Unix seconds. */
  timestamp: number
  shell: string | undefined
}

export interface CastMark {
  at: number
  label: string
}

const TERM = 'xterm-256color'

/** Makes the lines of a cast, frame by frame. */
export class Cast {
  readonly #header: CastHeader
  readonly #redactor: Redactor
  readonly #marks: CastMark[]
  /** Characters that are split by the end of a frame wait for the next frame. */
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #size: { cols: number; rows: number } | undefined
  #begin = 0
  #before = 0

  constructor(header: CastHeader, marks: readonly CastMark[], redactor: Redactor) {
    this.#header = header
    this.#redactor = redactor
    this.#marks = [...marks].sort((a, b) => a.at - b.at)
  }

  frame(frame: ReplayFrame): string {
    let lines = ''
    if (!this.#size) lines += this.#start(frame)
    for (let mark = this.#marks[0]; mark && mark.at <= frame.at; mark = this.#marks[0]) {
      this.#marks.shift()
      lines += this.#event('m', mark.at, this.#redactor.plain(mark.label))
    }
    switch (frame.kind) {
      case 'state':
        // The beginning of a split character belongs to another part of the log.
        this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true })
        return lines + this.#resized(frame) + this.#output(frame)
      case 'output':
        return lines + this.#output(frame)
      case 'resize':
        return lines + this.#resized(frame)
      case 'gap':
        return lines + this.#event('m', frame.at, `${frame.bytes} bytes are missing here (${frame.reason})`)
    }
  }

  /** The last lines. `exit_code`: of a session that is exported to its end. */
  end(at: number, exit_code: number | null): string {
    let lines = ''
    for (const mark of this.#marks) lines += this.#event('m', Math.min(mark.at, at), this.#redactor.plain(mark.label))
    const rest = this.#decoder.decode()
    if (rest !== '') lines += this.#event('o', at, rest)
    if (this.#header.version === 3 && exit_code !== null) lines += this.#event('x', at, String(exit_code))
    return lines
  }

  #start(frame: ReplayFrame): string {
    const { cols, rows } = frame.kind === 'state' || frame.kind === 'resize' ? frame : { cols: 80, rows: 24 }
    this.#size = { cols, rows }
    this.#begin = this.#before = frame.at
    const { version, timestamp, shell } = this.#header
    const title = this.#redactor.plain(this.#header.title)
    const command = this.#redactor.plain(this.#header.command)
    const common = {
      timestamp: timestamp + Math.floor(frame.at / 1000),
      ...(command && { command }),
      ...(title && { title }),
    }
    const env = shell ? { SHELL: shell } : {}
    const header =
      version === 2
        ? { version, width: cols, height: rows, ...common, env: { TERM, ...env } }
        : { version, term: { cols, rows, type: TERM }, ...common, env }
    return `${JSON.stringify(header)}\n`
  }

  #resized({ at, cols, rows }: { at: number; cols: number; rows: number }): string {
    if (cols === this.#size!.cols && rows === this.#size!.rows) return ''
    this.#size = { cols, rows }
    return this.#event('r', at, `${cols}x${rows}`)
  }

  #output({ at, bytes }: { at: number; bytes: Uint8Array }): string {
    const text = this.#decoder.decode(bytes, { stream: true })
    return text === '' ? '' : this.#event('o', at, text)
  }

  #event(code: 'o' | 'r' | 'm' | 'x', at: number, data: string): string {
    const time = Math.max(this.#before, at)
    const shown = this.#header.version === 2 ? time - this.#begin : time - this.#before
    this.#before = time
    return `${JSON.stringify([shown / 1000, code, data])}\n`
  }
}
