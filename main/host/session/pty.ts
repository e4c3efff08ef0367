// One process on a pseudo-terminal, by node-pty.
import { readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { type IPty, spawn } from 'node-pty'
import { BATCH_BYTES } from '../../../protocol/limits.ts'
import { fileLimit } from './file-limit.ts'
import { InputQueue } from './input-queue.ts'
import { withFileLimit, withoutGaps } from './launch.ts'
import { startFailure } from './start-failure.ts'

export interface PtyOptions {
  command: string[]
  /** The file of the command's program. Default: it is found on PATH. */
  file?: string
  cwd: string
  env: Record<string, string>
  cols: number
  rows: number
  /** The soft limit of open files. Default: what the host was started with. */
  file_limit?: number
}

export interface PtyHandlers {
  /** Output as it was read, at most 64 KiB; the bytes are valid until this returns. */
  data(bytes: Uint8Array): void
  /**
   * Once, after the last data. `signal` is the kernel's number, 0 for none. `exitCode` is null for an abandoned process,
   * whose end was not seen.
   */
  exit(exitCode: number | null, signal: number): void
}

/** Linux returns at most this much of a terminal per read: a shorter read has emptied it. */
const FULL_READ_BYTES = 4095

/** Read in one turn of the event loop: a batch. More would only delay other sessions. */
const TURN_BYTES = BATCH_BYTES

/**
 * Time spent reading in one turn. A read waits for the kernel to deliver what was printed meanwhile: microseconds, or
 * milliseconds on a busy machine, and the keys of other sessions would wait for it.
 */
const TURN_MS = 0.3

/** Read buffer, shared by all PTYs. */
const turnBuffer = new Uint8Array(TURN_BYTES)

/** How often a paused PTY checks whether its process has ended; then the rest is read and the exit reported. */
const PAUSED_POLL_MS = 40

/** After the process ended, its output is complete when nothing came for this long. */
const QUIET_MS = 100
/** The output of other processes that still have the terminal is not awaited longer than this. */
const MAX_QUIET_WAIT_MS = 2_000

/** Starts `command`. Throws `spawn_failed`, `too_many_processes`, `too_many_files`. */
export class Pty {
  readonly pid: number
  readonly #pty: IPty
  readonly #handlers: PtyHandlers
  readonly #stream: Socket | undefined
  readonly #input: InputQueue
  #pausedPoll: NodeJS.Timeout | undefined
  #ended = false
  #abandoned = false
  #reads = 0

  constructor(options: PtyOptions, handlers: PtyHandlers) {
    this.#handlers = handlers
    const [program, ...args] = options.command
    const { file = program! } = options
    try {
      const [launcher, ...argv] = withFileLimit(
        [file, ...args],
        options.file_limit ?? fileLimit,
        process.env.PATH ?? '',
      )
      this.#pty = withoutGaps(() =>
        spawn(launcher!, argv, {
          name: options.env.TERM ?? 'xterm-256color',
          cols: options.cols,
          rows: options.rows,
          cwd: options.cwd,
          env: options.env,
          // On Unix this sets the line discipline's IUTF8 (termios(3)): Backspace at a prompt without a line editor removes a
          // whole character.
          encoding: process.platform === 'win32' ? null : 'utf8',
        }),
      )
    } catch (cause) {
      throw startFailure(program!, cause)
    }
    this.pid = this.#pty.pid
    this.#stream = (this.#pty as { _socket?: Socket })._socket
    if (this.#stream) readBytes(this.#stream)
    this.#input = new InputQueue({ terminal: this.terminal, write: bytes => this.#writeSome(bytes) })
    this.#readToTheEnd()
    // Buffers (see `readBytes`; on Windows by `encoding: null`), although the types say string.
    this.#pty.onData(data => {
      this.#reads++
      const bytes = data as unknown as Uint8Array
      if (!this.#ended) handlers.data(bytes)
      if (bytes.length >= FULL_READ_BYTES && bytes.length < TURN_BYTES) this.#readOn(TURN_BYTES - bytes.length)
    })
    // On Windows node-pty may not know the code, although its types say number.
    this.#pty.onExit(({ exitCode, signal }) => this.#exited(exitCode ?? null, signal ?? 0))
  }

  /** Queues input of `owner`; see InputQueue. False: the queue is full and nothing was queued. */
  write(bytes: Uint8Array, owner = '', written: () => void = () => {}): boolean {
    return this.#input.add(bytes, owner, written)
  }

  /** Drops what `owner` typed and the program has not read; see InputQueue. */
  dropInput(owner: string): Promise<void> {
    // Once the stream is destroyed, the terminal's number may have been reused.
    return this.#stream?.destroyed ? Promise.resolve() : this.#input.drop(owner)
  }

  resize(cols: number, rows: number): void {
    if (this.#ended) return
    try {
      this.#pty.resize(cols, rows)
    } catch {
      // The process has just ended; its exit will be reported.
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

  /** The terminal's file, like `/dev/pts/3`; '' on Windows. */
  get terminal(): string {
    return process.platform === 'win32' ? '' : ((this.#pty as { ptsName?: string }).ptsName ?? '')
  }

  /** The name of the foreground program, on macOS only; '' elsewhere, and if it is not known. */
  get foreground(): string {
    return this.#ended || process.platform !== 'darwin' ? '' : this.#pty.process
  }

  /** On Windows, which has no signals, a process ends when its console closes. Elsewhere this does nothing. */
  closeConsole(): void {
    if (process.platform === 'win32' && !this.#ended) this.#closeQuietly(() => this.#pty.kill())
  }

  /**
   * Closes the terminal of a process that our signals do not end, and reports it as ended. The kernel's hang-up that
   * follows needs no permission, and ends most of them.
   */
  abandon(): void {
    if (this.#ended) return
    this.#abandoned = true
    this.#closeQuietly(() => (this.#pty as unknown as { destroy(): void }).destroy())
    this.#exited(null, 0)
  }

  /**
   * node-pty destroys its stream 200 ms after the process ended (`onexit` in its unixTerminal.js), which loses the last
   * output on a busy machine. So destroying waits until the output is quiet. A stream that was read to its end reports an
   * error.
   */
  #readToTheEnd(): void {
    const stream = this.#stream
    if (!stream || process.platform === 'win32') return
    const destroy = stream.destroy.bind(stream)
    let since: number | undefined
    const whenQuiet = () => {
      const before = this.#reads
      // In a delayed event loop timers run before reads; an immediate runs after them.
      const check = () => {
        const isOver = this.#reads === before || performance.now() - since! > MAX_QUIET_WAIT_MS
        if (stream.destroyed) return
        if (isOver || this.#abandoned) destroy()
        else whenQuiet()
      }
      setTimeout(() => setImmediate(check), QUIET_MS)
    }
    stream.destroy = error => {
      if (error || stream.readableEnded || this.#abandoned) return destroy(error)
      since ??= performance.now()
      whenQuiet()
      return stream
    }
  }

  /**
   * Reads up to `max` more bytes. The stream reads only 4 KiB per turn of the event loop, so a flood would spend most of
   * its time between turns while its program waits. Errors and the end are left to the stream.
   */
  #readOn(max: number): void {
    const stream = this.#stream
    if (process.platform === 'win32' || !stream || stream.destroyed || this.#ended || this.#pausedPoll) return
    if (stream.readableLength > 0) return // its bytes come first
    const { fd } = this.#pty as unknown as { fd: number }
    let size = 0
    const until = performance.now() + TURN_MS
    while (size < max && performance.now() < until) {
      let read = 0
      try {
        read = readSync(fd, turnBuffer, size, max - size, null)
      } catch {
        // EAGAIN: the terminal is empty.
      }
      size += read
      if (read < FULL_READ_BYTES) break
    }
    if (size > 0) this.#handlers.data(turnBuffer.subarray(0, size))
  }

  #closeQuietly(close: () => void): void {
    try {
      close()
    } catch {
      // The process has just ended.
    }
  }

  #exited(exitCode: number | null, signal: number): void {
    if (this.#ended) return
    this.#end()
    this.#handlers.exit(exitCode, signal)
  }

  /** To node-pty's descriptor, because its own writer is unbounded and spins while a program does not read. */
  #writeSome(bytes: Uint8Array): number {
    if (process.platform === 'win32') {
      this.#pty.write(Buffer.from(bytes))
      return bytes.length
    }
    // Once the stream is destroyed, the descriptor's number may have been reused.
    if (this.#stream?.destroyed) throw Object.assign(new Error('the PTY is closed'), { code: 'EBADF' })
    return writeSync((this.#pty as unknown as { fd: number }).fd, bytes)
  }

  #end(): void {
    this.#ended = true
    clearInterval(this.#pausedPoll)
    this.#input.end()
  }
}

/** Undoes `setEncoding`, for which streams have no function; nothing was read yet. Output is bytes. */
function readBytes(stream: Socket): void {
  const state = (stream as unknown as { _readableState: { decoder: unknown; encoding: unknown } })._readableState
  state.decoder = null
  state.encoding = null
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is alive, and belongs to another user (sudo).
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
