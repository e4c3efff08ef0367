// One terminal session: a process on a PTY, its log, its screen and who is attached. Knows nothing of sockets or the store.
import { constants, hostname } from 'node:os'
import { CodedError } from '../../../protocol/errors.ts'
import { BATCH_BYTES, MAX_COLS, MAX_ROWS } from '../../../protocol/limits.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { Keyframe } from '../screen/screen.ts'
import type { PooledScreen, ScreenPool, ScreenText } from '../screen/screen-pool.ts'
import type { Attachment } from './attachment.ts'
import { Log } from './log.ts'
import { hangUp, killAll } from './process-group.ts'
import { Pty } from './pty.ts'
import { type Size, SizeClaims } from './sizes.ts'
import { cleanTitle } from './title.ts'

export interface SessionOptions {
  session_id: string
  command: string[]
  cwd: string
  env: Record<string, string>
  title: string | undefined
  size: Size
  screens: ScreenPool
  now: () => number
}

export interface SessionHandlers {
  /** Something that a list shows is different. */
  changed(): void
  /** The process is gone and all its output is in the log. */
  ended(): void
  bell(): void
}

/** After the first chunk of a burst went out at once, what follows is gathered this long: a frame a screen refresh. */
const BATCH_MS = 4

/** How far the screen may lag: half a second of parsing. Past it the PTY is paused, at half of it it goes on. */
export const SCREEN_LAG_BYTES = 16 * 1024 * 1024

/** A process group that ignores SIGHUP is killed after this. */
export const KILL_AFTER_MS = 5_000

/** Input streams that are remembered per session: more than anybody has phones, tabs and reloads in a day. */
const INPUT_STREAMS = 256

export class Session {
  readonly session_id: string
  readonly command: string[]
  readonly created_at: number
  readonly log = new Log()
  readonly sizes: SizeClaims
  readonly pid: number
  state: SessionState = 'running'
  exit_code: number | null = null
  signal: string | null = null
  ended_at: number | null = null
  last_activity: number
  /** The most bytes that the screen was behind. */
  largestLag = 0

  readonly #options: SessionOptions
  readonly #handlers: SessionHandlers
  readonly #pty: Pty
  readonly #screen: PooledScreen
  readonly #attachments = new Set<Attachment>()
  readonly #inputSeen = new Map<string, number>()
  readonly #kept = new Set<Position>()
  #cwd: string
  #givenTitle: string | undefined
  #terminalTitle = ''
  #size: Size
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #batchTimer: NodeJS.Timeout | undefined
  #paused = false
  #inputRefused = false
  #endAs: SessionState | undefined
  #killTimer: NodeJS.Timeout | undefined
  #ended: Promise<void>
  #tellEnded!: () => void

