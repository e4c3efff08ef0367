// The terminal that otg runs in: raw mode and back, its size, bytes in and out. Knows no session and no protocol.
import { execFileSync } from 'node:child_process'
import { readFileSync, write, writeSync } from 'node:fs'
import { Modes } from './modes.ts'

export interface Size {
  cols: number
  rows: number
}

/** One write to a terminal: more would only make leaving wait longer for one that is slow. */
const WRITE_BYTES = 64 * 1024
/** Somebody else made the descriptor non-blocking, and it is full. */
const AGAIN_MS = 5

interface Pending {
  bytes: Uint8Array
  done: () => void
}

/**
 * Standard input and output, whether they are a terminal or not. Output is written by the thread pool, one write at a
 * time: a terminal that takes nothing for a while (a slow ssh) must not keep a key from being read.
 */
export class OuterTerminal {
  readonly inputIsTerminal: boolean
  readonly outputIsTerminal: boolean
  readonly #stdin: NodeJS.ReadStream
  readonly #stdout: NodeJS.WriteStream
  /** Nobody takes output any more: the reader is gone (EPIPE), or the terminal (EIO). */
  readonly #gone: (code: string) => void
  #modes = new Modes()
  #queue: Pending[] = []
  #writing = false
  #idle: (() => void)[] = []
  #entered: 'session' | 'screen' | undefined
  #left = false

  constructor(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream, gone: (code: string) => void) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#gone = gone
    this.inputIsTerminal = stdin.isTTY === true
    this.outputIsTerminal = stdout.isTTY === true
  }

  /** Undefined when output goes to no terminal, or to one that does not know its size. */
  get size(): Size | undefined {
    const { columns: cols, rows } = this.#stdout
    return this.outputIsTerminal && cols > 0 && rows > 0 ? { cols, rows } : undefined
  }

  /** Raw mode, and an empty screen: what was on it moves into the scrollback. Undone by `leave`. */
  enter(): void {
    if (this.#entered) return
    this.#entered = 'session'
    this.#raw()
    if (!this.outputIsTerminal) return
    // From the cursor's row on, one row less than the screen has brings that row to the top, wherever it was.
    const scroll = '\n'.repeat((this.size?.rows ?? 24) - 1)
    // The title is pushed, so that what the session sets does not stay in the window's bar.
    writeAll(`\x1b[22;0t\r${scroll}\x1b[H\x1b[J`)
  }

  /** Raw mode, and the alternate screen without a cursor, for who draws on all of it. Undone by `leave(false)`. */
  enterAlternateScreen(): void {
    if (this.#left) return
    this.#entered = 'screen'
    if (this.inputIsTerminal) this.#stdin.setRawMode(true)
    this.write(Buffer.from('\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J'), () => {})
  }

  /** Forgets what the session has switched and clears, for a state that is written as a whole. */
  clear(): void {
    if (!this.outputIsTerminal || this.#left) return
    this.write(Buffer.from(`${this.#modes.undo()}\x1b[H\x1b7\x1b[J`), () => {})
    this.#modes = new Modes()
  }

  /** Queues output; `done` when the system has it. */
  write(bytes: Uint8Array, done: () => void): void {
    if (this.#left) return
    this.#modes.note(bytes)
    this.#queue.push({ bytes, done })
    this.#pump()
  }

  /** Resolves when all that was queued is written. */
  drained(): Promise<void> {
    if (!this.#writing) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  /**
   * Drops what is queued and puts the terminal back as it was. Works at any time, also while the process exits.
   * `amid`: the session goes on, so its cursor may be anywhere; what is printed next gets a row of its own.
   */
  restore(amid = true): void {
    if (this.#left) return
    this.#left = true
    this.#queue = []
    if (this.#entered && this.outputIsTerminal) {
      // Back from the alternate screen the cursor is where the program was started, at the beginning of a row.
      const row = this.#modes.alternate ? '\r' : '\r\n'
      const title = this.#entered === 'session' ? '\x1b[23;0t' : ''
      writeAll(`${this.#modes.undo()}${title}${amid ? `${row}\x1b[J` : ''}`)
    }
    if (this.#entered && this.inputIsTerminal) {
      try {
        this.#stdin.setRawMode(false)
      } catch {
        // The terminal is gone, and its settings with it.
      }
    }
  }

  /** After a stop (SIGTSTP from outside) the shell has changed the settings. */
  resume(): void {
    if (!this.#entered || this.#left) return
    if (this.inputIsTerminal) this.#stdin.setRawMode(false)
    if (this.#entered === 'screen') this.enterAlternateScreen()
    else this.#raw()
  }

  #raw(): void {
    if (!this.inputIsTerminal) return
    this.#stdin.setRawMode(true)
    // Node leaves output processing on (libuv's UV_TTY_MODE_RAW), which makes CR LF of every LF; what a session prints
    // has been through that already, or is meant as it is. Turning raw mode off brings all settings back, this too.
    if (!this.outputIsTerminal || process.platform === 'win32') return
    try {
      execFileSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
    } catch {
      // No stty: full-screen programs that move down by LF are a little off, the rest is right.
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
      if (!this.#writing) for (const tell of this.#idle.splice(0)) tell()
    })
  }

  #write(bytes: Uint8Array, done: () => void): void {
    if (bytes.length === 0) return done()
    // In pieces, as a keyframe may be large, and nothing else gets through while a slow terminal takes it.
    write(1, bytes.subarray(0, WRITE_BYTES), (error, written) => {
      if (this.#left) return done()
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes, done), AGAIN_MS)
      else if (error) {
        this.#queue = []
        done()
        this.#gone(error.code ?? '')
      } else this.#write(bytes.subarray(written), done)
    })
  }
}

/** Whether this process may read its terminal: a job in the background is stopped when it tries (POSIX, XBD 11.1.4). */
export function inForeground(): boolean {
  try {
    const [group, foreground] = process.platform === 'linux' ? groupsByProc() : groupsByPs()
    // None: it is not this process's controlling terminal, which stops nobody.
    return group === foreground || !(Number(foreground) > 0)
  } catch {
    return true // Windows has no such thing
  }
}

/** This process's group, and the one that its terminal has in the foreground (proc_pid_stat(5): fields 5 and 8). */
function groupsByProc(): (string | undefined)[] {
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return [fields[2], fields[5]]
}

function groupsByPs(): (string | undefined)[] {
  const ps = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', `${process.pid}`], { encoding: 'utf8' })
  return ps.trim().split(/\s+/)
}

/** All of it or, when the terminal is gone, nothing. */
function writeAll(text: string): void {
  let bytes: Uint8Array = Buffer.from(text)
  for (let tries = 0; bytes.length > 0 && tries < 100; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS)
      tries++
    }
  }
}
