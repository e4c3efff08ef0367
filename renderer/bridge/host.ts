// The window's way to the host: a MessagePort that the preload script opens. Knows nothing of what the window shows.
import { HostClient } from '../../protocol/client/client.ts'
import { CodedError } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { inflate } from '../../ui/kit/inflate.ts'
import { portTransport } from './port-transport.ts'

declare global {
  /** What preload.cts gives; nothing in a page that is not in our window. */
  var otg: Otg | undefined
}

/** The app is in the same computer: a try costs nothing, and it is never given up. */
const BACKOFF = { first: 100, max: 2_000, give_up: Number.POSITIVE_INFINITY }

interface Otg {
  openPort(): void
  preferences(change: object): Promise<unknown>
  updates(wanted: string): Promise<unknown>
  act(action: Action): void
  onShown(listener: (shown: boolean) => void): void
}

/** As in main/desktop/pages/page-actions.ts. */
export type Action =
  | { type: 'open'; place: 'window' | 'history' | 'phone' | 'settings' | { session: string } }
  | { type: 'hide' }
  | { type: 'quit' }

export function connectHost(name: string): HostClient {
  const client = new HostClient({
    connect: openPort,
    client: { kind: 'desktop', name },
    inflate,
    reconnect: BACKOFF,
  })
  client.watch()
  // Its states are shown; there is nothing else to do about a failure.
  client.connect().catch(() => {})
  return client
}

function openPort(): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (!globalThis.otg) {
      reject(new CodedError('unreachable', 'this page works in the app only'))
      return
    }
    const receive = (event: MessageEvent) => {
      const [port] = event.ports
      if (event.source !== window || event.data !== 'otg:port' || !port) return
      window.removeEventListener('message', receive)
      resolve(portTransport(port))
    }
    window.addEventListener('message', receive)
    globalThis.otg.openPort()
  })
}
