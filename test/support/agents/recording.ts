// Recordings of real programs, with the state that each marked moment is in: asciicast v2 files, whose "m" events hold a
// Moment as JSON (https://docs.asciinema.org/manual/asciicast/v2/). test/data/agents has one folder per program.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type IPty, spawn } from 'node-pty'
import { Screen } from '../../../main/host/screen/screen.ts'

/** What is right at a moment of a recording. */
export interface Moment {
  /** null: no state; a shell at its prompt, a pager. */
  state: 'working' | 'blocked' | 'idle' | null
  /** What happens here, for a person who reads a failure. */
  note: string
  /** The name of the process in the foreground, as the host would read it. */
  command: string
  /** Words that the question's text has to contain, and its options' keys or labels in order. */
  question?: string
  options?: string[]
  /** What the host would find out of the processes: whether one reads the terminal. Left out: it cannot tell. */
  reads?: boolean
}

export interface Recording {
  cols: number
  rows: number
  /** The program and its version. */
  title: string
  steps: RecordedStep[]
}

export type RecordedStep =
  | { at: number; output: string }
  | { at: number; resize: { cols: number; rows: number } }
  | { at: number; moment: Moment }

type Event = [number, 'o' | 'r' | 'm', string]

export function readRecording(file: string): Recording {
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  const { width, height, title } = JSON.parse(head!) as { width: number; height: number; title: string }
  const steps = lines.map((line): RecordedStep => {
    const [at, kind, data] = JSON.parse(line) as Event
    if (kind === 'o') return { at, output: data }
    if (kind === 'm') return { at, moment: JSON.parse(data) as Moment }
    const [cols, rows] = data.split('x').map(Number)
    return { at, resize: { cols: cols!, rows: rows! } }
  })
  return { cols: width, rows: height, title, steps }
}

export interface RecordOptions {
  file: string
  title: string
  command: string[]
  /** The name of the process, as in Moment. */
  name: string
  cols: number
  rows: number
  cwd: string
  env: Record<string, string | undefined>
}

/** A poll of the screen while a driver waits for it. */
const POLL_MS = 30

/** A program is quiet when it has printed nothing for this long. */
const QUIET_MS = 700

/** Runs a program on a PTY and records it, for scripts that record anew. Not part of a test. */
export class ProgramRecorder {
  readonly screen: Screen
  readonly #options: RecordOptions
  readonly #pty: IPty
  readonly #events: Event[] = []
  readonly #started = performance.now()
  #printedAt = performance.now()
  #ended = false

  constructor(options: RecordOptions) {
    const { command, cols, rows, cwd, env } = options
    this.#options = options
    this.screen = new Screen({ cols, rows, hooks: { answer: text => this.#pty.write(text) } })
    this.#pty = spawn(command[0]!, command.slice(1), { cols, rows, cwd, env, name: 'xterm-256color' })
    this.#pty.onData(output => {
      this.#printedAt = performance.now()
      this.#add('o', output)
      this.screen.write(Buffer.from(output))
    })
    this.#pty.onExit(() => {
      this.#ended = true
    })
  }

  get ended(): boolean {
    return this.#ended
  }

  type(text: string): void {
    this.#pty.write(text)
  }

  /** Types a line as a person does: the text, a moment, Enter. */
  async line(text: string): Promise<void> {
    this.type(text)
    await pause(300)
    this.type('\r')
  }

  resize(cols: number, rows: number): void {
    this.#pty.resize(cols, rows)
    this.screen.resize(cols, rows)
    this.#add('r', `${cols}x${rows}`)
  }

  /** Waits until the screen shows this. Rejects with the screen after `milliseconds`. */
  async shows(what: string | RegExp, milliseconds = 30_000): Promise<void> {
    const until = performance.now() + milliseconds
    for (;;) {
      const text = this.screen.lines().join('\n')
      if (typeof what === 'string' ? text.includes(what) : what.test(text)) return
      if (performance.now() > until) throw new Error(`the screen does not show ${what}:\n${text}`)
      await pause(POLL_MS)
    }
  }

  /** Waits until nothing was printed for a while. */
  async quiet(milliseconds = QUIET_MS): Promise<void> {
    while (performance.now() - this.#printedAt < milliseconds) await pause(POLL_MS)
  }

  /** Marks the state that is right now. */
  mark(
    state: Moment['state'],
    note: string,
    more: Partial<Pick<Moment, 'question' | 'options' | 'command' | 'reads'>> = {},
  ): void {
    const moment: Moment = { state, note, command: this.#options.name, ...more }
    this.#add('m', JSON.stringify(moment))
  }

  /** Ends the program and writes the file. */
  async save(): Promise<void> {
    const { file, cols, rows, title } = this.#options
    if (!this.#ended) this.#pty.kill('SIGKILL')
    while (!this.#ended) await pause(POLL_MS)
    mkdirSync(dirname(file), { recursive: true })
    const head = { version: 2, width: cols, height: rows, title }
    writeFileSync(file, [head, ...this.#events].map(line => `${JSON.stringify(line)}\n`).join(''))
    this.screen.dispose()
  }

  #add(kind: Event[1], data: string): void {
    this.#events.push([Math.round(performance.now() - this.#started) / 1000, kind, data])
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
