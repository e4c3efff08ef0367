// Pairing: the secret in the code while a client shows it, and the phones that wait for approval.
import { randomUUID } from 'node:crypto'
import { encodeBase64url, generateSecret } from '../../../protocol/channel/keys.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { type Clocks, systemClocks } from '../clock/clocks.ts'
import { type Device, proposedName } from './devices.ts'

/** Lifetime of a secret: time to take out a phone, find its camera and load the page. */
export const SECRET_MS = 120_000
/** While the code is shown, it is renewed this often; a phone that scanned the old one has the rest of its lifetime. */
export const RENEW_MS = 90_000
/** Time for the person at the desktop to answer. */
export const ANSWER_MS = 120_000
/** The wall clock was set if it differs by more: less is how its corrections, and roundings, show. */
const SET_MS = 1_000
/** Phones that wait at once. Each has used a secret, so only a person who sees the screen can reach this. */
export const MAX_WAITING = 3

/**
 * Codes that devices may spend before a person does something (answers a request, asks for another code): a try of somebody
 * who watches the screen is one guess at six digits, so all of them succeed with a chance of 5 in a million.
 */
export const MAX_SPENT_CODES = 5

/**
 * How often one paired device asks to be confirmed again, with other digits each time: it needs no code, and each request comes
 * to a person's eyes. More than a phone that reloads its page and loses its network; a guess at six digits succeeds five times in a million.
 */
export const MAX_CONFIRMATIONS = 5
export const CONFIRMATIONS_MS = 600_000

/** More devices than can be paired: entries older than CONFIRMATIONS_MS are dropped first. */
const MAX_REMEMBERED = 128

export interface PairingOptions {
  /** Pairs the device. Throws errors for the person who approved it. */
  admit(candidate: {
    publicKey: Uint8Array
    name: string
    read_only: boolean
    secure: boolean
    address: string
    confirms: boolean
  }): Device
  /** The secret was renewed. */
  secretChanged(): void
  /** `requests` returns something else now. */
  requestsChanged(): void
  /** Default: the system's. */
  clocks?: Clocks
}

/** A phone that wants to be paired. `code`: shown on both screens, to compare. */
export interface PairingCandidate {
  publicKey: Uint8Array
  name: string
  code: string
  secure: boolean
  address: string
  /** It is paired, and has to be confirmed again: it keeps the name and the permission that it has when it is confirmed. */
  confirms?: boolean
}

/** How pairing ended, called once. */
export interface PairingOutcome {
  admitted(device: Device): void
  refused(error: CodedError): void
}

interface Secret {
  bytes: Uint8Array
  /** In elapsed time: a clock that is set neither ends nor prolongs it. */
  since: number
  /** The date that was shown. */
  expires_at: number
}

export interface PairingRequest extends PairingCandidate {
  pairing_id: string
  expires_at: number
}

interface Waiting {
  request: PairingRequest
  /** In elapsed time. */
  until: number
  /** Undefined while the phone's connection is gone; it may reconnect until the request expires. */
  outcome: PairingOutcome | undefined
  timer: NodeJS.Timeout
}

/** What a phone shows. It learns no paths of the computer. */
const NOT_SAVED = 'the computer cannot save this phone: its disk may be full; free some space there and scan a new code'

export class Pairing {
  readonly #options: PairingOptions
  readonly #clocks: Clocks
  readonly #showing = new Set<object>()
  /** Newest first; two at most, since RENEW_MS is more than half of SECRET_MS. */
  #secrets: Secret[] = []
  #renewing: NodeJS.Timeout | undefined
  /** Codes that devices have spent since a person did something. */
  #spent = 0
  #waiting: Waiting[] = []
  /** When devices asked to be confirmed again, and whether a person declined the last time: by their keys. */
  readonly #confirmations = new Map<string, { times: number[]; declined: boolean }>()

  constructor(options: PairingOptions) {
    this.#options = options
    this.#clocks = options.clocks ?? systemClocks()
  }

