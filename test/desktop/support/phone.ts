// A phone that connects to the app's host over a real WebSocket, and reconnects.
import { WebSocket } from 'ws'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import { openChannel } from '../../../protocol/channel/channel.ts'
import { generateKeyPair } from '../../../protocol/channel/keys.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { parsePairingUrl } from '../../support/pairing.ts'

export interface Phone {
  client: LocalClient
  /** The code that it shows while it waits. */
  code: Promise<string>
  /** Its client's state, with the code of the error that ended it: `asking`, `ready`, `closed pairing_refused`. */
  state(): string
}

/** Scans `url` and asks to pair. */
export function startPhone(url: string, name: string): Phone {
  const { hostKey, secret } = parsePairingUrl(url)
  const staticKey = generateKeyPair()
  let paired = false
  let shows = (_code: string) => {}
  const code = new Promise<string>(resolve => {
    shows = resolve
  })
  const client = new LocalClient({
    connect: async () => {
      const common = { transport: await openSocket(url), staticKey, remoteStatic: hostKey, suite: NATIVE_SUITE }
      if (paired) return openChannel({ ...common, mode: 'return' })
      return openChannel({
        ...common,
        mode: 'pair',
        psk: secret,
        authenticated: peer => {
          paired = true
          shows(peer.code ?? '')
        },
      })
    },
    client: { kind: 'phone', name },
    reconnect: { first: 20, max: 200, give_up: 60_000 },
  })
  client.connect().catch(() => {}) // reported by the state
  const state = () => {
    const now = client.state
    return now.name === 'closed' ? `closed ${now.error.code}` : now.name
  }
  return { client, code, state }
}

function openSocket(url: string): Promise<Transport> {
  const { host } = new URL(url)
  const socket = new WebSocket(`ws://${host}/ws`, { perMessageDeflate: false })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socketTransport(socket)))
    socket.once('error', cause => reject(new CodedError('unreachable', 'no socket', { cause })))
  })
}