  /** Starts the process. Throws `command_not_found`, `cwd_not_found`, `spawn_failed`. */
  constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.session_id = options.session_id
    this.command = options.command
    this.#cwd = options.cwd
    this.#givenTitle = options.title
    this.created_at = this.last_activity = options.now()
    this.#size = options.size
    this.#ended = new Promise(resolve => {
      this.#tellEnded = resolve
    })
    this.sizes = new SizeClaims(options.size, () => this.#applySize())
    this.#pty = new Pty(
      { ...options.size, command: options.command, cwd: options.cwd, env: options.env },
      { data: bytes => this.#output(bytes), exit: (code, signal) => this.#exit(code, signal) },
    )
    this.pid = this.#pty.pid
    this.#screen = options.screens.open(options.size.cols, options.size.rows, {
      parsed: () => this.#parsed(),
      answer: text => this.#pty.write(Buffer.from(text)),
      title: title => this.#titled(title),
      cwd: cwd => this.#moved(cwd),
      bell: () => handlers.bell(),
      failed: () => this.#parsed(),
    })
  }

  get size(): Size {
    return this.#size
  }

  /** How far the screen has parsed the log. */
  get parsed(): Position {
    return this.#screen.position
  }

  get title(): string {
    return this.#givenTitle ?? (this.#terminalTitle || this.#defaultTitle())
  }

  get attachments(): ReadonlySet<Attachment> {
    return this.#attachments
  }

  info(): SessionInfo {
    return {
      session_id: this.session_id,
      title: this.title,
      command: this.command,
      cwd: this.#cwd,
      state: this.state,
      exit_code: this.exit_code,
      signal: this.signal,
      pid: this.state === 'running' ? this.pid : null,
      created_at: this.created_at,
      ended_at: this.ended_at,
      last_activity: this.last_activity,
      cols: this.#size.cols,
      rows: this.#size.rows,
      bytes: this.log.end.offset + this.#batchBytes,
      clients: this.#attachments.size,
    }
  }

  rename(title: string): void {
    this.#givenTitle = cleanTitle(title) || undefined
    this.#tellTitle()
  }

  attach(attachment: Attachment): void {
    this.#flush()
    this.#attachments.add(attachment)
    this.sizes.back(attachment.options.stream)
    this.last_activity = this.#options.now()
    this.#handlers.changed()
  }

  detach(attachment: Attachment, left: 'detached' | 'lost'): void {
    if (!this.#attachments.delete(attachment)) return
    attachment.close()
    if (left === 'detached') this.sizes.release(attachment.options.stream)
    else this.sizes.away(attachment.options.stream)
    this.#handlers.changed()
  }

  /** Takes the size for one client. Throws `size_invalid`. */
  takeSize(attachment: Attachment, size: Size): void {
    checkSize(size)
    this.sizes.take(attachment.options.stream, size, attachment.options.size_stays)
  }

  /** The highest number that this stream's input has reached. */
  inputSeen(stream: string): number {
    return this.#inputSeen.get(stream) ?? 0
  }

  /** Queues one unit of input for the PTY, once. False: no room now, ask again when told. */
  takeInput(stream: string, seq: number, bytes: Uint8Array): boolean {
    if (seq <= this.inputSeen(stream) || this.state !== 'running') return true
    if (!this.#pty.write(bytes, () => this.#inputRoom())) {
      this.#inputRefused = true
      return false
    }
    // Deleted first, so that the map stays in the order of last use and the oldest can be forgotten.
    this.#inputSeen.delete(stream)
    this.#inputSeen.set(stream, seq)
    if (this.#inputSeen.size > INPUT_STREAMS) this.#inputSeen.delete(this.#inputSeen.keys().next().value!)
    this.last_activity = this.#options.now()
    return true
  }

  /** The terminal's state where the screen is now. Hold `keep()` until the log has been read from there. */
  keyframe(): Promise<Keyframe> {
    return this.#screen.keyframe()
  }

  text(): Promise<ScreenText> {
    this.#flush()
    return this.#screen.text()
  }

  /** Keeps the log from the screen's present position on until the returned function is called. */
  keep(): () => void {
    const position = { ...this.#keepFrom() }
    this.#kept.add(position)
    return () => this.#kept.delete(position)
  }

  /** Ends the process: SIGHUP to its process group, SIGKILL after KILL_AFTER_MS. Resolves when it is gone. */
  end(as: SessionState): Promise<void> {
    if (this.state !== 'running') return Promise.resolve()
    if (this.#endAs === undefined) {
      this.#endAs = as
      hangUp(this.pid)
      this.#killTimer = setTimeout(() => killAll(this.pid), KILL_AFTER_MS)
    }
    return this.#ended
  }

  /** Forgets the screen and the log. For sessions that ended. */
  dispose(): void {
    clearTimeout(this.#batchTimer)
    this.sizes.dispose()
    this.#screen.close()
  }

  // --- output ---

  #output(bytes: Uint8Array): void {
    this.#batch.push(bytes)
    this.#batchBytes += bytes.length
    if (this.#batchBytes >= BATCH_BYTES) this.#flush()
    else if (!this.#batchTimer) {
      this.#flush()
      this.#batchTimer = setTimeout(() => this.#batchDone(), BATCH_MS)
    }
  }

  #batchDone(): void {
    this.#batchTimer = undefined
    if (this.#batchBytes === 0) return
    this.#flush()
    this.#batchTimer = setTimeout(() => this.#batchDone(), BATCH_MS)
  }

  /** Puts what was gathered into the log, in batches, and hands it on. */
  #flush(): void {
    if (this.#batchBytes === 0) return
    const all = concat(this.#batch, this.#batchBytes)
    this.#batch = []
    this.#batchBytes = 0
    for (let at = 0; at < all.length; at += BATCH_BYTES) {
      const bytes = all.subarray(at, at + BATCH_BYTES)
      this.log.append(bytes)
      this.#screen.write(bytes)
    }
    this.last_activity = this.#options.now()
    for (const attachment of this.#attachments) attachment.pump()
    this.log.trim(this.#keepFrom())
    this.largestLag = Math.max(this.largestLag, this.#lag())
    if (!this.#paused && !this.#screen.error && this.#lag() > SCREEN_LAG_BYTES) {
      this.#paused = true
      this.#pty.pause()
    }
  }

  #lag(): number {
    return this.log.end.offset - this.#screen.position.offset
  }

  #parsed(): void {
    if (this.#paused && (this.#screen.error || this.#lag() < SCREEN_LAG_BYTES / 2)) {
      this.#paused = false
      this.#pty.resume()
    }
  }

  /** Nothing from here on may be dropped: a keyframe continues from where the screen is. */
  #keepFrom(): Position {
    let from = this.#screen.error ? this.log.end : this.#screen.position
    for (const kept of this.#kept) if (kept.offset < from.offset || kept.n < from.n) from = kept
    return from
  }

  // --- changes ---

  #applySize(): void {
    const { cols, rows } = this.sizes.size
    for (const attachment of this.#attachments)
      attachment.tell({
        type: 'size_owner',
        handle: attachment.options.handle,
        owned: attachment.options.stream === this.sizes.owner,
      })
    if ((cols === this.#size.cols && rows === this.#size.rows) || this.state !== 'running') return
    // What was printed before belongs before the resize.
    this.#flush()
    this.#size = { cols, rows }
    this.#pty.resize(cols, rows)
    this.log.appendResize(cols, rows)
    this.#screen.resize(cols, rows)
    for (const attachment of this.#attachments) attachment.pump()
    this.#handlers.changed()
  }

  /** Part of the queue reached the program: whoever was refused may try again. */
  #inputRoom(): void {
    if (!this.#inputRefused) return
    this.#inputRefused = false
    for (const attachment of this.#attachments) attachment.takeInput()
  }

  #titled(title: string): void {
    this.#terminalTitle = cleanTitle(title)
    if (!this.#givenTitle) this.#tellTitle()
  }

  #tellTitle(): void {
    const title = this.title
    for (const attachment of this.#attachments)
      attachment.tell({ type: 'title', handle: attachment.options.handle, title })
    this.#handlers.changed()
  }

  #moved(cwd: string): void {
    if (cwd === this.#cwd) return
    this.#cwd = cwd
    this.#handlers.changed()
  }

  #exit(code: number, signal: number): void {
    clearTimeout(this.#killTimer)
    // What the person ended leaves nothing behind; what ended by itself may leave its nohup children.
    if (this.#endAs) killAll(this.pid)
    this.#flush()
    this.state = this.#endAs ?? 'exited'
    this.exit_code = signal === 0 ? code : null
    this.signal = signal === 0 ? null : signalName(signal)
    this.ended_at = this.last_activity = this.#options.now()
    this.sizes.dispose()
    for (const attachment of this.#attachments) attachment.pump()
    this.#tellEnded()
    this.#handlers.ended()
    this.#handlers.changed()
  }

  #defaultTitle(): string {
    return cleanTitle(this.command[0]?.split(/[/\\]/).at(-1) ?? '') || hostname()
  }
}

/** Throws `size_invalid` unless a PTY can have this size. */
export function checkSize({ cols, rows }: Size): void {
  const fits = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most
  if (fits(cols, MAX_COLS) && fits(rows, MAX_ROWS)) return
  throw new CodedError(
    'size_invalid',
    `${cols} x ${rows} is no terminal size; columns go from 1 to ${MAX_COLS}, rows from 1 to ${MAX_ROWS}`,
  )
}

function concat(parts: Uint8Array[], size: number): Uint8Array {
  // Also a single chunk is copied: it is a slice of the stream's 64 KiB read buffer, and would keep all of it.
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`
}
