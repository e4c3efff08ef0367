// Commits queued writes a transaction at a time. When one fails: tries again, gives up what can never be written, and
// reports the trouble once.
import { storeFault } from '../../store/faults.ts'
import type { Store } from '../../store/store.ts'
import { type Write, WriteQueue } from './queue.ts'
import type { FromHistory, TroubleCode } from './worker-protocol.ts'
import type { Writer } from './writer.ts'

/** One transaction takes about this much: 10 ms of compressing and writing, then other work gets its turn. */
const TRANSACTION_BYTES = 1024 * 1024

/** A full or locked disk is tried again this often. */
const RETRY_MS = 1_000

export class Committer {
  readonly #store: Store
  readonly #writer: Writer
  readonly #say: (message: FromHistory) => void
  readonly #schedule: () => void
  readonly #queue = new WriteQueue()
  #trouble: string | undefined
  #retry: NodeJS.Timeout | undefined
  #lastCommit = 0
  /** All that was reported as lost, and how much of it in earlier troubles. */
  #lostBytes = 0
  #lostBefore = 0

  /** `schedule`: called when waiting writes may be tried again. */
  constructor(store: Store, writer: Writer, say: (message: FromHistory) => void, schedule: () => void) {
    this.#store = store
    this.#writer = writer
    this.#say = say
    this.#schedule = schedule
  }

  /** Something waits and may be tried now. */
  get isReady(): boolean {
    return this.#queue.length > 0 && !this.#retry
  }

  /** Waits before it tries again. */
  get isRetrying(): boolean {
    return this.#retry !== undefined
  }

  get isTroubled(): boolean {
    return this.#trouble !== undefined
  }

  /** performance.now() of the last transaction. */
  get lastCommit(): number {
    return this.#lastCommit
  }

  /** The number of the write that arrived last. */
  get lastNumber(): number {
    return this.#queue.lastNumber
  }

  /** Whether the write with this number and all before it are committed or given up. */
  isDone(number: number): boolean {
    return this.#queue.isDone(number)
  }

  push(write: Write): void {
    this.#queue.push(write)
    if (this.#trouble) this.#dropExcess()
  }

  /** Runs one transaction, or one for each write where that fails. Returns the writes that left the queue. */
  commit(): Write[] {
    const writes = this.#queue.first(TRANSACTION_BYTES)
    let count = 0
    try {
      this.#store.transaction(() => {
        for (const write of writes) this.#writer.write(write)
      })
      count = writes.length
      this.#queue.done(count)
      this.#recovered()
    } catch (error) {
      this.#writer.forget()
      if (storeFault(error).lasting) {
        this.#waitAndRetry(error)
        return []
      }
      // One of them can never be written: find out which, so that the others are.
      for (const write of writes) {
        try {
          this.#store.transaction(() => this.#writer.write(write))
          this.#queue.done(1)
        } catch (error) {
          this.#writer.forget()
          if (storeFault(error).lasting) {
            this.#waitAndRetry(error)
            break
          }
          this.reportTrouble(error)
          this.#queue.giveUpFirst()
          if (write.do === 'insert') this.#say({ say: 'unrecorded', session_id: write.session.session_id })
          this.#reportLoss()
        }
        count++
        if (this.#queue.isGapFirst) break
      }
    }
    this.#lastCommit = performance.now()
    const done = writes.slice(0, count)
    const last = done.findLast(write => write.do === 'append')
    if (last) this.#say({ say: 'committed', batch: last.batch })
    return done
  }

  reportTrouble(error: unknown): void {
    const { code, message } = storeFault(error)
    if (this.#trouble === code) return
    this.#trouble = code
    this.#say({ say: 'trouble', code: troubleCode(code), message })
  }

  /** A last attempt for what waits; afterwards nothing is tried again. */
  finish(): void {
    this.#cancelRetry()
    while (this.#queue.length > 0 && !this.#retry) this.commit()
    this.#cancelRetry()
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
  }

  #waitAndRetry(error: unknown): void {
    this.reportTrouble(error)
    this.#dropExcess()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#schedule()
    }, RETRY_MS)
  }

  #reportLoss(): void {
    if (this.#queue.lostBytes === this.#lostBytes) return
    this.#lostBytes = this.#queue.lostBytes
    this.#say({ say: 'lost', bytes: this.#lostBytes - this.#lostBefore })
  }

  #recovered(): void {
    if (!this.#trouble) return
    this.#lostBefore = this.#lostBytes
    this.#trouble = undefined
    this.#say({ say: 'recovered' })
  }

  #dropExcess(): void {
    const batch = this.#queue.drop()
    if (batch !== undefined) this.#say({ say: 'committed', batch })
    this.#reportLoss()
  }
}

function troubleCode(code: string): TroubleCode {
  return code === 'store_full' || code === 'store_damaged' || code === 'data_dir_unusable' ? code : 'internal'
}
