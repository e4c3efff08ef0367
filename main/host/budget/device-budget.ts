// What one device may use of the host, over however many connections: time of the main loop, unsent bytes, and things that it
// may hold at once. A device that is over its budget is not read until it is within it again; its replies wait meanwhile.
import { CodedError, type ErrorCode } from '../../../protocol/errors.ts'
import { Turns, type TurnTaker } from './turns.ts'

/** What a device may have several of at once, on all its connections together. */
export type Held = 'connections' | 'attachments' | 'history_requests' | 'searches' | 'exports' | 'uploads' | 'lookups'

export interface BudgetLimits {
  /** Milliseconds of the main loop (costs.ts) per second, and how much of it may be saved up. */
  per_second: number
  burst: number
  /** Bytes that the client has not read yet. */
  unsent_bytes: number
  held: Readonly<Record<Held, number>>
  /** Attachments to one session. */
  attachments_per_session: number
}

/**
 * A quarter of the main loop, and half a second at once: opening a page takes 20 ms, typing 1 ms a second.
 * `unsent_bytes`: more than a slow phone's windows let through, little enough for many devices at once.
 * `connections`: each tab has one, and a few that a phone lost are still open. `attachments`: more than a person displays.
 * `lookups`: these wait for each other, so that one device never fills the queue of a thread that all share.
 */
export const DEVICE_LIMITS: BudgetLimits = {
  per_second: 250,
  burst: 500,
  unsent_bytes: 8 * 1024 * 1024,
  held: {
    connections: 16,
    attachments: 64,
    history_requests: 32,
    searches: 8,
    exports: 1,
    uploads: 4,
    lookups: 2,
  },
  attachments_per_session: 8,
}

/**
 * For each connection on this computer: more time than there is, so that the app's windows and scripts are never slowed; they
 * take turns like everybody.
 */
export const LOCAL_LIMITS: BudgetLimits = {
  per_second: 5_000,
  burst: 10_000,
  unsent_bytes: 32 * 1024 * 1024,
  held: { ...DEVICE_LIMITS.held, connections: 1, exports: 3, lookups: 16 },
  attachments_per_session: 64,
}

/**
 * Unread bytes of all connections on this computer together; beyond them, only those that leave less than LOCAL_SHARE_BYTES unread
 * are sent more. A program may open any number of connections.
 */
export const LOCAL_UNSENT_BYTES = 64 * 1024 * 1024
const LOCAL_SHARE_BYTES = 256 * 1024

const REFUSALS: Record<Held, [code: ErrorCode, what: string]> = {
  connections: ['too_many_connections', 'connections of this device are open'],
  attachments: ['too_many_attachments', 'attachments of this client are open'],
  history_requests: ['history_busy', 'history requests of this client are running; wait for one'],
  searches: ['history_busy', 'searches of this client are running; wait for one'],
  exports: ['history_busy', 'exports of this client are running; wait for one'],
  uploads: ['upload_busy', 'files of this client are being uploaded; wait for one to finish'],
  lookups: ['too_many_requests', 'requests of this client wait; wait for one'],
}

/** Lookups that wait for their turn: more than any page sends at once. */
const MAX_WAITING = 64

/** A debt is paid within this time: a device that was slowed is heard again soon. */
const LONGEST_DEBT_S = 2

/** A device that is slowed is read again when it has saved this much, or when this long has passed while it reads its bytes. */
const WORTH_A_TURN = 2
const UNSENT_CHECK_MS = 20

/** Of a job, beyond its cost: what a busy computer or a garbage collection adds. */
const TOLERATED_MS = 4

/** One connection of a device. */
export interface BudgetMember {
  /** Bytes that were sent and not read yet. */
  readonly unsent: number
  /** By performance.now(). */
  readonly lastReceived: number
  /** Stops and continues reading from it. */
  pause(): void
  resume(): void
  /** There is room for bytes again. */
  roomToSend(): void
  /** Its place goes to another connection of the device. */
  giveWay(error: CodedError): void
}

/** What the connections of this computer share. */
interface SharedBound {
  /** Unread bytes of all of them. */
  unsent(): number
  /** This one has no connection any more. */
  left(): void
}

/** A connection that says nothing for longer than clients' heartbeat (20 s) is lost, and gives way to a new one. */
const LOST_MS = 25_000

