// Pairing: the secret of the code while somebody shows it, and the phones that wait for somebody's yes. Knows nothing of
// sockets, addresses or how a code is drawn.
import { randomUUID } from 'node:crypto'
import { generateSecret } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { type Device, proposedName } from './devices.ts'

/** A secret lives so long: to take a phone out of a pocket, find its camera and load the page. */
export const SECRET_MS = 120_000
/** While the code is shown a new secret comes so often; who has just scanned the old one has the rest of its life. */
export const RENEW_MS = 90_000
/** A person answers within this or has gone away. */
export const ANSWER_MS = 120_000
/** Phones that wait at once; each was admitted by a secret, so it takes somebody who can see the screen to fill this. */
export const MAX_WAITING = 3

export interface PairingOptions {
  /** Takes the device in. Throws what the person who said yes should read. */
  admit(who: { publicKey: Uint8Array; name: string; read_only: boolean; secure: boolean; address: string }): Device
  /** There is another secret, or none any more. */
  secretChanged(): void
  /** Another phone waits, or one of them no longer. */
  requestsChanged(): void
  now?: () => number
}

/** Who asks to be let in. `code`: the same on both screens. */
export interface PairingCandidate {
  publicKey: Uint8Array
  name: string
  code: string
  secure: boolean
  address: string
}

/** How it went, told once. */
export interface PairingOutcome {
  admitted(device: Device): void
  refused(error: CodedError): void
}

interface Secret {
  bytes: Uint8Array
  since: number
}

export interface PairingRequest extends PairingCandidate {
  pairing_id: string
  expires_at: number
}

interface Waiting {
  request: PairingRequest
  /** Undefined while the phone's connection is gone; it may come back within its time. */
  outcome: PairingOutcome | undefined
  timer: NodeJS.Timeout
}

export class Pairing {
  readonly #options: PairingOptions
  readonly #now: () => number
  readonly #showing = new Set<object>()
  /** Newest first; two at most, since RENEW_MS is more than half of SECRET_MS. */
  #secrets: Secret[] = []
  #renewing: NodeJS.Timeout | undefined
  #waiting: Waiting[] = []

