// A phone that connects to the app's host over a real WebSocket, and reconnects.
import { WebSocket } from 'ws'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import { openChannel, type Peer } from '../../../protocol/channel/channel.ts'
import { generateKeyPair, type KeyPair } from '../../../protocol/channel/keys.ts'
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
  const { secret } = parsePairingUrl(url)
  const staticKey = generateKeyPair()
  return start(url, name, ({ common, isPaired, authenticated }) =>
    isPaired
      ? openChannel({ ...common, staticKey, mode: 'return' })
      : openChannel({ ...common, staticKey, mode: 'pair', psk: secret, authenticated }),
  )
}

/** A paired phone that has to be confirmed again. `url`: of any code of the host. */
export function confirmingPhone(url: string, staticKey: KeyPair): Phone {
  return start(url, 'an old phone', ({ common, isPaired, authenticated }) =>
    openChannel({ ...common, staticKey, mode: isPaired ? 'return' : 'confirm', ...(!isPaired && { authenticated }) }),
  )
}

interface Opening {
  common: { transport: Transport; remoteStatic: Uint8Array; suite: typeof NATIVE_SUITE }
  /** It has shown its code. */
  isPaired: boolean
  authenticated(peer: Peer): void
}

function start(url: string, name: string, open: (opening: Opening) => Transport): Phone {
  const { hostKey } = parsePairingUrl(url)
  let isPaired = false
  let shows = (_code: string) => {}
  const code = new Promise<string>(resolve => {
    shows = resolve
  })
  const authenticated = (peer: Peer) => {
    isPaired = true
    shows(peer.code ?? '')
  }
  const client = new LocalClient({
    connect: async () => {
      const common = { transport: await openSocket(url), remoteStatic: hostKey, suite: NATIVE_SUITE }
      return open({ common, isPaired, authenticated })
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
