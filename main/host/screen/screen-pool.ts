// The worker threads that hold the sessions' screens. Knows nothing of what a screen is, or of clients.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { assertNever, CodedError } from '../../../protocol/errors.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import type { FromWorker, ToWorker } from './screen-protocol.ts'

export interface ScreenHandlers {
  /** The screen has parsed the log up to here. */
  parsed(position: Position): void
  /** Bytes that the terminal answers to a query. */
  answer(text: string): void
  title(title: string): void
  cwd(cwd: string): void
  /** It rang. */
  bell(): void
  /** What it wants somebody to read. */
  notice(text: string): void
  /** The screen or its worker died: no more answers, the session goes on. */
  failed(error: CodedError): void
}

export interface ScreenText {
  lines: string[]
  cols: number
  rows: number
}

/** The last line of a screen, and how far the screen had come then. */
export interface LastLine {
  text: string
  offset: number
}

type Answer = StoredKeyframe | ScreenText | LastLine

interface PoolWorker {
  worker: Worker
  screens: Set<PooledScreen>
}

export class ScreenPool {
  readonly #workers: PoolWorker[] = []
  readonly #screens = new Map<number, PooledScreen>()
  readonly #version: string
  readonly #most: number
  #next = 1
  #closed = false

  /** `version`: what terminals answer to XTVERSION. */
  constructor(version: string, most = Math.max(1, availableParallelism() - 1)) {
    this.#version = version
    this.#most = most
  }

  /** A screen of its own for one session; it stays with one worker. */
  open(cols: number, rows: number, handlers: ScreenHandlers): PooledScreen {
    const home = this.#leastBusy()
    const id = this.#next++
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
    if (this.#workers.length < this.#most) return this.#start()
    return this.#workers.reduce((best, one) => (one.screens.size < best.screens.size ? one : best))
  }

  #start(): PoolWorker {
    // The same file runs built (.js) and, in tests, as it is (.ts).
    const file = import.meta.url.endsWith('.ts') ? './screen-worker.ts' : './screen-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'screens',
      workerData: { version: this.#version },
    })
    const home: PoolWorker = { worker, screens: new Set() }
    worker.on('message', (message: FromWorker) => this.#screens.get(message.screen)?.receive(message))
    worker.on('error', error => this.#gone(home, error))
    worker.on('exit', () => this.#gone(home, new Error('a screen worker ended')))
    this.#workers.push(home)
    return home
  }

  #gone(home: PoolWorker, cause: Error): void {
    const index = this.#workers.indexOf(home)
    if (index < 0 || this.#closed) return
    this.#workers.splice(index, 1)
    const error = new CodedError('internal', `a screen worker died: ${cause.message}`, { cause })
    for (const screen of [...home.screens]) screen.fail(error)
  }
}

/** A message to the worker but for the screen's number, which the pool adds. */
type Sent = ToWorker extends infer M ? (M extends ToWorker ? Omit<M, 'screen'> : never) : never

/** One session's screen, as seen from the main loop. */
export class PooledScreen {
  readonly #handlers: ScreenHandlers
  readonly #post: (message: Sent) => void
  readonly #closed: () => void
  readonly #asks = new Map<number, { resolve: (answer: Answer) => void; reject: (error: CodedError) => void }>()
  #nextAsk = 1
  #position: Position = LOG_START
  #error: CodedError | undefined

  constructor(handlers: ScreenHandlers, post: (message: Sent) => void, closed: () => void) {
    this.#handlers = handlers
    this.#post = post
    this.#closed = closed
  }

  /** How far it has parsed. */
  get position(): Position {
    return this.#position
  }

  /** Why there are no more answers, if so. */
  get error(): CodedError | undefined {
    return this.#error
  }

  write(bytes: Uint8Array): void {
    this.send({ do: 'write', bytes })
  }

  resize(cols: number, rows: number): void {
    this.send({ do: 'resize', cols, rows })
  }

  /** The terminal's state where the worker is now: what somebody needs who is behind. */
  keyframeNow(): Promise<StoredKeyframe> {
    return this.#ask('keyframe_now') as Promise<StoredKeyframe>
  }

  /** The terminal's state after everything that was written so far. */
  keyframe(): Promise<StoredKeyframe> {
    return this.#ask('keyframe') as Promise<StoredKeyframe>
  }

  /** The present screen as plain text, after everything written so far. */
  text(): Promise<ScreenText> {
    return this.#ask('lines') as Promise<ScreenText>
  }

  /** Where the worker is now: who asks often does not wait for a flood. */
  lastLine(): Promise<LastLine> {
    return this.#ask('last_line') as Promise<LastLine>
  }

  close(): void {
    this.send({ do: 'close' })
    this.#finish(new CodedError('session_ended', 'the screen was closed'))
  }

  /** For the pool. */
  send(message: Sent): void {
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
        const { answers, bell, notice, title, cwd } = message.heard
        this.#position = { offset: message.offset, n: message.n }
        if (answers !== '') this.#handlers.answer(answers)
        if (title !== undefined) this.#handlers.title(title)
        if (cwd !== undefined) this.#handlers.cwd(cwd)
        if (notice !== undefined) this.#handlers.notice(notice)
        else if (bell) this.#handlers.bell()
        return this.#handlers.parsed(this.#position)
      }
      case 'keyframe':
        return this.#answer(message.ask, message.keyframe)
      case 'lines':
        return this.#answer(message.ask, { lines: message.lines, cols: message.cols, rows: message.rows })
      case 'last_line':
        return this.#answer(message.ask, { text: message.text, offset: message.offset })
      case 'failed':
        return this.fail(new CodedError('internal', `the screen failed: ${message.message}`))
      default:
        assertNever(message)
    }
  }

  #finish(error: CodedError): void {
    if (this.#error) return
    this.#error = error
    this.#closed()
    for (const ask of this.#asks.values()) ask.reject(error)
    this.#asks.clear()
  }

  #ask(what: 'keyframe_now' | 'keyframe' | 'lines' | 'last_line'): Promise<Answer> {
    if (this.#error) return Promise.reject(this.#error)
    const ask = this.#nextAsk++
    return new Promise((resolve, reject) => {
      this.#asks.set(ask, { resolve, reject })
      this.send({ do: what, ask })
    })
  }

  #answer(ask: number, answer: Answer): void {
    this.#asks.get(ask)?.resolve(answer)
    this.#asks.delete(ask)
  }
}
