// Push notifications for sessions that need attention: which devices receive one, when, and how often it is retried.
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import { isInScope, type Scoped } from '../access/session-scope.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'
import type { Audience } from '../health/audience.ts'
import type { Logger } from '../log/logger.ts'
import { pause, TokenBucket } from '../notify/pacing.ts'
import { canReach, type PostReply, type PostRequest, post } from '../notify/post.ts'
import { type PushKey, readPushKey } from './push-key.ts'
import { type PushNotification, pushRequest } from './push-message.ts'
import { isPushService } from './push-services.ts'
import { type Subscription, Subscriptions } from './subscriptions.ts'

/** Sessions that wait per device: a person who was not notified of these is not helped by one more. */
export const MAX_WAITING = 16

/** Notifications per device: this many at once, then one per REFILL_MS. A person reads them. */
export const BURST = 8
export const REFILL_MS = 60_000

/** Changes of a subscription per device: this many at once, then one per CHANGE_MS. Each writes a file. */
const CHANGES = 10
const CHANGE_MS = 60_000

/** Delays before retries if the service cannot be reached or fails. */
export const RETRY_MS = [3_000, 20_000, 120_000]

/** A service that asks for a longer delay gets no retry. */
const MAX_WAIT_MS = 10 * 60_000

export interface PushOptions {
  keyFile: string
  file: string
  /** Default: plain files. */
  files?: SecretFiles
  /** As in PUSH_SERVICES. */
  services: readonly string[]
  /** CA of their certificates (PEM). Default: the CAs that Node trusts. */
  ca?: string | undefined
  /** The setting `push`. */
  enabled(): boolean
  /** The paired devices. `is_let_in`: it would be now; false: it has to be confirmed again, and learns nothing until then. */
  devices(): readonly ({ device_id: string; read_only?: boolean; is_let_in?: boolean } & Scoped)[]
  /** A person is at a page of this device, and sees there which sessions need attention. */
  isPresent(device_id: string): boolean
  /** The notification of a session that still needs attention, or of a trouble that lasts. */
  notificationOf(session_id: string): (Omit<PushNotification, 'session_id'> & { session_id?: '' }) | undefined
  /** Whether a device learns of this trouble; undefined: the ID is a session's. */
  maySeeTrouble?(id: string, device: Audience): boolean | undefined
  /** The set of notified devices changed. */
  changed(): void
  log: Pick<Logger, 'info' | 'error'>
  now?: () => number
  /** Default: notify/post.ts. */
  wire?: Wire
}

/** The requests that leave this host, as in notify/post.ts. */
export interface Wire {
  post(request: PostRequest, signal: AbortSignal): Promise<PostReply>
  canReach(endpoint: string, signal: AbortSignal): Promise<boolean>
}

/** The sessions that one device is still to be notified of. */
interface DeviceQueue {
  waiting: Set<string>
  /** #work is running. */
  busy: boolean
  budget: TokenBucket
  /** Ends the running request or pause. */
  stop: AbortController
}

export class Push {
  readonly #options: PushOptions
  readonly #now: () => number
  readonly #wire: Wire
  readonly #subscriptions: Subscriptions
  readonly #queues = new Map<string, DeviceQueue>()
  readonly #changes = new Map<string, TokenBucket>()
  readonly #troubles = new Map<string, 'unreachable' | 'refused'>()
  readonly #closed = new AbortController()
  #key: PushKey | undefined

