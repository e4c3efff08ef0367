// What the phones' browsers gave them to be notified by, one per device, kept in a file. Knows nothing of what is sent.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { decodeBase64url } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { PUSH_ENDPOINT_CHARACTERS } from '../../../protocol/limits.ts'
import { MAX_DEVICES } from '../access/devices.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import { isPoint } from './push-key.ts'

/** The secret of RFC 8291, section 3.2. */
const AUTH_BYTES = 16

const Subscription = z.strictObject({
  endpoint: z.string().max(PUSH_ENDPOINT_CHARACTERS),
  p256dh: z.string().refine(isPoint, 'is no public key'),
  auth: z.string().refine(text => decodeBase64url(text)?.length === AUTH_BYTES, `has not ${AUTH_BYTES} bytes`),
})
export type Subscription = z.infer<typeof Subscription>

const Kept = z.strictObject({
  ...Subscription.shape,
  device_id: z.string().min(1).max(64),
  /** The push service knows it no longer. Kept, so that the phone can be told. */
  gone: z.boolean(),
})
type Kept = z.infer<typeof Kept>

const File = z.strictObject({ version: z.literal(1), subscriptions: z.array(Kept).max(MAX_DEVICES) })

export interface SubscriptionsOptions {
  file: string
  /** Whether a push service is there, for this host. */
  allowed(endpoint: string): boolean
  log: { error(what: object, message: string): void }
}

/** Changes are on disk when a call returns. What the disk throws, it throws after the change took effect. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #kept: Map<string, Kept>

  /** A file that cannot be read is as good as none: each phone brings its own again at its next visit. */
  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#kept = new Map(read(options).map(one => [one.device_id, one]))
  }

  /** The same object until it is another one. */
  get(device_id: string): Subscription | undefined {
    const kept = this.#kept.get(device_id)
    return kept?.gone ? undefined : kept
  }

  /** Whether it has just this one. Throws `push_gone`. */
  has(device_id: string, { endpoint, p256dh, auth }: Subscription): boolean {
    const kept = this.#kept.get(device_id)
    if (kept?.endpoint !== endpoint || kept.p256dh !== p256dh || kept.auth !== auth) return false
    if (kept.gone) throw new CodedError('push_gone', 'the push service does not know this subscription any more')
    return true
  }

  /** Throws `push_refused`. */
  set(device_id: string, given: Subscription): void {
    const parsed = Subscription.safeParse(given)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new CodedError('push_refused', `${issue?.path.join('.')} ${issue?.message}`)
    }
    const { endpoint, p256dh, auth } = parsed.data
    if (!this.#options.allowed(endpoint))
      throw new CodedError('push_refused', 'this address is not one of a push service that the host knows')
    this.#kept.set(device_id, { device_id, endpoint, p256dh, auth, gone: false })
    this.#save()
  }

  /** Returns whether there was one. */
  remove(device_id: string): boolean {
    if (!this.#kept.delete(device_id)) return false
    this.#save()
    return true
  }

  /** The push service does not know this one any more. */
  lost(device_id: string, subscription: Subscription): void {
    const kept = this.#kept.get(device_id)
    if (!kept || kept !== subscription) return
    this.#kept.set(device_id, { ...kept, gone: true })
    this.#save()
  }

  /** Who is no device any more is told nothing; a crash may have come between the two files. */
  keepOnly(device_ids: ReadonlySet<string>): void {
    for (const device_id of [...this.#kept.keys()]) if (!device_ids.has(device_id)) this.remove(device_id)
  }

  devices(): string[] {
    return [...this.#kept.keys()].filter(device_id => this.get(device_id))
  }

  #save(): void {
    writeAtomically(
      this.#options.file,
      `${JSON.stringify({ version: 1, subscriptions: [...this.#kept.values()] }, null, 2)}\n`,
    )
  }
}

function read({ file, allowed, log }: SubscriptionsOptions): Kept[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') log.error({ code }, 'the list of push subscriptions cannot be read')
    return []
  }
  try {
    // Also what stands there since before must not lead elsewhere.
    return File.parse(JSON.parse(text)).subscriptions.filter(one => allowed(one.endpoint))
  } catch {
    // Never the error, which may say what it has read.
    log.error({}, 'the list of push subscriptions is damaged; phones bring theirs again at their next visit')
    return []
  }
}
