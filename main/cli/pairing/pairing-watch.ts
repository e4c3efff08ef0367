// Follows a pairing at this desktop: the code, who asks to be let in, and how each of them fared. Knows no terminal.
import type { HostClient } from '../../../protocol/client/client.ts'
import { Emitter } from '../../../protocol/emitter.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { DeviceInfo, HostMessageOf, PairingRequest } from '../../../protocol/messages.ts'

/** How a phone fared. `here`: by an answer that was given through this watch. */
export type PairingOutcome = { request: PairingRequest; here: boolean } & (
  | { how: 'allowed'; device: DeviceInfo }
  | { how: 'refused' | 'expired' }
)

export interface PairingEvents {
  /** The code, its addresses, who has come or who waits: something is different. */
  changed: undefined
  requested: PairingRequest
  resolved: PairingOutcome
  /** The host is gone. */
  closed: CodedError
}

/** The host's timer and this clock need not agree to the last. */
const EXPIRY_MS = 250

export class PairingWatch extends Emitter<PairingEvents> {
  readonly #client: HostClient
  #pairing: HostMessageOf<'pairing'> | undefined
  #requests: PairingRequest[] = []
  /** When each device was let in, as far as it was told here. */
  #known: Map<string, number> | undefined
  #early = new Set<string>()
  #answers = new Map<string, Promise<boolean>>()
  #undo: (() => unknown)[] = []

  constructor(client: HostClient) {
    super()
    this.#client = client
  }

  /** What is shown, once the host has said it. */
  get pairing(): HostMessageOf<'pairing'> | undefined {
    return this.#pairing
  }

  /** Who waits, the first to ask first. */
  get requests(): readonly PairingRequest[] {
    return this.#requests
  }

  /** It waited before the watch began, so it has not seen this code. */
  isEarly({ pairing_id }: PairingRequest): boolean {
    return this.#early.has(pairing_id)
  }

  /** Shows the code from now on. Resolves with it; rejects when the host is gone. */
  start(): Promise<HostMessageOf<'pairing'>> {
    const client = this.#client
    this.#undo.push(
      client.on('devices', message => this.#devices(message)),
      client.on('pairing', message => {
        this.#pairing = message
        this.emit('changed', undefined)
      }),
      client.on('state', state => {
        if (state.name === 'closed') this.emit('closed', state.error)
      }),
    )
    const shown = new Promise<HostMessageOf<'pairing'>>((resolve, reject) => {
      this.on('changed', () => this.#pairing && resolve(this.#pairing))
      this.on('closed', reject)
    })
    // In this order, so that nobody who used the code is among those who waited before.
    client.watchDevices()
    client.showPairing()
    return shown
  }

  /** Rejects with why it could not be; not when somebody else was faster, which `ended` tells. */
  async answer({ pairing_id }: PairingRequest, answer: { allow: boolean; read_only: boolean }): Promise<void> {
    const asked = this.#client.answerPairing(pairing_id, answer)
    this.#answers.set(
      pairing_id,
      asked.then(
        () => true,
        () => false,
      ),
    )
    try {
      await asked
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'pairing_unknown') throw error
    } finally {
      this.#answers.delete(pairing_id)
    }
  }

  /** From here on nobody can use the code. Resolves when the host knows. */
  async hide(): Promise<void> {
    await this.#client.hidePairing().catch(() => {}) // it hides also when the connection goes
  }

  async stop(): Promise<void> {
    for (const off of this.#undo.splice(0)) off()
    await this.hide()
  }

  #devices({ devices, requests }: HostMessageOf<'devices'>): void {
    const before = this.#requests
    this.#requests = requests
    if (!this.#known) {
      this.#known = new Map(devices.map(({ device_id, created_at }) => [device_id, created_at]))
      this.#early = new Set(requests.map(({ pairing_id }) => pairing_id))
    }
    const isNew = ({ pairing_id }: PairingRequest) => !before.some(one => one.pairing_id === pairing_id)
    for (const request of before) {
      if (requests.some(({ pairing_id }) => pairing_id === request.pairing_id)) continue
      // The host tells of each answer at once, so there is one device that can be it.
      const device = devices.find(({ device_id, created_at }) => this.#known!.get(device_id) !== created_at)
      if (device) {
        this.#known.set(device.device_id, device.created_at)
        this.#tell(request, { how: 'allowed', device })
      } else if (!requests.some(other => isNew(other) && replaces(other, request))) {
        const expired = Date.now() >= request.expires_at - EXPIRY_MS
        this.#tell(request, { how: expired ? 'expired' : 'refused' })
      }
    }
    for (const request of requests) if (isNew(request)) this.emit('requested', request)
    this.emit('changed', undefined)
  }

  async #tell(
    request: PairingRequest,
    how: { how: 'allowed'; device: DeviceInfo } | { how: 'refused' | 'expired' },
  ): Promise<void> {
    // Whether it was our answer is known when the host has said so.
    const here = (await this.#answers.get(request.pairing_id)) ?? false
    this.emit('resolved', { request, here, ...how })
  }
}

/** The same phone, which has scanned again. */
function replaces(other: PairingRequest, request: PairingRequest): boolean {
  return other.name === request.name && other.address === request.address
}
