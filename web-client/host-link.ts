// The page's one connection to its host, as signals that screens can show. Knows no screens.
import { computed, signal } from '@preact/signals'
import { openChannel } from '../protocol/channel.ts'
import { type ClientState, HostClient } from '../protocol/client.ts'
import { generateKeyPair, type Pairing } from '../protocol/keys.ts'
import type { HostMessageOf, SessionInfo } from '../protocol/messages.ts'
import type { Transport } from '../protocol/transport.ts'
import { inflate } from '../ui/inflate.ts'
import { takeSecret } from './address.ts'
import { openWebSocket, socketUrl } from './websocket-transport.ts'

export class HostLink {
  #transport: Transport | undefined
  readonly #client = signal<HostClient | undefined>(undefined)
  readonly state = signal<ClientState>({ name: 'connecting', attempt: 0 })
  /** Undefined until the host has said it. */
  readonly sessions = signal<SessionInfo[] | undefined>(undefined)
  readonly host = signal<HostMessageOf<'welcome'>['host'] | undefined>(undefined)
  /** There is nothing to show to the host, or it did not take it: the person needs a fresh address. */
  readonly refused = computed(
    () =>
      this.#client.value === undefined ||
      (this.state.value.name === 'closed' && this.state.value.error.code === 'channel_refused'),
  )
  /** There was a connection since the page was loaded. */
  readonly reached = computed(() => this.host.value !== undefined)

  /** The way in was used or is unknown, rather than never given. */
  get wasRefused(): boolean {
    return this.#client.value !== undefined
  }

  get client(): HostClient {
    const client = this.#client.value
    if (!client) throw new Error('used before there was anything to connect with')
    return client
  }

  /** Connects with what the address or the storage holds. */
  start(): void {
    const secret = takeSecret()
    if (secret) this.#connect(secret)
    // Following another address of the same host does not reload the page, it only changes the fragment.
    window.addEventListener('hashchange', () => {
      const secret = takeSecret()
      if (secret && this.refused.value) this.#connect(secret)
    })
  }

  readonly retry = (): void => this.#client.value?.retry()

  /** After sleep: is the connection still one? */
  readonly probe = (): void => this.#client.value?.probe()

  /** Browsers keep no page with an open socket for the Back button, or let the socket die there; `probe` opens another. */
  readonly leave = (): void => this.#transport?.close({ code: 'client_closed', reason: 'the page was left' })

  #connect({ hostKey, secret }: Pairing): void {
    const staticKey = generateKeyPair()
    let paired = false
    const client = new HostClient({
      connect: async () => {
        const transport = await openWebSocket(socketUrl(window.location))
        const mode = paired ? ({ mode: 'return' } as const) : ({ mode: 'pair', psk: secret } as const)
        this.#transport = openChannel({ transport, staticKey, remoteStatic: hostKey, ...mode })
        paired = true
        return this.#transport
      },
      client: { kind: 'phone', name: deviceName() },
      inflate,
    })
    client.on('state', state => {
      if (client !== this.#client.value) return
      if (state.name === 'ready') this.host.value = client.host?.host
      this.state.value = state
    })
    client.on('sessions', sessions => {
      this.sessions.value = sessions
    })
    this.#client.value = client
    client.watch()
    client.connect().catch(() => {}) // told by the state
  }
}

/** What a person calls the thing, as far as a browser tells. */
function deviceName(): string {
  const agent = navigator.userAgent
  const known = ['iPhone', 'iPad', 'Android', 'Windows', 'Macintosh', 'Linux'].find(name => agent.includes(name))
  return known === 'Macintosh' ? 'Mac' : (known ?? 'Browser')
}
