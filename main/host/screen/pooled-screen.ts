// One session's screen, as seen from the main loop. If its worker dies, it is built again from the session's log.
import { CodedError } from '../../../protocol/errors.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import type { Finding } from '../agents/screen-rules.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import { ThreadCalls } from '../threads/call.ts'
import type {
  CommandMark,
  Extent,
  FromWorker,
  LastLine,
  ModeReset,
  ScreenCalls,
  ScreenMessage,
  ScreenText,
  TransientState,
} from './screen-protocol.ts'

export interface ScreenHandlers {
  /** The screen has parsed the log up to here. */
  parsed(position: Position): void
  /** The terminal's answer to a query, for the PTY. */
  answer(text: string): void
  title(title: string): void
  cwd(cwd: string): void
  bell(): void
  /** The text of a desktop notification. */
  notice(text: string): void
  /** What the screen says of its program changed; undefined: it says nothing. */
  finding?(finding: Finding | undefined): void
  /** Whether a progress bar is shown (OSC 9;4). */
  progress?(isShown: boolean): void
  /** A command of a shell with prompt marks began or ended (OSC 133). */
  command?(mark: CommandMark): void
  focusMode?(on: boolean): void
  overdue?(state: TransientState, offset: number, isLate: boolean): void
  /** What the screen is built from again; left out: it cannot be. */
  rebuild?(): ScreenLog
  /** The screen failed too often, or cannot be built again: its requests reject from now on, and the session goes on. */
  failed(error: CodedError): void
}

/** A keyframe, and everything that was printed since. */
export interface ScreenLog {
  keyframe: StoredKeyframe
  entries: Iterable<
    { kind: 'output'; offset: number; bytes: Uint8Array } | { kind: 'resize'; cols: number; rows: number }
  >
}

/** A message to the worker without the screen's number, which the pool adds. */
export type Message = ScreenMessage extends infer M ? (M extends ScreenMessage ? Omit<M, 'screen'> : never) : never

/** A session that breaks its screen this often in DEATHS_MS gets no other one: each takes other sessions' screens along. */
const MAX_OWN_DEATHS = 3

/** The same for screens whose worker died without a known cause: it may be unable to start at all. */
const MAX_DEATHS = 10
const DEATHS_MS = 10 * 60_000

export class PooledScreen {
  readonly #handlers: ScreenHandlers
  readonly #closed: () => void
  readonly #now: () => number
  #post: (message: Message) => void
  #calls: ThreadCalls<ScreenCalls>
  #position: Position = LOG_START
  #error: CodedError | undefined
  #deaths: { at: number; isOwn: boolean }[] = []
  #command = ''

  constructor(handlers: ScreenHandlers, post: (message: Message) => void, closed: () => void, now = Date.now) {
    this.#handlers = handlers
    this.#post = post
    this.#closed = closed
    this.#now = now
    this.#calls = this.#newCalls()
  }

  /** How far it has parsed. */
  get position(): Position {
    return this.#position
  }

  /** Why requests reject, if they do. */
  get error(): CodedError | undefined {
    return this.#error
  }

  /** It broke its worker or its terminal before: it gets a worker of its own. */
  get isSuspect(): boolean {
    return this.#deaths.some(({ isOwn }) => isOwn)
  }

  write(bytes: Uint8Array): void {
    this.send({ do: 'write', bytes })
  }

  resize(cols: number, rows: number): void {
    this.send({ do: 'resize', cols, rows })
  }

  /** The process in the foreground has this name. */
  program(command: string): void {
    this.#command = command
    this.send({ do: 'program', command })
  }