export class DeviceBudget implements TurnTaker {
  readonly #limits: BudgetLimits
  readonly #turns: Turns
  readonly #shared: SharedBound
  readonly #members = new Set<BudgetMember>()
  readonly #held = new Map<Held, number>()
  readonly #attached = new Map<string, number>()
  /** Lookups that wait for one of this device's to end. */
  readonly #waiting: ((refusal?: CodedError) => void)[] = []
  /** Lookups whose replies have no room yet. */
  readonly #roomAwaited: (() => void)[] = []
  /** What is to be done, in order. */
  #jobs: (() => void)[] = []
  #balance: number
  #balanceAt = performance.now()
  #isPaused = false
  /** In all, by charge(). */
  #charged = 0
  /** A member has bytes that it may not send yet. */
  #wantsRoom = false
  #timer: NodeJS.Timeout | undefined

  constructor(limits: BudgetLimits, turns: Turns, shared: SharedBound = { unsent: () => 0, left: () => {} }) {
    this.#limits = limits
    this.#shared = shared
    this.#turns = turns
    this.#balance = limits.burst
  }

  /** Nothing is open, and nothing is owed: it can be forgotten. */
  get isIdle(): boolean {
    for (const count of this.#held.values()) if (count > 0) return false
    return this.#members.size === 0 && this.#jobs.length === 0 && this.#refill() >= this.#limits.burst
  }

  /** A new connection. Throws `too_many_connections` unless a lost one gives way to it. */
  join(member: BudgetMember): void {
    if (this.#members.size >= this.#limits.held.connections) {
      const [quietest] = [...this.#members].sort((a, b) => a.lastReceived - b.lastReceived)
      if (!quietest || performance.now() - quietest.lastReceived < LOST_MS) throw this.#refusal('connections')
      quietest.giveWay(this.#refusal('connections'))
    }
    this.#members.add(member)
    if (this.#isPaused) member.pause()
  }

  leave(member: BudgetMember): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    // No one is left to do anything for.
    this.#shared.left()
    this.#jobs = []
    this.#isPaused = this.#wantsRoom = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#turns.leave(this)
    const gone = new CodedError('connection_lost', 'the client is gone')
    for (const refuse of this.#waiting.splice(0)) refuse(gone)
    for (const go of this.#roomAwaited.splice(0)) go()
  }

  /** Takes one of a kind; the returned function gives it back. Throws a code that says so if the device has all it may. */
  hold(kind: Exclude<Held, 'connections' | 'lookups'>): () => void {
    const count = this.#held.get(kind) ?? 0
    if (count >= this.#limits.held[kind]) throw this.#refusal(kind)
    this.#held.set(kind, count + 1)
    return once(() => this.#held.set(kind, this.#held.get(kind)! - 1))
  }

  /** Takes one attachment to this session. Throws `too_many_attachments`. */
  holdAttachment(session_id: string): () => void {
    const count = this.#attached.get(session_id) ?? 0
    if (count >= this.#limits.attachments_per_session)
      throw new CodedError('too_many_attachments', `this client is attached to this session ${count} times`)
    const release = this.hold('attachments')
    this.#attached.set(session_id, count + 1)
    return once(() => {
      release()
      const left = this.#attached.get(session_id)! - 1
      if (left > 0) this.#attached.set(session_id, left)
      else this.#attached.delete(session_id)
    })
  }

  /** Runs a request to a thread that all clients share, when few enough of this device's are there. Rejects with `too_many_requests`. */
  async lookUp<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#held.get('lookups') ?? 0
    if (running < this.#limits.held.lookups) this.#held.set('lookups', running + 1)
    else {
      if (this.#waiting.length >= MAX_WAITING) throw this.#refusal('lookups')
      // The one that ends hands its place on.
      await new Promise<void>((resolve, reject) =>
        this.#waiting.push(refusal => (refusal ? reject(refusal) : resolve())),
      )
    }
    try {
      while (!this.hasRoomToSend()) await new Promise<void>(resolve => this.#roomAwaited.push(resolve))
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#held.set('lookups', this.#held.get('lookups')! - 1)
    }
  }

  /** Does a job for the device: at once, or after what waits, in its turn and within its budget. */
  run(job: () => void): void {
    if (this.#jobs.length === 0 && this.#isWithin() && this.#turns.runNow(this, () => this.#measured(job))) return
    this.#jobs.push(job)
    if (!this.#isPaused) {
      this.#isPaused = true
      for (const member of this.#members) member.pause()
    }
    if (this.#isWithin()) this.#turns.enter(this)
    else this.#wait()
  }

  /** The device has used this much of the main loop's time. */
  charge(cost: number): void {
    this.#charged += cost
    this.#balance = Math.max(this.#refill() - cost, -LONGEST_DEBT_S * this.#limits.per_second)
  }

  /** Jobs wait because the device is over its budget. */
  get isSlowed(): boolean {
    return this.#jobs.length > 0 && !this.#isWithin()
  }

  /** Whether more bytes may be sent now; if not, the members' `roomToSend` is called later. */
  hasRoomToSend(): boolean {
    if (this.#hasRoom()) return true
    this.#wantsRoom = true
    this.#wait()
    return false
  }

  takeTurn(until: number): boolean {
    let done = 0
    while (done < this.#jobs.length && this.#isWithin() && (done === 0 || performance.now() < until))
      this.#measured(this.#jobs[done++]!)
    this.#jobs = this.#jobs.slice(done)
    if (!this.#isWithin()) this.#wait()
    else if (this.#jobs.length === 0) this.#resume()
    else return true
    return false
  }

  /** A job that takes much longer than the table says, such as JSON that is slow to parse, costs what it took. */
  #measured(job: () => void): void {
    const [start, before] = [performance.now(), this.#charged]
    try {
      job()
    } finally {
      const unpaid = performance.now() - start - (this.#charged - before)
      if (unpaid > TOLERATED_MS) this.charge(unpaid)
    }
  }

  #wait(): void {
    if (this.#timer) return
    const missing = WORTH_A_TURN - this.#refill()
    const ms = missing > 0 ? Math.max(1, (missing / this.#limits.per_second) * 1_000) : UNSENT_CHECK_MS
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#wake()
    }, ms)
    this.#timer.unref()
  }

  #wake(): void {
    if (this.#wantsRoom && this.#hasRoom()) {
      this.#wantsRoom = false
      for (const member of this.#members) member.roomToSend()
      for (const go of this.#roomAwaited.splice(0)) go()
    }
    if (!this.#isWithin()) return this.#wait()
    if (this.#jobs.length > 0) this.#turns.enter(this)
    else this.#resume()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    for (const member of this.#members) member.resume()
  }

  #isWithin(): boolean {
    return this.#refill() > 0 && this.#hasRoom()
  }

  #refill(): number {
    const now = performance.now()
    const { per_second, burst } = this.#limits
    this.#balance = Math.min(burst, this.#balance + ((now - this.#balanceAt) / 1_000) * per_second)
    this.#balanceAt = now
    return this.#balance
  }

  #hasRoom(): boolean {
    const unsent = this.unsent
    if (unsent >= this.#limits.unsent_bytes) return false
    return unsent < LOCAL_SHARE_BYTES || this.#shared.unsent() < LOCAL_UNSENT_BYTES
  }

  /** Bytes that were sent and not read yet, on all connections. */
  get unsent(): number {
    let bytes = 0
    for (const member of this.#members) bytes += member.unsent
    return bytes
  }

  #refusal(kind: Held): CodedError {
    const [code, what] = REFUSALS[kind]
    return new CodedError(code, `${this.#limits.held[kind]} ${what}`)
  }
}

/** The budgets of all clients. */
export class Budgets {
  readonly #turns = new Turns()
  /** Also of devices that have left with a debt: reconnecting does not pay it. */
  readonly #devices = new Map<string, DeviceBudget>()
  readonly #local = new Set<DeviceBudget>()

  of(device_id: string): DeviceBudget {
    for (const [id, budget] of this.#devices) if (budget.isIdle) this.#devices.delete(id)
    let budget = this.#devices.get(device_id)
    if (!budget) {
      budget = new DeviceBudget(DEVICE_LIMITS, this.#turns)
      this.#devices.set(device_id, budget)
    }
    return budget
  }

  /** For one connection on this computer. */
  local(): DeviceBudget {
    const budget: DeviceBudget = new DeviceBudget(LOCAL_LIMITS, this.#turns, {
      unsent: () => this.#localUnsent(),
      left: () => this.#local.delete(budget),
    })
    this.#local.add(budget)
    return budget
  }

  #localUnsent(): number {
    let bytes = 0
    for (const { unsent } of this.#local) bytes += unsent
    return bytes
  }
}

function once(action: () => unknown): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}
