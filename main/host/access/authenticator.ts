// Where devices come in: the encrypted channel around each socket of the network, and who is at its other end. Knows no
// sessions, and no more of messages than that a hello names a client.

import { acceptChannel } from '../../../protocol/channel/channel.ts'
import type { KeyPair } from '../../../protocol/channel/keys.ts'
import { shortCode } from '../../../protocol/channel/noise.ts'
import type { CodedError } from '../../../protocol/errors.ts'
import type { Transport } from '../../../protocol/transport.ts'
import type { PeerAddress } from '../listen/websocket.ts'
import type { Device, Devices } from './devices.ts'
import { NATIVE_SUITE } from './native-suite.ts'
import type { PairingOutcome, Pairing } from './pairing.ts'

/** A handshake takes a round trip; who needs longer is not a client. */
export const HANDSHAKE_MS = 5_000

/** Told of who has said hello: `admitted` at once, or `waiting` first and then how it went. */
export interface AdmissionHandlers {
  /** Undefined: the desktop itself. */
  admitted(device: Device | undefined): void
  waiting(expires_at: number): void
  refused(error: CodedError): void
}

/** Decides about who calls itself `name`. May throw. Returns what to call when the connection is gone. */
export type Admit = (name: string, verdict: AdmissionHandlers) => () => void

export interface AuthenticatorOptions {
  staticKey: KeyPair
  devices: Devices
  pairing: Pairing
  /** The other end has proved to have a key that is known, or a secret that was shown. */
  enter(transport: Transport, admit: Admit): void
  log: { info(what: object, message: string): void }
}

export class Authenticator {
  readonly #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Takes a socket. Nothing of it reaches `enter` before it is authenticated; the returned test says whether it was. */
  accept(transport: Transport, from: PeerAddress): () => boolean {
    const { staticKey, devices, pairing, enter, log } = this.#options
    const channel = acceptChannel({
      transport,
      staticKey,
      suite: NATIVE_SUITE,
      secrets: () => pairing.secrets(),
      knows: key => devices.find(key, from.secure) !== undefined || pairing.waits(key, from.secure),
      authenticated: (peer, channel) => {
        if (peer.secret) pairing.claim(peer.secret)
        log.info({ mode: peer.mode, ...from }, 'channel opened')
        const { publicKey, handshakeHash } = peer
        enter(channel, (name, verdict) => {
          const device = peer.mode === 'return' ? devices.find(publicKey, from.secure) : undefined
          if (device) {
            devices.seen(device.device_id, from.address)
            verdict.admitted(device)
            return () => devices.seen(device.device_id, from.address)
          }
          let paired: Device | undefined
          const outcome: PairingOutcome = {
            admitted: device => {
              paired = device
              verdict.admitted(device)
            },
            refused: verdict.refused,
          }
          const request =
            peer.mode === 'pair'
              ? pairing.request({ publicKey, name, code: shortCode(handshakeHash), ...from }, outcome)
              : pairing.resume(publicKey, from.secure, outcome)
          verdict.waiting(request.expires_at)
          return () => {
            pairing.leave(outcome)
            if (paired) devices.seen(paired.device_id, from.address)
          }
        })
      },
    })
    const late = () => {
      if (channel.state === 'open') return
      channel.close({ code: 'channel_timeout', reason: 'the handshake took too long' })
    }
    setTimeout(late, HANDSHAKE_MS).unref()
    return () => channel.state === 'open'
  }
}
