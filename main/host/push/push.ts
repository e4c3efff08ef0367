// Tells phones whose page is closed that a session calls: who is told, when, and how often it is tried. Knows nothing of
// connections; what it says is encrypted by push-message.ts and sent by push-post.ts.
import { CodedError } from '../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import { type PushKey, readPushKey } from './push-key.ts'
import { type Call, type PushRequest, pushRequest } from './push-message.ts'
import { type PostAnswer, post, reaches } from './push-post.ts'
import { isPushService } from './push-services.ts'
import { type Subscription, Subscriptions } from './subscriptions.ts'

/** Sessions that one device may yet be told of; who has not heard of these is not helped by one more. */
export const MOST_WAITING = 16

/** What one device is told at once, and how soon it may be told of one more: a person, not a log. */
export const BURST = 8
export const REFILL_MS = 60_000

/** What one device's browser may change at once, and how soon once more: each is a file that is written. */
const CHANGES = 10
const CHANGE_MS = 60_000

/** After what pauses it is tried again when nothing answered, or the service has a fault. */
export const RETRY_MS = [3_000, 20_000, 120_000]

/** A service that asks to wait for longer is not waited for. */
const LONGEST_WAIT_MS = 10 * 60_000

export interface PushOptions {
  keyFile: string
  file: string
  /** As in PUSH_SERVICES. */
  services: readonly string[]
  /** Who signs their certificates; left out: who is trusted anyway. */
  ca?: string | undefined
  /** Phones may be told at all. */
  enabled(): boolean
  /** Who is paired. */
  devices(): readonly { device_id: string }[]
  /** Somebody is before a page of this device, and sees there what calls. */
  present(device_id: string): boolean
  /** What a session says that still calls. */
  calling(session_id: string): Omit<Call, 'session_id'> | undefined
  /** Others are told, or none. */
  changed(): void
  log: { info(what: object, message: string): void; error(what: object, message: string): void }
  now?: () => number
  /** Left out: the network. */
  wire?: Wire
}

/** As in push-post.ts. */
export interface Wire {
  post(request: PushRequest, signal: AbortSignal): Promise<PostAnswer>
  reaches(endpoint: string, signal: AbortSignal): Promise<boolean>
}

/** What one device has yet to be told. */
interface Line {
  waiting: Set<string>
  /** Somebody looks after it. */
  busy: boolean
  budget: Budget
  /** Ends what is under way. */
  stop: AbortController
}

export class Push {
  readonly #options: PushOptions
  readonly #now: () => number
  readonly #wire: Wire
  readonly #subscriptions: Subscriptions
  readonly #lines = new Map<string, Line>()
  readonly #changes = new Map<string, Budget>()
  readonly #troubles = new Map<string, 'unreachable' | 'refused'>()
  readonly #closed = new AbortController()
  #key: PushKey | undefined

