// Opens an encrypted channel and waits until the other end has proved that it is the host.
import { openChannel } from '../../protocol/channel/channel.ts'
import type { KeyPair } from '../../protocol/channel/keys.ts'
import { CodedError, isErrorCode } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'

export interface HandshakeOptions {
  keys: KeyPair
  hostKey: Uint8Array
  /** The pairing secret. Left out to return with a known key. */
  secret?: Uint8Array
  /** With six digits to compare, for a phone that has to be confirmed again. */
  confirm?: boolean
}

export interface OpenedChannel {
  transport: Transport
  /** The code to compare with the desktop's, if this phone is paired or confirmed now. */
  code: string
}

/**
 * Rejects with the code that the channel closed with. `channel_refused` is unauthenticated: anyone on the network can send it.
 */
export function handshake(
  transport: Transport,
  { keys, hostKey, secret, confirm }: HandshakeOptions,
): Promise<OpenedChannel> {
  return new Promise((resolve, reject) => {
    openChannel({
      transport,
      staticKey: keys,
      remoteStatic: hostKey,
      ...(secret ? { mode: 'pair', psk: secret } : { mode: confirm ? 'confirm' : 'return' }),
      authenticated: ({ code = '' }, channel) => resolve({ transport: channel, code }),
      failed: ({ code, reason }) => reject(new CodedError(isErrorCode(code) ? code : 'connection_lost', reason)),
    })
  })
}
