// Authenticates the peers that connect over the network: the encrypted channel around each socket, and whose key is at its
// other end.
import { acceptChannel } from '../../../protocol/channel/channel.ts'
import { encodeBase64url, type KeyPair } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { PacedTransport } from '../budget/paced-transport.ts'
import type { PeerAddress, PeerProgress } from '../listen/websocket.ts'
import type { Logger } from '../log/logger.ts'
import type { Device, Devices } from './devices.ts'
import { NATIVE_SUITE } from './native-suite.ts'
import type { Pairing, PairingOutcome } from './pairing.ts'

/** A handshake takes one round trip; a peer that needs longer is not a client. */
export const HANDSHAKE_MS = 5_000

/** Told about a client that said hello: `admitted` at once, or `waiting` first and then how it went. */
export interface AdmissionHandlers {
  /** Undefined: a local client. */
  admitted(device: Device | undefined): void
  /** `ms`: how long it may wait. */
  waiting(ms: number): void
  refused(error: CodedError): void
}

/** Decides about a client that calls itself `name`. May throw. Returns what to call when the connection is gone. */
export type Admit = (name: string, handlers: AdmissionHandlers) => () => void

export interface AuthenticatorOptions {
  staticKey: KeyPair
  devices: Devices
  pairing: Pairing
  /** The id of a new connection. */
  nextId(): number
  /** The peer has proved to have a device's key, or the pairing secret. */
  connect(id: number, transport: Transport, socket: PacedTransport, admit: Admit): void
  /** Default: HANDSHAKE_MS. */
  handshake_ms?: number | undefined
  log: Logger
}

export class Authenticator {
  readonly #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Takes a socket. Nothing that it sends reaches `connect` before the peer is authenticated. */
  accept(inner: Transport, from: PeerAddress, progress: PeerProgress): void {
    const { staticKey, devices, pairing, nextId, connect, log } = this.#options
    const id = nextId()
    // Pairing phones have no key that is known: they share places among themselves.
    let owner = 'pairing'
    const timedOut = () => channel.close({ code: 'channel_timeout', reason: 'the handshake took too long' })
    // Cleared with the socket: a flood would leave thousands of them, each with all that belongs to its socket.
    const timer = setTimeout(timedOut, this.#options.handshake_ms ?? HANDSHAKE_MS).unref()
    const transport: Transport = {
      ...inner,
      get buffered() {
        return inner.buffered
      },
      start: ({ frame, close }) =>
        inner.start({
          frame,
          close: reason => {
            clearTimeout(timer)
            close(reason)
          },
        }),
      // The channel answers only a good first message.
      send: frame => {
        progress.recognized(owner)
        transport.send = inner.send
        inner.send(frame)
      },
    }
    const socket = new PacedTransport(transport)
    const channel = acceptChannel({
      transport: socket,
      staticKey,
      suite: NATIVE_SUITE,
      secrets: () => pairing.secrets(),
      knows: key => {
        owner = encodeBase64url(key)
        return devices.find(key, from.secure) !== undefined || pairing.waits(key, from.secure)
      },
      authenticated: (peer, channel) => {
        clearTimeout(timer)
        progress.authenticated(encodeBase64url(peer.publicKey))
        if (peer.secret) pairing.claim(peer.secret)
        // A phone that only waits would draw other digits with each connection.
        if (peer.mode === 'confirm' && !devices.find(peer.publicKey, from.secure))
          throw new CodedError('channel_refused', 'only a paired device can be confirmed again')
        log.info({ connection: id, mode: peer.mode, ...from }, 'channel opened')
        const { publicKey, code = '' } = peer
        connect(id, channel, socket, (name, handlers) => {
          const device = peer.mode === 'pair' ? undefined : devices.find(publicKey, from.secure)
          const isConfirmed = device !== undefined && !devices.needsConfirmation(device)
          if (device && !isConfirmed && peer.mode === 'return') {
            const message = 'this phone was allowed long ago, and has to be allowed again at the desktop'
            handlers.refused(new CodedError('confirm_needed', message))
            return () => {}
          }
          if (isConfirmed) {
            devices.seen(device.device_id, from.address)
            handlers.admitted(device)
            return () => devices.seen(device.device_id, from.address)
          }
          // It was revoked after its handshake.
          if (!device && peer.mode === 'confirm') throw new CodedError('device_revoked', 'this device was revoked')
          const again = device && { name: device.name, confirms: true }
          let paired: Device | undefined
          const outcome: PairingOutcome = {
            admitted: device => {
              paired = device
              handlers.admitted(device)
            },
            refused: handlers.refused,
          }
          const request =
            peer.mode !== 'return'
              ? pairing.request({ publicKey, name, code, ...from, ...again }, outcome)
              : pairing.resume(publicKey, from.secure, outcome)
          handlers.waiting(pairing.left(request))
          return () => {
            pairing.leave(outcome)
            if (paired) devices.seen(paired.device_id, from.address)
          }
        })
      },
    })
  }
}
