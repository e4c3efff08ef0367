// Opens an encrypted channel and waits until the other end has proved to be the host. Knows nothing of what is said over
// it, of keys that are kept or of what is tried next.
import { openChannel } from '../../protocol/channel/channel.ts'
import type { KeyPair } from '../../protocol/channel/keys.ts'
import { shortCode } from '../../protocol/channel/noise.ts'
import { CodedError, isErrorCode } from '../../protocol/errors.ts'
import { Inbox, type Transport } from '../../protocol/transport.ts'

export interface HandshakeOptions {
  keys: KeyPair
  hostKey: Uint8Array
  /** The secret of the code: to pair. Left out: to return. */
  secret?: Uint8Array
}

export interface Opened {
  transport: Transport
  /** What the host's desktop shows too, if this is a pairing. */
  code: string
}

/**
 * Rejects with the code that the channel closed with. `channel_refused` is nobody's word: anybody on the way can say it.
 */
export function handshake(transport: Transport, { keys, hostKey, secret }: HandshakeOptions): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const inbox = new Inbox()
    const channel = openChannel({
      transport,
      staticKey: keys,
      remoteStatic: hostKey,
      ...(secret ? { mode: 'pair', psk: secret } : { mode: 'return' }),
      authenticated: ({ handshakeHash }, channel) => {
        const carried: Transport = {
          start: handlers => inbox.start(handlers),
          send: frame => channel.send(frame),
          get buffered() {
            return channel.buffered
          },
          close: reason => channel.close(reason),
        }
        resolve({ transport: carried, code: shortCode(handshakeHash) })
      },
    })
    channel.start({
      frame: bytes => inbox.frame(bytes),
      close: reason => {
        inbox.close(reason)
        reject(new CodedError(isErrorCode(reason.code) ? reason.code : 'connection_lost', reason.reason))
      },
    })
  })
}
