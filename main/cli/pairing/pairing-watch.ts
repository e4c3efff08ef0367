// Follows pairing on the host: the current code, the requests and the outcome of each.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { Emitter } from '../../../protocol/emitter.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { DeviceInfo, HostMessageOf, PairingRequest } from '../../../protocol/messages.ts'

/** What became of a request. `here`: it was answered through this watch. */
export type PairingOutcome = { request: PairingRequest; here: boolean } & (
  | { how: 'allowed'; device: DeviceInfo }
  | { how: 'refused' | 'expired' }
)

export interface PairingEvents {
  /** The code, its addresses, a browser that opened the link, or the requests changed. */
  changed: undefined
  requested: PairingRequest
  resolved: PairingOutcome
  /** The host stopped, or refuses to show the code. */
  closed: CodedError
}

/** Tolerance between the host's timer and this clock. */
const EXPIRY_TOLERANCE_MS = 250

export class PairingWatch extends Emitter<PairingEvents> {
  readonly #client: LocalClient
  #pairing: HostMessageOf<'pairing'> | undefined
  #requests: PairingRequest[] = []
  /** When each known device was paired. */
  #known: Map<string, number> | undefined
  #early = new Set<string>()
  #answers = new Map<string, Promise<boolean>>()
  #undo: (() => unknown)[] = []

  constructor(client: LocalClient) {
    super()
    this.#client = client
  }

  /** The current code, once the host has sent it. */
  get pairing(): HostMessageOf<'pairing'> | undefined {
    return this.#pairing
  }

  /** Waiting requests, the oldest first. */
  get requests(): readonly PairingRequest[] {
    return this.#requests
  }

  /** Whether the phone has not seen this code: it waited before the watch began, or has no code and has to be confirmed again. */
  isEarly({ pairing_id, again }: PairingRequest): boolean {
    return again || this.#early.has(pairing_id)
  }

  /** Starts showing the code. Resolves with it; rejects if the host stops. */
  start(): Promise<HostMessageOf<'pairing'>> {
    const client = this.#client
    this.#undo.push(
      client.on('devices', message => this.#onDevices(message)),
      client.on('pairing', message => {
        this.#pairing = message
        this.emit('changed', undefined)
      }),
      client.on('state', state => {
        if (state.name === 'closed') this.emit('closed', state.error)
      }),
      client.on('watch_refused', error => this.emit('closed', error)),
    )
    const shown = new Promise<HostMessageOf<'pairing'>>((resolve, reject) => {
      this.on('changed', () => this.#pairing && resolve(this.#pairing))
      this.on('closed', reject)
    })
    // In this order, so that a phone that used this code is never counted as early.
    client.watchDevices()
    client.showPairing()
    return shown
  }

  /** Rejects if the host refuses the answer, but not if another client answered first, which `resolved` reports. */
  async answer({ pairing_id }: PairingRequest, answer: { allow: boolean; read_only: boolean }): Promise<void> {
    const reply = this.#client.answerPairing(pairing_id, answer)
    this.#answers.set(
      pairing_id,
      reply.then(
        () => true,
        () => false,
      ),
    )
    try {
      await reply
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'pairing_unknown') throw error
    } finally {
      this.#answers.delete(pairing_id)
    }
  }

  /** A person asks for another code. */
  async renew(): Promise<void> {
    await this.#client.renewPairing()
  }

  /** Voids the code. Resolves when the host has confirmed it. */
  async hide(): Promise<void> {
    await this.#client.hidePairing().catch(() => {}) // the host also voids it when the connection closes
  }

  async stop(): Promise<void> {
    for (const off of this.#undo.splice(0)) off()
    await this.hide()
  }

  #onDevices({ devices, requests }: HostMessageOf<'devices'>): void {
    const before = this.#requests
    this.#requests = requests
    if (!this.#known) {
      this.#known = new Map(devices.map(({ device_id, created_at }) => [device_id, created_at]))
      this.#early = new Set(requests.map(({ pairing_id }) => pairing_id))
    }
    const isNew = ({ pairing_id }: PairingRequest) => !before.some(one => one.pairing_id === pairing_id)
    for (const request of before) {
      if (requests.some(({ pairing_id }) => pairing_id === request.pairing_id)) continue
      // The host reports each answer at once, so at most one device is new.
      const device = devices.find(({ device_id, created_at }) => this.#known!.get(device_id) !== created_at)
      if (device) {
        this.#known.set(device.device_id, device.created_at)
        this.#report(request, { how: 'allowed', device })
      } else if (!requests.some(other => isNew(other) && replaces(other, request))) {
        const expired = Date.now() >= request.expires_at - EXPIRY_TOLERANCE_MS
        this.#report(request, { how: expired ? 'expired' : 'refused' })
      }
    }
    for (const request of requests) if (isNew(request)) this.emit('requested', request)
    this.emit('changed', undefined)
  }

  async #report(
    request: PairingRequest,
    outcome: { how: 'allowed'; device: DeviceInfo } | { how: 'refused' | 'expired' },
  ): Promise<void> {
    // Whether this watch's answer took effect is known once the host has replied to it.
    const here = (await this.#answers.get(request.pairing_id)) ?? false
    this.emit('resolved', { request, here, ...outcome })
  }
}

/** Whether `other` is from the same phone, which scanned the code again. */
function replaces(other: PairingRequest, request: PairingRequest): boolean {
  return other.name === request.name && other.address === request.address
}