  constructor(options: PushOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    const { file, services, ca, log } = options
    this.#wire = options.wire ?? {
      post: (request, signal) => post(request, { ca, signal }),
      reaches: (endpoint, signal) => reaches(endpoint, { ca, signal }),
    }
    this.#subscriptions = new Subscriptions({ file, allowed: endpoint => isPushService(endpoint, services), log })
    this.#subscriptions.keepOnly(new Set(options.devices().map(({ device_id }) => device_id)))
  }

  /** What a phone is answered. */
  state(device_id: string): Omit<HostMessageOf<'push'>, 'type' | 'request_id'> {
    return {
      key: this.#options.enabled() ? this.#ownKey.publicKey : null,
      subscribed: this.has(device_id),
      trouble: this.#troubles.get(device_id) ?? null,
    }
  }

  has(device_id: string): boolean {
    return this.#subscriptions.get(device_id) !== undefined
  }

  /**
   * A device is told by this from now on; null: no more. When it is another than before, this resolves when it is known
   * whether the push service can be reached. Throws `push_off`, `push_refused`, `push_gone`, `push_busy`.
   */
  async subscribe(device_id: string, subscription: Subscription | null): Promise<void> {
    if (subscription === null) return this.forget(device_id)
    if (!this.#options.enabled()) throw new CodedError('push_off', 'this computer sends no notifications')
    if (this.#subscriptions.has(device_id, subscription)) return
    if (!this.#changesOf(device_id).take())
      throw new CodedError('push_busy', 'the push subscription was changed too often; try again in some minutes')
    this.#subscriptions.set(device_id, subscription)
    this.#drop(device_id)
    this.#options.log.info({ device_id }, 'device is notified from now on')
    this.#options.changed()
    const reached = await this.#wire.reaches(subscription.endpoint, this.#closed.signal)
    if (!reached && this.#subscriptions.get(device_id)?.endpoint === subscription.endpoint)
      this.#troubles.set(device_id, 'unreachable')
  }

  /** It is told nothing any more. */
  forget(device_id: string): void {
    this.#drop(device_id)
    if (!this.#subscriptions.remove(device_id)) return
    this.#options.log.info({ device_id }, 'device is not notified any more')
    this.#options.changed()
  }

  /** It is no device any more. */
  revoked(device_id: string): void {
    this.forget(device_id)
    this.#lines.delete(device_id)
    this.#changes.delete(device_id)
  }

  /** A session calls, and nobody looked at it. */
  called(session_id: string): void {
    if (!this.#options.enabled() || this.#closed.signal.aborted) return
    for (const device_id of this.#subscriptions.devices()) {
      const line = this.#lineOf(device_id)
      if (line.waiting.size >= MOST_WAITING) continue
      line.waiting.add(session_id)
      if (!line.busy) void this.#work(device_id, line)
    }
  }

  close(): void {
    this.#closed.abort()
    for (const { stop } of this.#lines.values()) stop.abort()
  }

  get #ownKey(): PushKey {
    this.#key ??= readPushKey(this.#options.keyFile, this.#options.log)
    return this.#key
  }

  #changesOf(device_id: string): Budget {
    let budget = this.#changes.get(device_id)
    if (!budget) this.#changes.set(device_id, (budget = new Budget(CHANGES, CHANGE_MS, this.#now)))
    return budget
  }

  #lineOf(device_id: string): Line {
    let line = this.#lines.get(device_id)
    if (!line) {
      line = newLine(new Budget(BURST, REFILL_MS, this.#now))
      this.#lines.set(device_id, line)
    }
    return line
  }

  /** Nothing that is under way for it counts any more. What it was told already does. */
  #drop(device_id: string): void {
    this.#troubles.delete(device_id)
    const line = this.#lines.get(device_id)
    if (!line) return
    line.stop.abort()
    this.#lines.set(device_id, newLine(line.budget))
  }

  /** One after the other, until nothing waits. */
  async #work(device_id: string, line: Line): Promise<void> {
    line.busy = true
    for (const session_id of line.waiting) {
      try {
        await this.#tell(device_id, session_id, line)
      } catch (error) {
        // Without what it carries: an endpoint is a capability.
        this.#options.log.error({ device_id, error: (error as Error).name }, 'a notification could not be made')
      }
    }
    line.busy = false
  }

  async #tell(device_id: string, session_id: string, line: Line): Promise<void> {
    const { signal } = line.stop
    if (this.#wanted(device_id, session_id, signal)) await pause(line.budget.wait(), signal)
    for (let tried = 0; ; tried++) {
      // What it calls from here on, somebody having looked meanwhile, is told anew.
      line.waiting.delete(session_id)
      const wanted = this.#wanted(device_id, session_id, signal)
      if (!wanted) return
      if (tried === 0) line.budget.take()
      const { subscription, call } = wanted
      const request = await pushRequest(device_id, subscription, this.#ownKey, { session_id, ...call })
      if (signal.aborted) return
      const answer = await this.#wire.post(request, signal).catch(() => undefined)
      if (signal.aborted) return
      const wait = this.#took(device_id, subscription, answer, tried)
      if (wait === undefined) return
      line.waiting.add(session_id)
      await pause(wait, signal)
    }
  }

  /** What there is to say and to whom, if that is so now: it is looked at before each try. */
  #wanted(device_id: string, session_id: string, signal: AbortSignal) {
    const { enabled, devices, present, calling } = this.#options
    const subscription = this.#subscriptions.get(device_id)
    const call = calling(session_id)
    if (signal.aborted || !enabled() || !subscription || !call || present(device_id)) return undefined
    return devices().some(device => device.device_id === device_id) ? { subscription, call } : undefined
  }

  /** Returns how long to wait before the next try; undefined: there is none. */
  #took(device_id: string, subscription: Subscription, answer: PostAnswer | undefined, tried: number) {
    const { log, changed } = this.#options
    const status = answer?.status ?? 0
    if (status >= 200 && status < 300) {
      this.#troubles.delete(device_id)
      return undefined
    }
    if (status === 404 || status === 410) {
      this.#subscriptions.lost(device_id, subscription)
      log.info({ device_id, status }, 'the push service does not know the device any more')
      changed()
      return undefined
    }
    this.#troubles.set(device_id, answer ? 'refused' : 'unreachable')
    const again = !answer || status === 429 || status >= 500
    const wait = answer?.retry_after_ms ?? RETRY_MS[tried]
    if (again && tried < RETRY_MS.length && wait !== undefined && wait <= LONGEST_WAIT_MS)
      return Math.max(wait, RETRY_MS[0]!)
    log.error({ device_id, status }, 'a notification was not taken by the push service')
    return undefined
  }
}

function newLine(budget: Budget): Line {
  return { waiting: new Set(), busy: false, budget, stop: new AbortController() }
}

/** So many at once, and one more whenever a while has gone by. */
class Budget {
  readonly #most: number
  readonly #refill_ms: number
  readonly #now: () => number
  #left: number
  #at: number

  constructor(most: number, refill_ms: number, now: () => number) {
    this.#most = most
    this.#refill_ms = refill_ms
    this.#now = now
    this.#left = most
    this.#at = now()
  }

  /** Milliseconds until there is one. */
  wait(): number {
    this.#fill()
    return this.#left > 0 ? 0 : this.#refill_ms - (this.#now() - this.#at)
  }

  take(): boolean {
    this.#fill()
    if (this.#left === 0) return false
    this.#left--
    return true
  }

  #fill(): void {
    const now = this.#now()
    // A clock that was set back must not stop it for as long.
    if (now < this.#at || this.#left === this.#most) this.#at = now
    const more = Math.floor((now - this.#at) / this.#refill_ms)
    this.#left = Math.min(this.#most, this.#left + more)
    this.#at += more * this.#refill_ms
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    timer.unref()
    signal.addEventListener('abort', done)
  })
}