  /** `client` shows the code from now on. All clients show the same one. */
  show(client: object): void {
    if (!this.shown) this.#spent = 0
    this.#showing.add(client)
    if (!this.#fresh() && !this.exhausted) this.#renew()
  }

  /** When the last client stops showing the code, it is void. Twice is fine. */
  hide(client: object): void {
    if (!this.#showing.delete(client) || this.#showing.size > 0) return
    clearTimeout(this.#renewing)
    this.#secrets = []
  }

  get shown(): boolean {
    return this.#showing.size > 0
  }

  shows(client: object): boolean {
    return this.#showing.has(client)
  }

  /** Codes that devices have spent since a person did something. */
  get spent(): number {
    return this.#spent
  }

  /** Devices have spent so many codes that a person has to ask for the next one. */
  get exhausted(): boolean {
    return this.#spent >= MAX_SPENT_CODES
  }

  /** A person asks for another code. */
  renew(): void {
    this.#spent = 0
    if (!this.shown) return
    this.#renew()
    this.#options.secretChanged()
  }

  /** The secret to show, and when it expires. Only while a client shows it, and unless the codes are `exhausted`. */
  current(): { secret: Uint8Array; expires_at: number } {
    // The computer may have slept through the timer.
    const { bytes, since, expires_at } = this.#fresh() ?? this.#renew()
    return { secret: bytes, expires_at: this.#dateOf(since + SECRET_MS, expires_at) }
  }

  /** The secrets that a handshake may use. */
  secrets(): Uint8Array[] {
    return this.#secrets.filter(secret => this.#age(secret) < SECRET_MS).map(secret => secret.bytes)
  }

  /** The first peer that proves to know the secret spends it. Throws `pairing_spent`. */
  claim(secret: Uint8Array): void {
    const live = this.#secrets.find(one => one.bytes === secret && this.#age(one) < SECRET_MS)
    if (!live) throw new CodedError('pairing_spent', 'this code was used already or is too old; scan a new one')
    this.#secrets = this.#secrets.filter(one => one !== live)
    // The code on the screen is void now.
    this.#spent++
    if (this.exhausted) {
      clearTimeout(this.#renewing)
      this.#secrets = []
    } else this.#renew()
    this.#options.secretChanged()
  }

  /** Whether a phone with this key waits, perhaps without a connection at the moment. */
  waits(publicKey: Uint8Array, secure: boolean): boolean {
    return this.#find(publicKey, secure) !== undefined
  }

  requests(): PairingRequest[] {
    return this.#waiting.map(({ request, until }) => ({
      ...request,
      expires_at: this.#dateOf(until, request.expires_at),
    }))
  }

  /** A phone that has claimed a secret requests pairing, or one that is paired to be confirmed again. Throws `pairing_busy`, `pairing_elsewhere`. */
  request(candidate: PairingCandidate, outcome: PairingOutcome): PairingRequest {
    const before = this.#find(candidate.publicKey, candidate.secure)
    if (candidate.confirms) {
      // Its digits are on both screens, and stay until the request ends.
      if (before)
        throw new CodedError('pairing_elsewhere', 'this phone is already waiting, in another tab or connection')
      this.#countConfirmation(encodeBase64url(candidate.publicKey))
    }
    // The new request replaces the old one without a change event: it is not a refusal.
    if (before) this.#forget(before)
    before?.outcome?.refused(new CodedError('pairing_elsewhere', 'this phone has made another request'))
    if (this.#live().length >= MAX_WAITING)
      throw new CodedError('pairing_busy', `${MAX_WAITING} devices are waiting for approval; answer those first`)
    const until = this.#clocks.elapsed() + ANSWER_MS
    const expires_at = this.#dateOf(until)
    const name = proposedName(candidate.name)
    const request: PairingRequest = { ...candidate, name, pairing_id: randomUUID(), expires_at }
    const waiting: Waiting = {
      request,
      until,
      outcome,
      timer: setTimeout(() => this.#expire(waiting), ANSWER_MS),
    }
    this.#waiting.push(waiting)
    this.#options.requestsChanged()
    return request
  }

  /** The phone reconnected, and continues its request. Throws `pairing_refused` if that has ended. */
  resume(publicKey: Uint8Array, secure: boolean, outcome: PairingOutcome): PairingRequest {
    const waiting = this.#find(publicKey, secure)
    if (!waiting) throw new CodedError('pairing_refused', 'this phone is no longer waiting; scan a new code')
    // Another tab of the phone, or a connection that is dead but not yet closed.
    waiting.outcome?.refused(new CodedError('pairing_elsewhere', 'this phone has made another request'))
    waiting.outcome = outcome
    return waiting.request
  }

  /** Milliseconds until a request expires. */
  left({ pairing_id }: PairingRequest): number {
    const waiting = this.#waiting.find(({ request }) => request.pairing_id === pairing_id)
    return waiting ? Math.max(0, waiting.until - this.#clocks.elapsed()) : 0
  }

  /** The phone's connection is gone. Its request stays: a phone may sleep while its owner walks to the desktop. */
  leave(outcome: PairingOutcome): void {
    const waiting = this.#waiting.find(one => one.outcome === outcome)
    if (!waiting) return
    waiting.outcome = undefined
    // With its connection, a phone that is confirmed again loses its digits: it asks anew.
    if (waiting.request.confirms) this.#remove(waiting)
  }

  /**
   * The desktop's decision. Throws `pairing_unknown`, and what `admit` throws: the phone is not paired, and learns it if it cannot be
   * saved; otherwise it waits on.
   */
  answer(pairing_id: string, { allow, read_only }: { allow: boolean; read_only: boolean }): void {
    const waiting = this.#live().find(one => one.request.pairing_id === pairing_id)
    if (!waiting) throw new CodedError('pairing_unknown', 'this device is no longer waiting')
    const wasExhausted = this.exhausted
    this.#spent = 0
    if (wasExhausted) this.renew()
    const confirmation = this.#confirmations.get(encodeBase64url(waiting.request.publicKey))
    if (confirmation && waiting.request.confirms) confirmation.declined = !allow
    if (!allow) return this.#end(waiting, new CodedError('pairing_refused', 'the desktop declined the request'))
    let device: Device
    try {
      device = this.#options.admit({ ...waiting.request, read_only, confirms: waiting.request.confirms === true })
    } catch (error) {
      // Anything else, like too many devices, a person at the desktop can mend, and answer again.
      if (toCoded(error).code === 'data_dir_unusable')
        this.#end(waiting, new CodedError('data_dir_unusable', NOT_SAVED, { cause: error }))
      throw error
    }
    const { outcome } = waiting
    this.#confirmations.delete(encodeBase64url(waiting.request.publicKey))
    this.#remove(waiting)
    outcome?.admitted(device)
  }

  /** A device with this key was revoked: what it asks for ends with it, so that no answer lets it in again. */
  revoke(isRevoked: (publicKey: Uint8Array) => boolean): void {
    for (const waiting of this.#waiting)
      if (isRevoked(waiting.request.publicKey))
        this.#end(waiting, new CodedError('device_revoked', 'this device was revoked'))
  }

  /** Ends all requests. */
  close(): void {
    clearTimeout(this.#renewing)
    this.#secrets = []
    this.#showing.clear()
    for (const { timer } of this.#waiting) clearTimeout(timer)
    this.#waiting = []
  }

  /** The newest secret, unless it is due for renewal. */
  #fresh(): Secret | undefined {
    const [newest] = this.#secrets
    return newest && this.#age(newest) < RENEW_MS ? newest : undefined
  }

  #renew(): Secret {
    const since = this.#clocks.elapsed()
    const secret = { bytes: generateSecret(), since, expires_at: this.#dateOf(since + SECRET_MS) }
    this.#secrets = [secret, ...this.#secrets.filter(one => this.#age(one) < SECRET_MS)].slice(0, 2)
    clearTimeout(this.#renewing)
    this.#renewing = setTimeout(() => {
      this.#renew()
      this.#options.secretChanged()
    }, RENEW_MS)
    return secret
  }

  #age({ since }: Secret): number {
    return this.#clocks.elapsed() - since
  }

  /** What the wall clock will say at `at`, in elapsed time: what was `said` before, unless the clock was set since. */
  #dateOf(at: number, said = Number.NaN): number {
    const date = Math.round(this.#clocks.wall() + at - this.#clocks.elapsed())
    return Math.abs(date - said) < SET_MS ? said : date
  }

  /** The requests that have not expired. The computer may have slept through their timers. */
  #live(): readonly Waiting[] {
    for (const waiting of this.#waiting) if (this.#clocks.elapsed() >= waiting.until) this.#expire(waiting)
    return this.#waiting
  }

  /** Throws `pairing_busy`: the device has asked too often lately, or a person has declined. */
  #countConfirmation(key: string): void {
    const now = this.#clocks.elapsed()
    const isRecent = (at: number) => now - at < CONFIRMATIONS_MS
    const { times = [], declined = false } = this.#confirmations.get(key) ?? {}
    const recent = times.filter(isRecent)
    if (recent.length >= MAX_CONFIRMATIONS || (declined && recent.length > 0))
      throw new CodedError(
        'pairing_busy',
        'this phone has asked a short time ago; wait ten minutes, or pair it with a code',
      )
    if (this.#confirmations.size >= MAX_REMEMBERED)
      for (const [one, entry] of this.#confirmations) if (!entry.times.some(isRecent)) this.#confirmations.delete(one)
    this.#confirmations.set(key, { times: [...recent, now], declined: false })
  }

  #expire(waiting: Waiting): void {
    this.#end(waiting, new CodedError('pairing_expired', 'the desktop did not answer in time'))
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
