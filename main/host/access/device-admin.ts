// What the desktop shows about phones, and what it decides: the pairing code, pairing requests, paired devices.
import { encodeBase64url, pairingFragment } from '../../../protocol/channel/keys.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import type { Address } from '../listen/candidates.ts'
import type { Devices } from './devices.ts'
import type { HostKey } from './host-key.ts'
import { looksLike } from './look-alike.ts'
import type { Pairing } from './pairing.ts'

/** How often a page request is reported at most: faster than a person notices. */
const REPORT_MS = 200

export interface DeviceAdminOptions {
  hostKey: Pick<HostKey, 'publicKey' | 'requireSaved'>
  devices: Devices
  pairing: Pairing
  /** The best address first. */
  addresses(): Address[]
  /** How many connections a device has. */
  connected(device_id: string): number
  /** Whether a device receives push notifications. */
  notified(device_id: string): boolean
  /** `pairingState` returns something else now. */
  pairingChanged(): void
}

export class DeviceAdmin {
  readonly #options: DeviceAdminOptions
  #reportTimer: NodeJS.Timeout | undefined
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

  /** Only while a client shows the code. */
  pairingState(): Omit<HostMessageOf<'pairing'>, 'request_id'> {
    const { spent, exhausted } = this.pairing
    if (exhausted) return { type: 'pairing', addresses: [], expires_at: 0, reached: this.#reached, spent, exhausted }
    const { secret, expires_at } = this.pairing.current()
    const fragment = pairingFragment({ hostKey: this.#options.hostKey.publicKey, secret })
    const addresses = this.#options
      .addresses()
      .map(({ origin, name, kind }) => ({ url: `${origin}/${fragment}`, name, kind }))
    return { type: 'pairing', addresses, expires_at, reached: this.#reached, spent, exhausted }
  }

  devicesState(): Omit<HostMessageOf<'devices'>, 'request_id'> {
    return {
      type: 'devices',
      devices: this.devices.list().map(({ public_key, ...device }) => ({
        ...device,
        connected: this.#options.connected(device.device_id),
        notified: this.#options.notified(device.device_id),
      })),
      requests: this.pairing.requests().map(({ publicKey, confirms, ...request }) => ({
        ...request,
        ...this.#known(publicKey, request.name),
        again: confirms === true,
      })),
    }
  }

  /** What the desktop has to know about a waiting phone from the devices that are paired. */
  #known(publicKey: Uint8Array, name: string) {
    const key = encodeBase64url(publicKey)
    const devices = this.devices.list()
    const similar = devices.find(one => one.public_key !== key && looksLike(one.name, name))
    return { looks_like: similar ? { name: similar.name, created_at: similar.created_at } : null }
  }

  /** Throws `data_dir_unusable` while the host's key is not saved. */
  show(client: object): void {
    this.#options.hostKey.requireSaved()
    if (!this.pairing.shows(client)) this.#reached = null
    this.pairing.show(client)
  }

  hide(client: object): void {
    this.pairing.hide(client)
  }

  /** A browser requested the page: the client that shows the code can say that the phone reaches the host. */
  pageRequested(address: string): void {
    if (!this.pairing.shown) return
    this.#reached = { address, at: Date.now() }
    // Any device on the network can request the page, as often as it likes.
    this.#reportTimer ??= setTimeout(() => {
      this.#reportTimer = undefined
      this.#options.pairingChanged()
    }, REPORT_MS).unref()
  }
}
