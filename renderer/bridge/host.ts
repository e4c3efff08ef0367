// Connects the window to the host over a MessagePort that the preload script opens.
import { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { inflate } from '../../ui/kit/inflate.ts'
import { portTransport } from './port-transport.ts'

declare global {
  /** Provided by preload.cts; undefined in a page outside the app. */
  var otg: Otg | undefined
}

/** The app is on the same computer, so attempts are cheap and never end. */
const BACKOFF = { first: 100, max: 2_000, give_up: Number.POSITIVE_INFINITY }

interface Otg {
  openPort(): void
  preferences(change: object): Promise<unknown>
  updates(wanted: string): Promise<unknown>
  act(action: Action): void
  onShown(listener: (shown: boolean) => void): void
}

/** Mirrors main/desktop/pages/page-actions.ts. */
export type Action =
  | { type: 'open'; location: 'window' | 'history' | 'phone' | 'settings' | 'trouble' | { session: string } }
  | { type: 'hide' }
  | { type: 'quit' }

export function connectHost(name: string): LocalClient {
  const client = new LocalClient({
    connect: openPort,
    client: { kind: 'desktop', name },
    inflate,
    reconnect: BACKOFF,
  })
  client.watch()
  client.watchHealth()
  // The window shows the state, including a failure.
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