  /** What the screen says of its program, after everything that was written so far; undefined: nothing. */
  async finding(): Promise<Finding | undefined> {
    return (await this.#call('finding')) ?? undefined
  }

  /** The terminal's state at the worker's own position: what a client needs that is behind. */
  keyframeNow(): Promise<StoredKeyframe> {
    return this.#call('currentKeyframe')
  }

  /** The terminal's state after everything that was written so far. */
  keyframe(): Promise<StoredKeyframe> {
    return this.#call('keyframe')
  }

  /** The screen as plain text, after everything that was written so far. */
  text(): Promise<ScreenText> {
    return this.#call('text')
  }

  /** Resets what output in these extents of the log has left on, after everything that was written so far. */
  leftovers(extents: readonly Extent[]): Promise<ModeReset> {
    return this.#call('leftovers', extents)
  }

  /** Resets everything but what is printed, after everything that was written so far. */
  reset(): Promise<ModeReset> {
    return this.#call('reset')
  }

  /** At the worker's own position, so that it does not wait for a flood. */
  lastLine(): Promise<LastLine> {
    return this.#call('lastLine')
  }

  close(): void {
    this.send({ do: 'close' })
    this.#finish(new CodedError('session_ended', 'the screen was closed'))
  }

  /** For the pool. */
  send(message: Message): void {
    if (!this.#error) this.#post(message)
  }

  /**
   * For the pool: the screen is gone, or its worker is. `by`: because of what this screen did (`own`), another one, or for a cause
   * that is not known. What another one did does not count. Returns whether it has to be built again, by `rebuild`.
   */
  died(cause: CodedError, by: 'own' | 'other' | 'unknown'): boolean {
    if (this.#error) return false
    const now = this.#now()
    this.#deaths = this.#deaths.filter(({ at }) => now - at < DEATHS_MS)
    if (by !== 'other') this.#deaths.push({ at: now, isOwn: by === 'own' })
    const own = this.#deaths.filter(death => death.isOwn).length
    const hasEnough = own >= MAX_OWN_DEATHS || this.#deaths.length >= MAX_DEATHS
    if (!hasEnough && this.#handlers.rebuild) return true
    const error = hasEnough
      ? new CodedError('screen_failed', 'this session’s output broke its screen too often; it is still recorded', {
          cause,
        })
      : cause
    this.#finish(error)
    this.#handlers.failed(this.#error!)
    return false
  }

  /** For the pool: continues in another worker. */
  rebuild(cause: CodedError, post: (message: Message) => void): void {
    const { keyframe, entries } = this.#handlers.rebuild!()
    const lost = this.#calls
    this.#post = post
    this.#calls = this.#newCalls()
    const silent_until = this.#position.offset
    // Its blob is not shared: the session may need it again.
    this.send({ do: 'restore', keyframe: { ...keyframe, blob: keyframe.blob.slice() }, silent_until })
    if (this.#command !== '') this.send({ do: 'program', command: this.#command })
    for (const entry of entries) {
      if (entry.kind === 'resize') {
        this.resize(entry.cols, entry.rows)
        continue
      }
      const { offset, bytes } = entry
      const known = Math.max(0, Math.min(silent_until - offset, bytes.length))
      if (known > 0) this.write(bytes.subarray(0, known))
      if (known < bytes.length) this.write(bytes.subarray(known))
    }
    lost.fail(cause) // they are repeated
  }

  /** For the pool. False: the screen's terminal failed. */
  receive(message: Exclude<FromWorker, { say: 'failed' }>): void {
    switch (message.say) {
      case 'parsed': {
        const { answers, bell, notice, title, cwd, progress, command, focusMode } = message.events
        // Lower while it is being rebuilt.
        if (message.offset >= this.#position.offset) this.#position = { offset: message.offset, n: message.n }
        if (answers !== '') this.#handlers.answer(answers)
        if (title !== undefined) this.#handlers.title(title)
        if (cwd !== undefined) this.#handlers.cwd(cwd)
        if (progress !== undefined) this.#handlers.progress?.(progress)
        if (command !== undefined) this.#handlers.command?.(command)
        if (focusMode !== undefined) this.#handlers.focusMode?.(focusMode)
        if (notice !== undefined) this.#handlers.notice(notice)
        else if (bell) this.#handlers.bell()
        return this.#handlers.parsed(this.#position)
      }
      case 'overdue':
        return this.#handlers.overdue?.(message.state, message.offset, message.isLate)
      case 'finding':
        return this.#handlers.finding?.(message.finding ?? undefined)
      default:
        this.#calls.receive(message)
    }
  }

  /** Repeated once if the screen was rebuilt meanwhile. */
  async #call<K extends keyof ScreenCalls>(
    name: K,
    request: Parameters<ScreenCalls[K]>[0] = null as never,
  ): Promise<ReturnType<ScreenCalls[K]>> {
    const calls = this.#calls
    try {
      return await calls.call(name, request)
    } catch (error) {
      if (calls === this.#calls || this.#error) throw error
      return this.#calls.call(name, request)
    }
  }

  #newCalls(): ThreadCalls<ScreenCalls> {
    // Unbounded: every attachment may wait for one keyframe.
    return new ThreadCalls<ScreenCalls>(message => this.send(message), Number.POSITIVE_INFINITY)
  }

  #finish(error: CodedError): void {
    if (this.#error) return
    this.#error = error
    this.#closed()
    this.#calls.fail(error)
  }
}