  constructor(options: PushOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    const { file, files = PLAIN_FILES, services, ca, log } = options
    this.#wire = options.wire ?? {
      post: (request, signal) => post(request, { ca, signal }),
      canReach: (endpoint, signal) => canReach(endpoint, { ca, signal }),
    }
    this.#subscriptions = new Subscriptions({
      file,
      files,
      allowed: endpoint => isPushService(endpoint, services),
      log,
    })
    try {
      this.#subscriptions.keepOnly(new Set(options.devices().map(({ device_id }) => device_id)))
    } catch (error) {
      // In memory they are removed; a host whose disk is full has to start.
      log.error({ code: toCoded(error).code }, 'the list of push subscriptions could not be written')
    }
  }

  /** The reply to a phone. */
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
   * Notifies a device through this subscription from now on; null: no longer. For a new one, resolves when it is known
   * whether the push service can be reached. Throws `push_off`, `push_refused`, `push_gone`, `push_busy`.
   */
  async subscribe(device_id: string, subscription: Subscription | null): Promise<void> {
    if (subscription === null) return this.unsubscribe(device_id)
    if (!this.#options.enabled()) throw new CodedError('push_off', 'this computer sends no notifications')
    if (this.#subscriptions.has(device_id, subscription)) return
    if (!this.#changesOf(device_id).take())
      throw new CodedError('push_busy', 'the push subscription was changed too often; try again in a few minutes')
    this.#subscriptions.set(device_id, subscription)
    this.#drop(device_id)
    this.#options.log.info({ device_id }, 'device subscribed to notifications')
    this.#options.changed()
    const isReached = await this.#wire.canReach(subscription.endpoint, this.#closed.signal)
    if (!isReached && this.#subscriptions.get(device_id)?.endpoint === subscription.endpoint)
      this.#troubles.set(device_id, 'unreachable')
  }

  /**
   * Sends a notification that says that it is a test, whatever a person looks at. Resolves when the push service has answered:
   * `state` tells of trouble. Throws `push_off`, `push_gone`, `push_busy`.
   */
  async test(device_id: string): Promise<void> {
    if (!this.#options.enabled()) throw new CodedError('push_off', 'this computer sends no notifications')
    const subscription = this.#subscriptions.get(device_id)
    if (!subscription) throw new CodedError('push_gone', 'this device is not subscribed')
    const { budget, stop } = this.#queueOf(device_id)
    if (!budget.take()) throw new CodedError('push_busy', 'too many notifications; try again in a few minutes')
    const request = await pushRequest(device_id, subscription, this.#ownKey, TEST)
    const reply = await this.#wire.post(request, stop.signal).catch(() => undefined)
    if (!stop.signal.aborted) this.#handleReply(device_id, subscription, reply, RETRY_MS.length)
  }

  /** The device receives no more notifications. */
  unsubscribe(device_id: string): void {
    this.#drop(device_id)
    if (!this.has(device_id)) return void this.#subscriptions.remove(device_id)
    try {
      this.#subscriptions.remove(device_id)
    } finally {
      // Also if the disk failed.
      this.#options.log.info({ device_id }, 'device unsubscribed from notifications')
      this.#options.changed()
    }
  }

  /** The device was revoked. */
  deviceRevoked(device_id: string): void {
    try {
      this.unsubscribe(device_id)
    } finally {
      this.#queues.delete(device_id)
      this.#changes.delete(device_id)
    }
  }

  /** A session asked for attention unseen, or a trouble lasts. */
  sessionNeedsAttention(session_id: string): void {
    if (!this.#options.enabled() || this.#closed.signal.aborted) return
    for (const device_id of this.#subscriptions.devices()) {
      const queue = this.#queueOf(device_id)
      if (queue.waiting.size >= MAX_WAITING) continue
      queue.waiting.add(session_id)
      if (!queue.busy) void this.#work(device_id, queue)
    }
  }

  close(): void {
    this.#closed.abort()
    for (const { stop } of this.#queues.values()) stop.abort()
  }

  get #ownKey(): PushKey {
    this.#key ??= readPushKey(this.#options.keyFile, this.#options.log, this.#options.files)
    return this.#key
  }

  #changesOf(device_id: string): TokenBucket {
    let budget = this.#changes.get(device_id)
    if (!budget) this.#changes.set(device_id, (budget = new TokenBucket(CHANGES, CHANGE_MS, this.#now)))
    return budget
  }

  #queueOf(device_id: string): DeviceQueue {
    let queue = this.#queues.get(device_id)
    if (!queue) {
      queue = newQueue(new TokenBucket(BURST, REFILL_MS, this.#now))
      this.#queues.set(device_id, queue)
    }
    return queue
  }

  /** Ends what is in progress for the device. Its token bucket stays. */
  #drop(device_id: string): void {
    this.#troubles.delete(device_id)
    const queue = this.#queues.get(device_id)
    if (!queue) return
    queue.stop.abort()
    this.#queues.set(device_id, newQueue(queue.budget))
  }

  /** Sends one notification after the other, until none waits. */
  async #work(device_id: string, queue: DeviceQueue): Promise<void> {
    queue.busy = true
    for (const session_id of queue.waiting) {
      try {
        await this.#notify(device_id, session_id, queue)
      } catch (error) {
        // Without the error's message: an endpoint is a capability.
        this.#options.log.error(
          { device_id, session: session_id, error: (error as Error).name },
          'a notification could not be made',
        )
      }
    }
    queue.busy = false
  }

  async #notify(device_id: string, session_id: string, queue: DeviceQueue): Promise<void> {
    const { signal } = queue.stop
    if (this.#due(device_id, session_id, signal)) await pause(queue.budget.wait(), signal)
    for (let attempt = 0; ; attempt++) {
      // If it asks for attention again from here on, that is a new notification.
      queue.waiting.delete(session_id)
      const due = this.#due(device_id, session_id, signal)
      if (!due) return
      if (attempt === 0) queue.budget.take()
      const { subscription, notification } = due
      const request = await pushRequest(
        device_id,
        subscription,
        this.#ownKey,
        { session_id, ...notification },
        session_id,
      )
      if (signal.aborted) return
      const reply = await this.#wire.post(request, signal).catch(() => undefined)
      if (signal.aborted) return
      const wait = this.#handleReply(device_id, subscription, reply, attempt)
      if (wait === undefined) return
      queue.waiting.add(session_id)
      await pause(wait, signal)
    }
  }

  /** The notification and its subscription, if it is still due: checked before each attempt. */
  #due(device_id: string, session_id: string, signal: AbortSignal) {
    const { enabled, devices, isPresent, notificationOf } = this.#options
    const subscription = this.#subscriptions.get(device_id)
    const notification = notificationOf(session_id)
    if (signal.aborted || !enabled() || !subscription || !notification || isPresent(device_id)) return undefined
    const device = devices().find(one => one.device_id === device_id)
    if (!device || device.is_let_in === false || !this.#concerns(session_id, device)) return undefined
    if (!device.read_only) return { subscription, notification }
    // It may not answer.
    const { actions: _, ...shown } = notification
    return { subscription, notification: shown }
  }

  #concerns(id: string, device: Scoped & Audience): boolean {
    return this.#options.maySeeTrouble?.(id, device) ?? isInScope(device, id)
  }

  /** Returns the delay before the next attempt in milliseconds; undefined: there is none. */
  #handleReply(device_id: string, subscription: Subscription, reply: PostReply | undefined, attempt: number) {
    const { log, changed } = this.#options
    const status = reply?.status ?? 0
    if (status >= 200 && status < 300) {
      this.#troubles.delete(device_id)
      return undefined
    }
    if (status === 404 || status === 410) {
      this.#subscriptions.markGone(device_id, subscription)
      log.info({ device_id, status }, 'the push service no longer knows the device')
      changed()
      return undefined
    }
    this.#troubles.set(device_id, reply ? 'refused' : 'unreachable')
    const isRetryable = !reply || status === 429 || status >= 500
    const wait = reply?.retry_after_ms ?? RETRY_MS[attempt]
    if (isRetryable && attempt < RETRY_MS.length && wait !== undefined && wait <= MAX_WAIT_MS)
      return Math.max(wait, RETRY_MS[0]!)
    log.error({ device_id, status }, 'the push service did not accept a notification')
    return undefined
  }
}

/** Without a session: a tap opens the list. */
const TEST: PushNotification = {
  session_id: '',
  kind: 'message',
  title: 'On the Go',
  text: 'This is a test notification.',
}

function newQueue(budget: TokenBucket): DeviceQueue {
  return { waiting: new Set(), busy: false, budget, stop: new AbortController() }
}
