// The worker threads that hold the sessions' screens.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../../protocol/errors.ts'
import type { RuleFile } from '../agents/rule-format.ts'
import { threadDied } from '../threads/call.ts'
import { memoryLimits } from '../threads/memory.ts'
import { workerFile } from '../threads/worker-file.ts'
import { PooledScreen, type ScreenHandlers } from './pooled-screen.ts'
import { type FromWorker, SHARED, type ToWorker } from './screen-protocol.ts'

/** A worker's heap: a screen takes a few MB, and no program can make it larger (xterm-bounds.ts). */
const WORKER_HEAP_MB = 256

/** Workers for screens that broke one before. More such screens share them. */
const MAX_SEPARATE = 4

/** A worker that is in the same turn at this many checks in a row hangs: no turn takes a second. */
const CHECK_MS = 5_000
const STUCK_CHECKS = 4

interface PoolWorker {
  worker: Worker
  screens: Set<number>
  /** For one screen that has killed a worker before. */
  isSeparate: boolean
  shared: Int32Array
  turns: number
  stuckChecks: number
}

export interface ScreenPoolOptions {
  maxWorkers?: number
  heapMB?: number
  /** A worker died; its screens are built again. */
  died?(message: string): void
}

export class ScreenPool {
  readonly #workers: PoolWorker[] = []
  readonly #screens = new Map<number, { screen: PooledScreen; home: PoolWorker }>()
  readonly #version: string
  readonly #maxWorkers: number
  readonly #heapMB: number
  readonly #checkTimer: NodeJS.Timeout
  readonly #died: ScreenPoolOptions['died']
  #rules: ReadonlyMap<string, RuleFile>
  #nextId = 1
  #closed = false

  /** `version`: what terminals answer to XTVERSION. `rules`: see ScreenRules. */
  constructor(version: string, rules: ReadonlyMap<string, RuleFile>, options: ScreenPoolOptions = {}) {
    this.#version = version
    this.#rules = rules
    this.#maxWorkers = options.maxWorkers ?? Math.max(1, availableParallelism() - 1)
    this.#heapMB = options.heapMB ?? WORKER_HEAP_MB
    this.#died = options.died
    this.#checkTimer = setInterval(() => this.#check(), CHECK_MS).unref()
  }

  /** Other rules from now on, also for screens that are open. */
  setRules(rules: ReadonlyMap<string, RuleFile>): void {
    this.#rules = rules
    for (const { worker } of this.#workers) worker.postMessage({ do: 'rules', rules } satisfies ToWorker)
  }

  /** A screen for one session; it stays with one worker as long as that lives. */
  open(cols: number, rows: number, handlers: ScreenHandlers): PooledScreen {
    const id = this.#nextId++
    const home = this.#leastBusy(false)
    const screen = new PooledScreen(handlers, this.#sender(home, id), () => this.#remove(id))
    this.#screens.set(id, { screen, home })
    home.screens.add(id)
    screen.send({ do: 'open', cols, rows })
    return screen
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#checkTimer)
    for (const { screen } of [...this.#screens.values()]) screen.close()
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()))
  }

  #sender(home: PoolWorker, id: number): PooledScreen['send'] {
    return message => home.worker.postMessage({ ...message, screen: id })
  }

  #remove(id: number): void {
    const home = this.#screens.get(id)?.home
    this.#screens.delete(id)
    if (!home) return
    home.screens.delete(id)
    // Posted messages arrive first, `close` among them.
    if (home.isSeparate && home.screens.size === 0 && !this.#closed) void this.#end(home)
  }

  async #end(home: PoolWorker): Promise<void> {
    const index = this.#workers.indexOf(home)
    if (index >= 0) this.#workers.splice(index, 1)
    await home.worker.terminate()
  }

  #leastBusy(isSeparate: boolean): PoolWorker {
    const workers = this.#workers.filter(one => one.isSeparate === isSeparate)
    const idle = workers.find(one => one.screens.size === 0)
    if (idle) return idle
    if (workers.length < (isSeparate ? MAX_SEPARATE : this.#maxWorkers)) return this.#start(isSeparate)
    return workers.reduce((best, one) => (one.screens.size < best.screens.size ? one : best))
  }

  #start(isSeparate: boolean): PoolWorker {
    const shared = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT))
    const worker = new Worker(workerFile('./screen-worker', import.meta.url), {
      name: 'screens',
      workerData: { version: this.#version, rules: this.#rules, shared },
      resourceLimits: memoryLimits(this.#heapMB),
    })
    const home: PoolWorker = { worker, screens: new Set(), isSeparate, shared, turns: 0, stuckChecks: 0 }
    worker.on('message', (message: FromWorker) => this.#receive(home, message))
    worker.on('error', error => this.#workerGone(home, error))
    worker.on('exit', () => this.#workerGone(home, new Error('a screen worker ended')))
    this.#workers.push(home)
    return home
  }

  #receive(home: PoolWorker, message: FromWorker): void {
    const held = this.#screens.get(message.screen)
    if (held?.home !== home) return
    if (message.say !== 'failed') return held.screen.receive(message)
    const error = new CodedError(
      'screen_failed',
      `this session’s output broke its screen (${message.message}); try again`,
    )
    if (held.screen.died(error, 'own')) this.#rebuild(message.screen, error)
  }

  #workerGone(home: PoolWorker, cause: Error): void {
    const index = this.#workers.indexOf(home)
    if (index < 0 || this.#closed) return
    this.#workers.splice(index, 1)
    const error = threadDied('the thread that draws this screen', cause)
    this.#died?.(error.message)
    const [only] = home.screens
    const culprit = home.isSeparate && home.screens.size === 1 ? only : Atomics.load(home.shared, SHARED.screen)
    const causeFor = (id: number) => (id === culprit ? 'own' : home.screens.has(culprit!) ? 'other' : 'unknown')
    const lost = [...home.screens].filter(id => this.#screens.get(id)?.screen.died(error, causeFor(id)))
    for (const id of lost) this.#rebuild(id, error)
  }

  /** In another worker: its own, if it broke one. */
  #rebuild(id: number, cause: CodedError): void {
    const held = this.#screens.get(id)
    if (!held) return
    const { screen } = held
    held.home.screens.delete(id)
    const home = this.#leastBusy(screen.isSuspect)
    home.screens.add(id)
    held.home = home
    screen.rebuild(cause, this.#sender(home, id))
  }

  /** Ends workers that hang; `#workerGone` does the rest. */
  #check(): void {
    for (const home of this.#workers) {
      const turns = Atomics.load(home.shared, SHARED.turns)
      const isStuck = Atomics.load(home.shared, SHARED.screen) !== 0 && turns === home.turns
      home.stuckChecks = isStuck ? home.stuckChecks + 1 : 0
      home.turns = turns
      if (home.stuckChecks >= STUCK_CHECKS) void home.worker.terminate()
    }
  }
}
