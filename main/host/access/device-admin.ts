// What the desktop sees and decides about phones: the code that is shown, who waits, who is paired. Knows no sockets.

import { pairingFragment } from '../../../protocol/channel/keys.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import type { Address } from '../listen/candidates.ts'
import type { Devices } from './devices.ts'
import type { Pairing } from './pairing.ts'

/** Who looks at the code sees no difference. */
const REACHED_MS = 200

export interface DeviceAdminOptions {
  hostKey: Uint8Array
  devices: Devices
  pairing: Pairing
  /** The best first. */
  addresses(): Address[]
  /** How many connections a device has. */
  connected(device_id: string): number
  /** Whether a device is told of calls while its page is closed. */
  notified(device_id: string): boolean
  /** What `pairingState` says is different. */
  pairingChanged(): void
}

export class DeviceAdmin {
  readonly #options: DeviceAdminOptions
  #telling: NodeJS.Timeout | undefined
  #reached: { address: string; at: number } | null = null

  constructor(options: DeviceAdminOptions) {
    this.#options = options
  }

  get devices(): Devices {
    return this.#options.devices
  }

  get pairing(): Pairing {
    return this.#options.pairing
  }

  /** While somebody shows the code. */
  pairingState(): Omit<HostMessageOf<'pairing'>, 'request_id'> {
    const { secret, expires_at } = this.pairing.current()
    const fragment = pairingFragment({ hostKey: this.#options.hostKey, secret })
    const addresses = this.#options
      .addresses()
      .map(({ origin, name, kind }) => ({ url: `${origin}/${fragment}`, name, kind }))
    return { type: 'pairing', addresses, expires_at, reached: this.#reached }
  }

  devicesState(): Omit<HostMessageOf<'devices'>, 'request_id'> {
    return {
      type: 'devices',
      devices: this.devices.list().map(({ public_key, ...device }) => ({
        ...device,
        connected: this.#options.connected(device.device_id),
        notified: this.#options.notified(device.device_id),
      })),
      requests: this.pairing.requests().map(({ publicKey, ...request }) => request),
    }
  }

  show(who: object): void {
    if (!this.pairing.shows(who)) this.#reached = null
    this.pairing.show(who)
  }

  hide(who: object): void {
    this.pairing.hide(who)
  }

  /** Somebody's browser asked for the page: whoever shows the code sees that the phone gets through. */
  pageRequested(address: string): void {
    if (!this.pairing.shown) return
    this.#reached = { address, at: Date.now() }
    // Anybody in the network can ask for the page, and as often as they like.
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.#options.pairingChanged()
    }, REACHED_MS).unref()
  }
}