  constructor(options: PairingOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** `who` shows the code from now on; all who do show the same. */
  show(who: object): void {
    this.#showing.add(who)
    if (!this.#fresh()) this.#renew()
  }

  /** Without anybody who shows it the code is void. Twice is fine. */
  hide(who: object): void {
    if (!this.#showing.delete(who) || this.#showing.size > 0) return
    clearTimeout(this.#renewing)
    this.#secrets = []
  }

  get shown(): boolean {
    return this.#showing.size > 0
  }

  shows(who: object): boolean {
    return this.#showing.has(who)
  }

  /** The secret to show, and when it dies. Only while somebody shows it. */
  current(): { secret: Uint8Array; expires_at: number } {
    // The computer may have slept through the timer.
    const { bytes, since } = this.#fresh() ?? this.#renew()
    return { secret: bytes, expires_at: since + SECRET_MS }
  }

  /** Those that a handshake may use. */
  secrets(): Uint8Array[] {
    return this.#secrets.filter(secret => this.#age(secret) < SECRET_MS).map(secret => secret.bytes)
  }

  /** The first who has proved to know the secret has used it up. Throws `pairing_spent`. */
  claim(secret: Uint8Array): void {
    const live = this.#secrets.find(one => one.bytes === secret && this.#age(one) < SECRET_MS)
    if (!live) throw new CodedError('pairing_spent', 'this code was used already or is too old; scan a fresh one')
    this.#secrets = this.#secrets.filter(one => one !== live)
    // What is on the screen is void now.
    this.#renew()
    this.#options.secretChanged()
  }

  /** Whether a phone with this key waits, perhaps without a connection at the moment. */
  waits(publicKey: Uint8Array, secure: boolean): boolean {
    return this.#find(publicKey, secure) !== undefined
  }

  requests(): PairingRequest[] {
    return this.#waiting.map(({ request }) => request)
  }

  /** A phone that has claimed a secret asks to be let in. Throws `pairing_busy`. */
  request(asker: PairingCandidate, outcome: PairingOutcome): PairingRequest {
    const before = this.#find(asker.publicKey, asker.secure)
    // Who watches sees one take the other's place, which is no refusal.
    if (before) this.#forget(before)
    before?.outcome?.refused(new CodedError('pairing_elsewhere', 'this phone has asked again'))
    if (this.#live().length >= MAX_WAITING)
      throw new CodedError('pairing_busy', `${MAX_WAITING} devices wait to be let in already; answer them first`)
    const expires_at = this.#now() + ANSWER_MS
    const name = proposedName(asker.name)
    const request: PairingRequest = { ...asker, name, pairing_id: randomUUID(), expires_at }
    const waiting: Waiting = {
      request,
      outcome,
      timer: setTimeout(() => this.#expire(waiting), ANSWER_MS),
    }
    this.#waiting.push(waiting)
    this.#options.requestsChanged()
    return request
  }

  /** The phone is back; its request stands. Throws `pairing_refused` when it does not any more. */
  resume(publicKey: Uint8Array, secure: boolean, outcome: PairingOutcome): PairingRequest {
    const waiting = this.#find(publicKey, secure)
    if (!waiting) throw new CodedError('pairing_refused', 'this phone does not wait any more; scan a fresh code')
    // Another tab of it, or a connection that it has lost and we have not yet.
    waiting.outcome?.refused(new CodedError('pairing_elsewhere', 'this phone has asked again'))
    waiting.outcome = outcome
    return waiting.request
  }

  /** Its connection is gone. The request stands: a phone sleeps while its owner walks to the desktop. */
  leave(outcome: PairingOutcome): void {
    const waiting = this.#waiting.find(one => one.outcome === outcome)
    if (waiting) waiting.outcome = undefined
  }

  /** Somebody at the desktop has decided. Throws `pairing_unknown`, and what `admit` throws; then it can be tried again. */
  answer(pairing_id: string, { allow, read_only }: { allow: boolean; read_only: boolean }): void {
    const waiting = this.#live().find(one => one.request.pairing_id === pairing_id)
    if (!waiting) throw new CodedError('pairing_unknown', 'this device does not wait any more')
    if (!allow) return this.#end(waiting, new CodedError('pairing_refused', 'somebody at the desktop said no'))
    const device = this.#options.admit({ ...waiting.request, read_only })
    const { outcome } = waiting
    this.#remove(waiting)
    outcome?.admitted(device)
  }

  /** Nobody is asked or let in any more. */
  close(): void {
    clearTimeout(this.#renewing)
    this.#secrets = []
    this.#showing.clear()
    for (const { timer } of this.#waiting) clearTimeout(timer)
    this.#waiting = []
  }

  /** The newest secret, unless it is time for another one. */
  #fresh(): Secret | undefined {
    const [newest] = this.#secrets
    return newest && this.#age(newest) < RENEW_MS ? newest : undefined
  }

  #renew(): Secret {
    const secret = { bytes: generateSecret(), since: this.#now() }
    this.#secrets = [secret, ...this.#secrets.filter(one => this.#age(one) < SECRET_MS)].slice(0, 2)
    clearTimeout(this.#renewing)
    this.#renewing = setTimeout(() => {
      this.#renew()
      this.#options.secretChanged()
    }, RENEW_MS)
    return secret
  }

  /** A clock that was set back makes a secret too old, not young again. */
  #age({ since }: Secret): number {
    const age = this.#now() - since
    return age < 0 ? SECRET_MS : age
  }

  /** Those who wait. The computer may have slept through their timers. */
  #live(): readonly Waiting[] {
    for (const waiting of this.#waiting) if (this.#now() >= waiting.request.expires_at) this.#expire(waiting)
    return this.#waiting
  }

  #expire(waiting: Waiting): void {
    this.#end(waiting, new CodedError('pairing_expired', 'nobody at the desktop answered in time'))
  }

  #find(publicKey: Uint8Array, secure: boolean): Waiting | undefined {
    return this.#live().find(
      ({ request }) => request.secure === secure && Buffer.compare(request.publicKey, publicKey) === 0,
    )
  }

  #end(waiting: Waiting, error: CodedError): void {
    this.#remove(waiting)
    waiting.outcome?.refused(error)
  }

  #remove(waiting: Waiting): void {
    this.#forget(waiting)
    this.#options.requestsChanged()
  }

  #forget(waiting: Waiting): void {
    clearTimeout(waiting.timer)
    this.#waiting = this.#waiting.filter(one => one !== waiting)
  }
}
