// Opens the encrypted channel to the host: with each key that the host may know, then with a pairing secret.
import type { Mode } from '../../protocol/channel/channel.ts'
import { generateKeyPair, type Pairing } from '../../protocol/channel/keys.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { CloseReason, Transport } from '../../protocol/transport.ts'
import { handshake } from './handshake.ts'
import { Identities, type Identity, sameKey } from './identity.ts'
import { openWebSocket, socketUrl } from './websocket-transport.ts'

/**
 * Why this phone has no access. `unknown`: the host does not (or no longer) know its key, or another computer on the network
 * answered.
 */
export type Refusal =
  | 'no_address'
  | 'code_spent'
  | 'declined'
  | 'not_saved'
  | 'expired'
  | 'busy'
  | 'other_tab'
  | 'request_gone'
  | 'unknown'
  | 'revoked'

export class HostDialer {
  readonly identities = new Identities()
  /** The host key and secret of the address that was opened, until the secret has been used. */
  pairing: Pairing | undefined
  /** The host wants this phone to be confirmed again. */
  confirms = false
  #attempt: { mode: Mode; identity: Identity } | undefined
  #dials = 0
  #transport: { close(reason: CloseReason): void } | undefined

  /** The identity of the latest attempt. */
  get identity(): Identity | undefined {
    return this.#attempt?.identity
  }

  /** The latest attempt is to be confirmed again. */
  get isConfirming(): boolean {
    return this.#attempt?.mode === 'confirm'
  }

  /** Rejects with the code that the last channel closed with. A later call ends an earlier one. */
  async dial(): Promise<Transport> {
    const dial = ++this.#dials
    this.#transport?.close({ code: 'client_closed', reason: 'replaced by a new attempt' })
    const hostKey = (this.pairing ?? this.identities.current)!.hostKey
    for (const identity of this.identities.forHost(hostKey)) {
      try {
        const { transport, code } = await this.#open(dial, this.confirms ? 'confirm' : 'return', identity)
        if (this.confirms) identity.code = code
        return transport
      } catch (error) {
        if (toCoded(error).code !== 'channel_refused' || !this.#hasAlternative(identity)) throw error
      }
    }
    const secret = this.pairing!.secret
    const identity: Identity = { hostKey, keys: generateKeyPair(), hostName: '', code: '' }
    const { transport, code } = await this.#open(dial, 'pair', identity, secret)
    // Before the first frame (the hello), which tells the host this key: a page that is reloaded while it waits for
    // approval comes back with the same key and shows the same code.
    identity.code = code
    await this.identities.savePending(identity)
    return transport
  }

  close(reason: CloseReason): void {
    this.#transport?.close(reason)
  }

  /** Undefined for errors that the connection banner shows. */
  refusal(code: CodedError['code']): Refusal | undefined {
    switch (code) {
      case 'channel_refused':
        if (this.#attempt?.mode === 'pair') return 'code_spent'
        return this.#attempt?.identity === this.identities.pending ? 'request_gone' : 'unknown'
      case 'pairing_spent':
        return 'code_spent'
      case 'pairing_refused':
        return 'declined'
      case 'data_dir_unusable':
        return 'not_saved'
      case 'pairing_expired':
        return 'expired'
      case 'pairing_busy':
        return 'busy'
      case 'pairing_elsewhere':
        return 'other_tab'
      case 'device_revoked':
        return 'revoked'
      default:
        return undefined
    }
  }

  /** The name of the paired host, if the latest attempt was for another host. */
  previousHost(): string | undefined {
    const { paired } = this.identities
    const hostKey = this.identity?.hostKey
    return paired && hostKey && !sameKey(paired.hostKey, hostKey) ? paired.hostName : undefined
  }

  /** There is something else to try after `identity` was refused. */
  #hasAlternative(identity: Identity): boolean {
    return this.pairing !== undefined || this.identities.forHost(identity.hostKey).at(-1) !== identity
  }

  async #open(dial: number, mode: Mode, identity: Identity, secret?: Uint8Array) {
    if (dial !== this.#dials) throw new CodedError('client_closed', 'replaced by a new attempt')
    this.#attempt = { mode, identity }
    // The handshake's first message is computed while the socket opens.
    const socket = openWebSocket(socketUrl(window.location, identity.hostKey))
    this.#transport = socket
    const { keys, hostKey } = identity
    const opened = await handshake(socket, { keys, hostKey, ...(secret && { secret }), confirm: mode === 'confirm' })
    this.#transport = opened.transport
    return opened
  }
}
