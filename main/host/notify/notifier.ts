// Notifies people of sessions that need attention: decides, bounds how often, and hands on to the channels.
import { CodedError } from '../../../protocol/errors.ts'
import type { AttentionKind, NotifyChoice, SessionInfo } from '../../../protocol/messages.ts'
import type { Health } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import { Deliveries } from './deliveries.ts'
import { type Notice, noticeOf } from './notice.ts'
import { type NtfySetting, ntfyRequest } from './ntfy.ts'
import { TokenBucket } from './pacing.ts'
import { type PostRequest, post } from './post.ts'
import type { NotifySecrets } from './secrets.ts'
import { type NotifyRules, shouldNotify, shouldTellTrouble } from './should-notify.ts'
import { isTroubleId, noticeOfTrouble, troubleOf } from './trouble-notices.ts'
import { type WebhookSetting, webhookRequest } from './webhook.ts'

/** Per channel. A person reads them; what is over it is in the list of sessions. */
export const MAX_PER_HOUR = 60
/** Of one session per channel, so that a program that asks all the time does not use up what other sessions need. */
export const MAX_PER_SESSION = 20
/** Of one session that may take any place of the hour: those after them leave places for other sessions. */
export const FIRST_OF_SESSION = 3
/** Half of the places are only for first ones: noisy sessions leave ten other sessions all of theirs. */
export const MAX_OF_NOISY = MAX_PER_HOUR / 2
const HOUR_MS = 3_600_000

/** Presses of a test button: this many at once, then one per TEST_MS. */
const TESTS = 5
const TEST_MS = 10_000

export type Channel = 'ntfy' | 'webhook'

export interface NotifierSettings extends NotifyRules {
  /** Also notify of trouble of the host. */
  trouble: boolean
  ntfy: NtfySetting | undefined
  webhook: WebhookSetting | undefined
}

export interface NotifierOptions {
  settings(): NotifierSettings
  secrets: NotifySecrets
  sessionOf(session_id: string): SessionInfo | undefined
  health: Pick<Health, 'troubles'>
  /** Web Push, which has its own queue per device. */
  push: { sessionNeedsAttention(session_id: string): void }
  log: Pick<Logger, 'error' | 'info'>
  /** CA of the servers' certificates (PEM). Default: the CAs that Node trusts. */
  ca?: string | undefined
  now?: () => number
  /** POST_MS, RETRY_MS */
  timing?: { post_ms?: number; retry_ms?: readonly number[] }
}

export class Notifier {
  /** The session that a person started and whose programs started this one: they share the places of one. */
  rootOf = (session_id: string): string => session_id
  readonly #options: NotifierOptions
  readonly #now: () => number
  readonly #channels: { name: string; send(session_id: string): void; sent: HourlyBound }[]
  readonly #deliveries: Record<Channel, Deliveries>
  readonly #tests: TokenBucket

  constructor(options: NotifierOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    const { settings, secrets, log, ca, timing } = options
    const deliveries = (name: Channel, requestOf: (notice: Notice) => PostRequest | undefined) =>
      new Deliveries({
        name,
        requestOf,
        noticeOf: session_id => {
          if (isTroubleId(session_id)) {
            const trouble = troubleOf(session_id, options.health)
            return trouble && noticeOfTrouble(trouble)
          }
          const info = options.sessionOf(session_id)
          return info && noticeOf(info)
        },
        post: (request, signal) => post(request, { ca, signal, post_ms: timing?.post_ms }),
        log,
        retry_ms: timing?.retry_ms,
      })
    this.#deliveries = {
      ntfy: deliveries('ntfy', notice => {
        const { ntfy } = settings()
        return ntfy && ntfyRequest(ntfy, secrets.ntfyToken(ntfy.server), notice)
      }),
      webhook: deliveries('webhook', notice => {
        const { webhook } = settings()
        return webhook && webhookRequest(webhook, (...signed) => secrets.sign(...signed), notice, this.#now())
      }),
    }
    const { ntfy, webhook } = this.#deliveries
    this.#channels = [
      { name: 'push', send: id => options.push.sessionNeedsAttention(id), sent: new HourlyBound() },
      { name: 'ntfy', send: id => ntfy.add(id), sent: new HourlyBound() },
      { name: 'webhook', send: id => webhook.add(id), sent: new HourlyBound() },
    ]
    this.#tests = new TokenBucket(TESTS, TEST_MS, this.#now)
  }

  /** Whether people are notified of this wait of a session; see shouldNotify. */
  decide(kind: AttentionKind, choice: NotifyChoice): boolean {
    const now = this.#now()
    return shouldNotify({ kind, session: { choice }, rules: this.#options.settings(), seen: false, now })
  }

  /** Whether people are notified of trouble of the host now. */
  mayTellTrouble(): boolean {
    return shouldTellTrouble(this.#options.settings(), this.#now())
  }

  /** A wait began that people are notified of; or a trouble, by its ID (trouble-notices.ts). */
  notify(session_id: string): void {
    const root = this.rootOf(session_id)
    for (const { name, send, sent } of this.#channels) {
      if (sent.take(this.#now(), root)) send(session_id)
      else this.#options.log.info({ channel: name }, 'a notification was left out: too many in an hour')
    }
  }

  /** Throws `notify_failed`, `notify_busy`. */
  async test(channel: Channel): Promise<void> {
    if (!this.#tests.take()) throw new CodedError('notify_busy', 'too many tests; wait a few seconds')
    const { webhook } = this.#options.settings()
    if (channel === 'webhook' && webhook && !this.#options.secrets.hasWebhookSecret)
      throw new CodedError('notify_failed', 'there is no signing secret; create one first')
    const at = this.#now()
    await this.#deliveries[channel].test({
      id: `test-${at}`,
      kind: 'message',
      at,
      headline: 'On the Go: test notification',
      text: 'It works.',
    })
  }

  close(): void {
    for (const one of Object.values(this.#deliveries)) one.close()
  }
}

/** At most MAX_PER_HOUR in any hour, MAX_PER_SESSION of one session, and none after its first ones in the places kept for others. */
export class HourlyBound {
  readonly #sent: { at: number; session_id: string }[] = []

  take(now: number, session_id: string): boolean {
    // A clock that was set back must not stop notifications until it has caught up.
    while (this.#sent.length > 0 && (now - this.#sent[0]!.at >= HOUR_MS || this.#sent[0]!.at > now)) this.#sent.shift()
    if (this.#sent.length >= MAX_PER_HOUR) return false
    const own = this.#sent.filter(one => one.session_id === session_id).length
    if (own >= MAX_PER_SESSION || (own >= FIRST_OF_SESSION && this.#sent.length >= MAX_OF_NOISY)) return false
    this.#sent.push({ at: now, session_id })
    return true
  }
}
