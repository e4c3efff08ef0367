// One process on a pseudo-terminal. The only file that knows node-pty; knows nothing of sessions or clients.
import { accessSync, constants, readSync, statSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { delimiter, join, resolve } from 'node:path'
import { type IPty, spawn } from 'node-pty'
import { CodedError } from '../../../protocol/errors.ts'
import { BATCH_BYTES } from '../../../protocol/limits.ts'

export interface PtyOptions {
  command: string[]
  cwd: string
  env: Record<string, string>
  cols: number
  rows: number
}

export interface PtyHandlers {
  /** Output as it was read, at most 64 KiB; the bytes are lent until this returns. */
  data(bytes: Uint8Array): void
  /**
   * Once, after the last data. `signal` is a number as the kernel gives it, 0 for none. `exitCode` is null for a process that
   * was let go: nobody saw it end.
   */
  exit(exitCode: number | null, signal: number): void
}

/** Input that waits for the program to read. A program that never reads must not make the host grow. */
export const INPUT_QUEUE_BYTES = 4 * 1024 * 1024

/** Linux gives at most this much of a terminal at once: who gets less has read all that there was. */
const FULL_READ_BYTES = 4095

/** What is read in one turn of the main loop: a batch. More would only make others wait. */
const TURN_BYTES = BATCH_BYTES

/**
 * And for so long. A read waits for the kernel to bring what was printed meanwhile: microseconds, or milliseconds where
 * processors are scarce, and other sessions' keys would wait with it.
 */
const TURN_MS = 0.3

/** Where that is put, lent from here; one for all. */
const turn = new Uint8Array(TURN_BYTES)

/** Pauses between tries while the program does not read: short enough for typing, long enough to cost nothing. */
const RETRY_MS = [1, 2, 4, 8, 16, 32, 64]

/** A paused PTY looks so often whether its process has ended: then what is left is read, and the end can be told. */
const PAUSED_POLL_MS = 40

/** After the process ended its output is at an end when nothing came for so long. */
const QUIET_MS = 100
/** And what others who still have the terminal print is not waited for any longer. */
const LAST_WORDS_MS = 2_000

/** Starts `command`. Throws `command_not_found`, `cwd_not_found` or `spawn_failed`. */
export class Pty {
  readonly pid: number
  readonly #pty: IPty
  readonly #handlers: PtyHandlers
  readonly #stream: Socket | undefined
  readonly #queue: { bytes: Uint8Array; at: number; taken: () => void }[] = []
  #queued = 0
  #retry = 0
  #retryTimer: NodeJS.Timeout | undefined
  #pausedPoll: NodeJS.Timeout | undefined
  #ended = false
  #lettingGo = false
  #reads = 0

  constructor(options: PtyOptions, handlers: PtyHandlers) {
    this.#handlers = handlers
    checkFolder(options.cwd)
    const [program, ...args] = options.command
    const file = findProgram(program!, options.cwd, options.env.PATH ?? '')
    try {
      this.#pty = spawn(file, args, {
        name: options.env.TERM ?? 'xterm-256color',
        cols: options.cols,
        rows: options.rows,
        cwd: options.cwd,
        env: options.env,
        encoding: null,
      })
    } catch (cause) {
      throw new CodedError('spawn_failed', `${program} could not be started: ${String(cause)}`, { cause })
    }
    this.pid = this.#pty.pid
    this.#stream = (this.#pty as { _socket?: Socket })._socket
    this.#readToTheEnd()
    // With `encoding: null` node-pty hands out Buffers, whatever its types say.
    this.#pty.onData(data => {
      this.#reads++
      const bytes = data as unknown as Uint8Array
      if (!this.#ended) handlers.data(bytes)
      if (bytes.length >= FULL_READ_BYTES && bytes.length < TURN_BYTES) this.#readOn(TURN_BYTES - bytes.length)
    })
    // On Windows node-pty may not know the code, whatever its types say.
    this.#pty.onExit(({ exitCode, signal }) => this.#exited(exitCode ?? null, signal ?? 0))
  }

  /**
   * Queues input; `taken` is called when the kernel has all of it. False: the queue is full, nothing was taken.
   * node-pty's own writer spins while a program does not read, and has no bound; so the bytes go to its descriptor here.
   */
  write(bytes: Uint8Array, taken: () => void = () => {}): boolean {
    if (this.#ended) return true
    if (this.#queued > 0 && this.#queued + bytes.length > INPUT_QUEUE_BYTES) return false
    this.#queue.push({ bytes, at: 0, taken })
    this.#queued += bytes.length
    if (this.#queue.length === 1) this.#flush()
    return true
  }

  resize(cols: number, rows: number): void {
    if (this.#ended) return
    try {
      this.#pty.resize(cols, rows)
    } catch {
      // The process ended a moment ago; its exit is on the way.
    }
  }

  /** Stops reading, so that the program blocks when the kernel's buffer is full. */
  pause(): void {
    if (this.#ended || this.#pausedPoll) return
    this.#pty.pause()
    this.#pausedPoll = setInterval(() => {
      if (!isAlive(this.pid)) this.resume()
    }, PAUSED_POLL_MS)
  }

  resume(): void {
    if (!this.#pausedPoll) return
    clearInterval(this.#pausedPoll)
    this.#pausedPoll = undefined
    this.#pty.resume()
  }

  /** What has the terminal, as macOS calls it; '' where the system is not asked in this way, or does not say. */
  get foreground(): string {
    return this.#ended || process.platform !== 'darwin' ? '' : this.#pty.process
  }

  /** Windows has no signals: closing its console is what ends a process there. Elsewhere this does nothing. */
  closeConsole(): void {
    if (process.platform === 'win32' && !this.#ended) this.#closeQuietly(() => this.#pty.kill())
  }

  /**
   * Closes the terminal under a process that no signal of ours ends, and counts it as ended. The kernel's own hang-up, which
   * then follows, asks no permission: most of them end by it after all.
   */
  abandon(): void {
    if (this.#ended) return
    this.#lettingGo = true
    this.#closeQuietly(() => (this.#pty as unknown as { destroy(): void }).destroy())
    this.#exited(null, 0)
  }

  /**
   * node-pty destroys its stream 200 ms after the process ended, read or not (`onexit` in its unixTerminal.js), and on a busy
   * computer the last output was not. So that waits until nothing more comes. A stream that has come to its end brings an error.
   */
  #readToTheEnd(): void {
    const stream = this.#stream
    if (!stream || process.platform === 'win32') return
    const destroy = stream.destroy.bind(stream)
    let since: number | undefined
    const whenQuiet = () => {
      const before = this.#reads
      // Timers come before reads in a loop that was held up; an immediate comes after them.
      const look = () => {
        const over = this.#reads === before || performance.now() - since! > LAST_WORDS_MS
        if (stream.destroyed) return
        if (over || this.#lettingGo) destroy()
        else whenQuiet()
      }
      setTimeout(() => setImmediate(look), QUIET_MS)
    }
    stream.destroy = error => {
      if (error || stream.readableEnded || this.#lettingGo) return destroy(error)
      since ??= performance.now()
      whenQuiet()
      return stream
    }
  }

  /**
   * Reads what more there is, up to `most`. The stream reads 4 KiB a turn of the loop, however much waits; a flood spends
   * most of its time between turns then, and its program waits. Faults and the end are left for the stream to meet.
   */
  #readOn(most: number): void {
    const stream = this.#stream
    if (process.platform === 'win32' || !stream || stream.destroyed || this.#ended || this.#pausedPoll) return
    if (stream.readableLength > 0) return // that comes first
    const { fd } = this.#pty as unknown as { fd: number }
    let size = 0
    const until = performance.now() + TURN_MS
    while (size < most && performance.now() < until) {
      let read = 0
      try {
        read = readSync(fd, turn, size, most - size, null)
      } catch {
        // EAGAIN: that was all.
      }
      size += read
      if (read < FULL_READ_BYTES) break
    }
    if (size > 0) this.#handlers.data(turn.subarray(0, size))
  }

  #closeQuietly(close: () => void): void {
    try {
      close()
    } catch {
      // The process ended a moment ago.
    }
  }

  #exited(exitCode: number | null, signal: number): void {
    if (this.#ended) return
    this.#end()
    this.#handlers.exit(exitCode, signal)
  }

  #flush(): void {
    clearTimeout(this.#retryTimer)
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      if (this.#ended) return
      try {
        head.at += this.#writeSome(head.bytes.subarray(head.at))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
          this.#retryTimer = setTimeout(() => this.#flush(), RETRY_MS[Math.min(this.#retry++, RETRY_MS.length - 1)])
          return
        }
        // EIO and EBADF: the process is gone and its exit is on the way; there is nobody to type to.
        this.#dropInput()
        return
      }
      this.#retry = 0
      if (head.at < head.bytes.length) continue
      this.#queue.shift()
      this.#queued -= head.bytes.length
      head.taken()
    }
  }

  #writeSome(bytes: Uint8Array): number {
    if (process.platform === 'win32') {
      this.#pty.write(Buffer.from(bytes))
      return bytes.length
    }
    // The descriptor's number may already belong to somebody else once the stream is destroyed.
    if (this.#stream?.destroyed) throw Object.assign(new Error('the PTY is closed'), { code: 'EBADF' })
    return writeSync((this.#pty as unknown as { fd: number }).fd, bytes)
  }

  #dropInput(): void {
    this.#queue.length = 0
    this.#queued = 0
  }

  #end(): void {
    this.#ended = true
    clearTimeout(this.#retryTimer)
    clearInterval(this.#pausedPoll)
    this.#dropInput()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and another user's (sudo).
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function checkFolder(cwd: string): void {
  try {
    if (!statSync(cwd).isDirectory()) throw new Error('not a folder')
    accessSync(cwd, constants.X_OK)
  } catch (cause) {
    throw new CodedError('cwd_not_found', `${cwd} is not a folder that can be entered`, { cause })
  }
}

/**
 * The file that `program` names, searched as execvp(3) does: a name with a slash is a path, others are on PATH. Throws
 * `command_not_found`.
 */
export function findProgram(program: string, cwd: string, path: string): string {
  if (process.platform === 'win32') return program
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map(folder => join(folder === '' ? cwd : folder, program))
  for (const file of candidates) {
    try {
      accessSync(file, constants.X_OK)
      if (statSync(file).isFile()) return file
    } catch {
      // not this one
    }
  }
  throw new CodedError('command_not_found', `${program} is not a command that can be run here`)
}
