// The worker threads that hold the sessions' screens.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../../protocol/errors.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import type { RuleFile } from '../agents/rule-format.ts'
import type { Finding } from '../agents/screen-rules.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import { ThreadCalls } from '../threads/call.ts'
import { workerFile } from '../threads/worker-file.ts'
import type {
  CommandMark,
  FromWorker,
  LastLine,
  ScreenCalls,
  ScreenMessage,
  ScreenText,
  ToWorker,
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
  /** The screen or its worker died: its requests reject from now on, and the session goes on. */
  failed(error: CodedError): void
}

interface PoolWorker {
  worker: Worker
  screens: Set<PooledScreen>
}

export class ScreenPool {
  readonly #workers: PoolWorker[] = []
  readonly #screens = new Map<number, PooledScreen>()
  readonly #version: string
  readonly #maxWorkers: number
  #rules: ReadonlyMap<string, RuleFile>
  #nextId = 1
  #closed = false

  /** `version`: what terminals answer to XTVERSION. `rules`: see ScreenRules. */
  constructor(
    version: string,
    rules: ReadonlyMap<string, RuleFile>,
    maxWorkers = Math.max(1, availableParallelism() - 1),
  ) {
    this.#version = version
    this.#rules = rules
    this.#maxWorkers = maxWorkers
  }

  /** Other rules from now on, also for screens that are open. */
  setRules(rules: ReadonlyMap<string, RuleFile>): void {
    this.#rules = rules
    for (const { worker } of this.#workers) worker.postMessage({ do: 'rules', rules } satisfies ToWorker)
  }

  /** A screen for one session; it stays with one worker. */
  open(cols: number, rows: number, handlers: ScreenHandlers): PooledScreen {
    const home = this.#leastBusy()
    const id = this.#nextId++
    const screen = new PooledScreen(
      handlers,
      message => home.worker.postMessage({ ...message, screen: id }),
      () => {
        this.#screens.delete(id)
        home.screens.delete(screen)
      },
    )
    this.#screens.set(id, screen)
    home.screens.add(screen)
    screen.send({ do: 'open', cols, rows })
    return screen
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const screen of [...this.#screens.values()]) screen.close()
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()))
  }

  #leastBusy(): PoolWorker {
    const idle = this.#workers.find(one => one.screens.size === 0)
    if (idle) return idle
    if (this.#workers.length < this.#maxWorkers) return this.#start()
    return this.#workers.reduce((best, one) => (one.screens.size < best.screens.size ? one : best))
  }

  #start(): PoolWorker {
    const worker = new Worker(workerFile('./screen-worker', import.meta.url), {
      name: 'screens',
      workerData: { version: this.#version, rules: this.#rules },
    })
    const home: PoolWorker = { worker, screens: new Set() }
    worker.on('message', (message: FromWorker) => this.#screens.get(message.screen)?.receive(message))
    worker.on('error', error => this.#workerGone(home, error))
    worker.on('exit', () => this.#workerGone(home, new Error('a screen worker ended')))
    this.#workers.push(home)
    return home
  }

  #workerGone(home: PoolWorker, cause: Error): void {
    const index = this.#workers.indexOf(home)
    if (index < 0 || this.#closed) return
    this.#workers.splice(index, 1)
    const error = new CodedError('internal', `a screen worker died: ${cause.message}`, { cause })
    for (const screen of [...home.screens]) screen.fail(error)
  }
}

/** A message to the worker without the screen's number, which the pool adds. */
type Message = ScreenMessage extends infer M ? (M extends ScreenMessage ? Omit<M, 'screen'> : never) : never

/** One session's screen, as seen from the main loop. */
export class PooledScreen {
  readonly #handlers: ScreenHandlers
  readonly #post: (message: Message) => void
  readonly #closed: () => void
  readonly #calls: ThreadCalls<ScreenCalls>
  #position: Position = LOG_START
  #error: CodedError | undefined

  constructor(handlers: ScreenHandlers, post: (message: Message) => void, closed: () => void) {
    this.#handlers = handlers
    this.#post = post
    this.#closed = closed
    // Unbounded: every attachment may wait for one keyframe.
    this.#calls = new ThreadCalls<ScreenCalls>(message => this.send(message), Number.POSITIVE_INFINITY)
  }

  /** How far it has parsed. */
  get position(): Position {
    return this.#position
  }

  /** Why requests reject, if they do. */
  get error(): CodedError | undefined {
    return this.#error
  }

  write(bytes: Uint8Array): void {
    this.send({ do: 'write', bytes })
  }

  resize(cols: number, rows: number): void {
    this.send({ do: 'resize', cols, rows })
  }

  /** The process in the foreground has this name. */
  program(command: string): void {
    this.send({ do: 'program', command })
  }

  /** What the screen says of its program, after everything that was written so far; undefined: nothing. */
  async finding(): Promise<Finding | undefined> {
    return (await this.#calls.call('finding', null)) ?? undefined
  }

  /** The terminal's state at the worker's own position: what a client needs that is behind. */
  keyframeNow(): Promise<StoredKeyframe> {
    return this.#calls.call('currentKeyframe', null)
  }

  /** The terminal's state after everything that was written so far. */
  keyframe(): Promise<StoredKeyframe> {
    return this.#calls.call('keyframe', null)
  }

  /** The screen as plain text, after everything that was written so far. */
  text(): Promise<ScreenText> {
    return this.#calls.call('text', null)
  }

  /** At the worker's own position, so that it does not wait for a flood. */
  lastLine(): Promise<LastLine> {
    return this.#calls.call('lastLine', null)
  }

  close(): void {
    this.send({ do: 'close' })
    this.#finish(new CodedError('session_ended', 'the screen was closed'))
  }

  /** For the pool. */
  send(message: Message): void {
    if (!this.#error) this.#post(message)
  }

  /** For the pool: the screen or its worker is gone. */
  fail(error: CodedError): void {
    if (this.#error) return
    this.#finish(error)
    this.#handlers.failed(error)
  }

  /** For the pool. */
  receive(message: FromWorker): void {
    switch (message.say) {
      case 'parsed': {
        const { answers, bell, notice, title, cwd, progress, command } = message.events
        this.#position = { offset: message.offset, n: message.n }
        if (answers !== '') this.#handlers.answer(answers)
        if (title !== undefined) this.#handlers.title(title)
        if (cwd !== undefined) this.#handlers.cwd(cwd)
        if (progress !== undefined) this.#handlers.progress?.(progress)
        if (command !== undefined) this.#handlers.command?.(command)
        if (notice !== undefined) this.#handlers.notice(notice)
        else if (bell) this.#handlers.bell()
        return this.#handlers.parsed(this.#position)
      }
      case 'finding':
        return this.#handlers.finding?.(message.finding ?? undefined)
      case 'failed':
        return this.fail(new CodedError('internal', `the screen failed: ${message.message}`))
      default:
        this.#calls.receive(message)
    }
  }

  #finish(error: CodedError): void {
    if (this.#error) return
    this.#error = error
    this.#closed()
    this.#calls.fail(error)
  }
}
