// The terminal that otg runs in: raw mode, size, output, and restoring it afterwards.
import { execFileSync } from 'node:child_process'
import { write, writeSync } from 'node:fs'
import { Modes } from './modes.ts'

export interface Size {
  cols: number
  rows: number
}

/** Bytes of one write: more would make leaving a slow terminal take longer. */
const WRITE_BYTES = 64 * 1024
/** How long to wait if another process made the descriptor non-blocking and it is full. */
const RETRY_MS = 5

interface Pending {
  bytes: Uint8Array
  done: () => void
}

/**
 * Standard input and output, whether they are a terminal or not. The thread pool writes output, one write at a time: a
 * terminal that blocks for a while (a slow ssh) must not delay input.
 */
export class OuterTerminal {
  readonly inputIsTerminal: boolean
  readonly outputIsTerminal: boolean
  readonly #stdin: NodeJS.ReadStream
  readonly #stdout: NodeJS.WriteStream
  /** Called when the reader of the output (EPIPE) or the terminal (EIO) is gone. */
  readonly #onClosed: (code: string) => void
  #modes = new Modes()
  #queue: Pending[] = []
  #writing = false
  #onDrained: (() => void)[] = []
  #entered: 'session' | 'screen' | undefined
  #restored = false

  constructor(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream, onClosed: (code: string) => void) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#onClosed = onClosed
    this.inputIsTerminal = stdin.isTTY === true
    this.outputIsTerminal = stdout.isTTY === true
  }

  /** Undefined if output is not a terminal, or one that does not know its size. */
  get size(): Size | undefined {
    const { columns: cols, rows } = this.#stdout
    return this.outputIsTerminal && cols > 0 && rows > 0 ? { cols, rows } : undefined
  }

  /** Raw mode and an empty screen, whose old contents move into the scrollback. Undone by `restore`. */
  enter(): void {
    if (this.#entered) return
    this.#entered = 'session'
    this.#raw()
    if (!this.outputIsTerminal) return
    // One line feed less than the screen has rows scrolls the cursor's row to the top, wherever it was.
    const scroll = '\n'.repeat((this.size?.rows ?? 24) - 1)
    // The window's title is pushed, so that the session's title does not remain.
    writeAll(`\x1b[22;0t\r${scroll}\x1b[H\x1b[J`)
  }

  /** Raw mode and the alternate screen without a cursor, for full-screen drawing. Undone by `restore(false)`. */
  enterAlternateScreen(): void {
    if (this.#restored) return
    this.#entered = 'screen'
    if (this.inputIsTerminal) this.#stdin.setRawMode(true)
    this.write(Buffer.from('\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J'), () => {})
  }

  /** Resets modes and clears the screen before a keyframe. */
  clear(): void {
    if (!this.outputIsTerminal || this.#restored) return
    this.write(Buffer.from(`${this.#modes.undo()}\x1b[H\x1b7\x1b[J`), () => {})
    this.#modes = new Modes()
  }

  /** Queues output; calls `done` once it is written. */
  write(bytes: Uint8Array, done: () => void): void {
    if (this.#restored) return
    this.#modes.note(bytes)
    this.#queue.push({ bytes, done })
    this.#pump()
  }

  /** Resolves when everything queued is written. */
  drained(): Promise<void> {
    if (!this.#writing) return Promise.resolve()
    return new Promise(resolve => this.#onDrained.push(resolve))
  }

  /**
   * Drops queued output and restores the terminal. Works at any time, also while the process exits.
   * `midOutput`: the session goes on and its cursor can be anywhere, so what is printed next gets its own row.
   */
  restore(midOutput = true): void {
    if (this.#restored) return
    this.#restored = true
    this.#queue = []
    if (this.#entered && this.outputIsTerminal) {
      // Leaving the alternate screen puts the cursor where the program was started, at the beginning of a row.
      const row = this.#modes.alternate ? '\r' : '\r\n'
      const title = this.#entered === 'session' ? '\x1b[23;0t' : ''
      writeAll(`${this.#modes.undo()}${title}${midOutput ? `${row}\x1b[J` : ''}`)
    }
    if (this.#entered && this.inputIsTerminal) {
      try {
        this.#stdin.setRawMode(false)
      } catch {
        // The terminal is gone, and its settings with it.
      }
    }
  }

  /** Sets the terminal up again after a stop (SIGTSTP from outside), during which the shell changed its settings. */
  resume(): void {
    if (!this.#entered || this.#restored) return
    if (this.inputIsTerminal) this.#stdin.setRawMode(false)
    if (this.#entered === 'screen') this.enterAlternateScreen()
    else this.#raw()
  }

  #raw(): void {
    if (!this.inputIsTerminal) return
    this.#stdin.setRawMode(true)
    // Node leaves output processing on (libuv's UV_TTY_MODE_RAW), which turns LF into CR LF. A session's output has been
    // processed by its own PTY. Turning raw mode off restores this setting too.
    if (!this.outputIsTerminal || process.platform === 'win32') return
    try {
      execFileSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
    } catch {
      // Without stty, programs that move the cursor down with LF are drawn slightly wrong.
    }
  }

  #pump(): void {
    if (this.#writing || this.#queue.length === 0) return
    this.#writing = true
    const taken: Pending[] = []
    let size = 0
    while (this.#queue.length > 0 && (size === 0 || size + this.#queue[0]!.bytes.length <= WRITE_BYTES)) {
      const next = this.#queue.shift()!
      taken.push(next)
      size += next.bytes.length
    }
    const bytes = taken.length === 1 ? taken[0]!.bytes : Buffer.concat(taken.map(one => one.bytes))
    this.#write(bytes, () => {
      this.#writing = false
      for (const { done } of taken) done()
      this.#pump()
      if (!this.#writing) for (const resolve of this.#onDrained.splice(0)) resolve()
    })
  }

  #write(bytes: Uint8Array, done: () => void): void {
    if (bytes.length === 0) return done()
    // In chunks: a keyframe can be large, and a slow terminal takes nothing else during a write.
    write(1, bytes.subarray(0, WRITE_BYTES), (error, written) => {
      if (this.#restored) return done()
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes, done), RETRY_MS)
      else if (error) {
        this.#queue = []
        done()
        this.#onClosed(error.code ?? '')
      } else this.#write(bytes.subarray(written), done)
    })
  }
}

/** Writes synchronously; gives up if the terminal is gone. */
function writeAll(text: string): void {
  let bytes: Uint8Array = Buffer.from(text)
  for (let tries = 0; bytes.length > 0 && tries < 100; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      tries++
    }
  }
}
