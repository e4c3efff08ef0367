// The push subscriptions of the phones' browsers, one per device, in a file.
import * as z from 'zod'
import { decodeBase64url } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { PUSH_ENDPOINT_CHARACTERS } from '../../../protocol/limits.ts'
import { MAX_DEVICES } from '../access/devices.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'
import type { Logger } from '../log/logger.ts'
import { isPoint } from './push-key.ts'

/** The authentication secret of RFC 8291, section 3.2. */
const AUTH_BYTES = 16

const Subscription = z.strictObject({
  endpoint: z.string().max(PUSH_ENDPOINT_CHARACTERS),
  p256dh: z.string().refine(isPoint, 'is not a public key'),
  auth: z.string().refine(text => decodeBase64url(text)?.length === AUTH_BYTES, `does not have ${AUTH_BYTES} bytes`),
})
export type Subscription = z.infer<typeof Subscription>

const StoredSubscription = z.strictObject({
  ...Subscription.shape,
  device_id: z.string().min(1).max(64),
  /** The push service no longer knows it. Kept, so that the phone can be told. */
  gone: z.boolean(),
})
type StoredSubscription = z.infer<typeof StoredSubscription>

const File = z.strictObject({ version: z.literal(1), subscriptions: z.array(StoredSubscription).max(MAX_DEVICES) })

export interface SubscriptionsOptions {
  file: string
  /** Default: plain files. */
  files?: SecretFiles
  /** Whether the address is a push service that this host uses. */
  allowed(endpoint: string): boolean
  log: Pick<Logger, 'error'>
}

/** Changes are on disk when a call returns. An error of the disk is thrown after the change took effect. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #stored: Map<string, StoredSubscription>

  /** A file that cannot be read counts as empty: each phone sends its subscription again at its next visit. */
  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#stored = new Map(read(options).map(one => [one.device_id, one]))
  }

  /** The same object until the subscription changes. */
  get(device_id: string): Subscription | undefined {
    const stored = this.#stored.get(device_id)
    return stored?.gone ? undefined : stored
  }

  /** Whether the device has this subscription. Throws `push_gone`. */
  has(device_id: string, { endpoint, p256dh, auth }: Subscription): boolean {
    const stored = this.#stored.get(device_id)
    if (stored?.endpoint !== endpoint || stored.p256dh !== p256dh || stored.auth !== auth) return false
    if (stored.gone) throw new CodedError('push_gone', 'the push service no longer knows this subscription')
    return true
  }

  /** Throws `push_refused`. */
  set(device_id: string, subscription: Subscription): void {
    const parsed = Subscription.safeParse(subscription)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new CodedError('push_refused', `${issue?.path.join('.')} ${issue?.message}`)
    }
    const { endpoint, p256dh, auth } = parsed.data
    if (!this.#options.allowed(endpoint))
      throw new CodedError('push_refused', 'this address is not a push service that the host knows')
    this.#stored.set(device_id, { device_id, endpoint, p256dh, auth, gone: false })
    this.#save()
  }

  /** Returns whether there was a subscription. */
  remove(device_id: string): boolean {
    if (!this.#stored.delete(device_id)) return false
    this.#save()
    return true
  }

  /** The push service no longer knows this subscription. */
  markGone(device_id: string, subscription: Subscription): void {
    const stored = this.#stored.get(device_id)
    if (!stored || stored !== subscription) return
    this.#stored.set(device_id, { ...stored, gone: true })
    this.#save()
  }

  /** Removes subscriptions of revoked devices: a crash may have come between writing the two files. */
  keepOnly(device_ids: ReadonlySet<string>): void {
    for (const device_id of [...this.#stored.keys()]) if (!device_ids.has(device_id)) this.remove(device_id)
  }

  devices(): string[] {
    return [...this.#stored.keys()].filter(device_id => this.get(device_id))
  }

  #save(): void {
    const { file, files = PLAIN_FILES } = this.#options
    files.write(file, `${JSON.stringify({ version: 1, subscriptions: [...this.#stored.values()] }, null, 2)}\n`)
  }
}

function read({ file, files = PLAIN_FILES, allowed, log }: SubscriptionsOptions): StoredSubscription[] {
  let text: string
  try {
    text = files.read(file)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') log.error({ code }, 'the list of push subscriptions cannot be read')
    return []
  }
  try {
    // The list of services may have changed since the file was written.
    return File.parse(JSON.parse(text)).subscriptions.filter(one => allowed(one.endpoint))
  } catch {
    // Not the error, which may quote the file.
    log.error({}, 'the list of push subscriptions is damaged; phones send theirs again at their next visit')
    return []
  }
}
