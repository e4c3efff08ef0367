// The page's one connection to its host, as signals that screens can show: by the key that this phone has, or by the
// secret of the address that was opened. Knows no screens.
import { batch, computed, signal } from '@preact/signals'
import { generateKeyPair, type Pairing } from '../../protocol/channel/keys.ts'
import { type ClientState, HostClient } from '../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SessionInfo } from '../../protocol/messages.ts'
import type { CloseReason, Transport } from '../../protocol/transport.ts'
import { inflate } from '../../ui/kit/inflate.ts'
import { takeSecret } from '../page/address.ts'
import { forgetTexts } from '../page/composed-texts.ts'
import { thisDevice } from '../page/device-name.ts'
import { handshake } from './handshake.ts'
import { Identities, type Identity, sameKey } from './identity.ts'
import { openWebSocket, socketUrl } from './websocket-transport.ts'

/** Why this phone is not let in. `unknown`: the host does not know its key (any more), if it was the host who said so. */
export type Refusal =
  | 'no_address'
  | 'code_spent'
  | 'said_no'
  | 'expired'
  | 'busy'
  | 'elsewhere'
  | 'request_gone'
  | 'unknown'
  | 'revoked'

/** Somebody at the desktop has to say yes. */
export interface Asked {
  code: string
  /** Unix milliseconds. */
  until: number
}

export class HostLink {
  readonly #identities = new Identities()
  /** The secret of the address that was opened, until it has been used. */
  #fresh: Pairing | undefined
  /** Came by another address of the page, for a host that is not the one of this phone. */
  readonly #stranger = signal<Pairing | undefined>(undefined)
  /** What it was tried with last. */
  #tried: { mode: 'pair' | 'return'; identity: Identity } | undefined
  #try = 0
  #transport: { close(reason: CloseReason): void } | undefined
  readonly #client = signal<HostClient | undefined>(undefined)
  readonly #loaded: Promise<void>
  #tellLoaded = () => {}

  /** This phone's keys have been looked for; before, there is nothing to say. */
  readonly loaded = signal(false)
  readonly state = signal<ClientState>({ name: 'connecting', attempt: 0 })
  /** Undefined until the host has said it. */
  readonly sessions = signal<SessionInfo[] | undefined>(undefined)
  readonly host = signal<HostMessageOf<'welcome'>['host'] | undefined>(undefined)
  /** This phone may look at everything and do nothing. */
  readonly readOnly = signal(false)
  /** The person needs to do something before this phone is let in. */
  readonly refusal = signal<Refusal | undefined>(undefined)
  /** Set from the host's word that it waits until that of yes or no, over drops and reloads. */
  readonly asked = signal<Asked | undefined>(undefined)
  /** This phone has been let in before, or is now. */
  readonly paired = signal(false)
  /** What this phone calls itself. */
  readonly name = signal('')
  /** There was a connection since the page was loaded. */
  readonly reached = computed(() => this.host.value !== undefined)
  /** False: a reload makes a stranger of this phone. */
  readonly lasting = this.#identities.lasting
  /** An address of another computer was opened: does it take the place of the one that this phone has, by this name? */
  readonly otherHost = computed(() => this.#stranger.value && (this.#identities.paired?.hostName ?? ''))
  /** The computer that this phone can go back to after another one did not let it in. */
  readonly former = signal<string | undefined>(undefined)
  /** There is a key to try again with. */
  readonly hasKey = computed(() => this.refusal.value !== undefined && this.#identities.current !== undefined)

  constructor() {
    this.#loaded = new Promise(resolve => {
      this.#tellLoaded = resolve
    })
  }

  /** Tells this phone's hosts apart, one after the other at this address. */
  get hostId(): string | undefined {
    return this.#identities.current?.hostKey
      .slice(0, 8)
      .reduce((id, byte) => id + byte.toString(16).padStart(2, '0'), '')
  }

  get client(): HostClient {
    const client = this.#client.value
    if (!client) throw new Error('used before there was anything to connect with')
    return client
  }

  /** Connects with what the address and the storage hold. The secret is out of the address when this returns. */
  start(): void {
    const fresh = takeSecret()
    // Following another address of the same host does not reload the page, it only changes the fragment.
    window.addEventListener('hashchange', () => {
      const fresh = takeSecret()
      void this.#loaded.then(() => this.#offered(fresh))
    })
    void this.#load().then(() => {
      this.#tellLoaded()
      this.#offered(fresh)
    })
  }

  readonly retry = (): void => this.#client.value?.retry()

  /** After sleep: is the connection still one? */
  readonly probe = (): void => this.#client.value?.probe()

  /** Browsers keep no page with an open socket for the Back button, or let the socket die there; `probe` opens another. */
  readonly leave = (): void => this.#transport?.close({ code: 'client_closed', reason: 'the page was left' })

  /** From the beginning, after a refusal. */
  readonly again = (): void => this.#connect()

  /** Answers `otherHost`. */
  answerOtherHost(replace: boolean): void {
    const stranger = this.#stranger.value
    this.#stranger.value = undefined
    if (!stranger || !replace) return
    this.#fresh = stranger
    this.#connect()
  }

  /** Gives up asking the other one. */
  readonly backToFormer = async (): Promise<void> => {
    this.#fresh = undefined
    await this.#identities.withdraw()
    this.#connect()
  }

  async #load(): Promise<void> {
    const [name] = await Promise.all([thisDevice(), this.#identities.load()])
    this.name.value = name
  }

  /** An address was opened, with or without a secret in it. */
  #offered(fresh: Pairing | undefined): void {
    const { current } = this.#identities
    const stranger = fresh && current && this.#identities.of(fresh.hostKey).length === 0
    const state = this.#client.value && this.state.value.name
    batch(() => {
      this.loaded.value = true
      // Any page can lead here with a secret of its making (case 18).
      if (stranger) this.#stranger.value = fresh
      else if (state !== 'ready') this.#fresh = fresh ?? this.#fresh
      if (!this.#fresh && !current) this.refusal.value = 'no_address'
      else if (state === undefined || (fresh && !stranger && state === 'closed')) this.#connect()
      else if (fresh && !stranger) this.retry()
    })
  }

  #connect(): void {
    const client = new HostClient({
      connect: () => this.#enter(),
      client: { kind: 'phone', name: this.name.value },
      inflate,
    })
    const ours = () => client === this.#client.value
    client.on('state', state => ours() && batch(() => this.#told(client, state)))
    client.on('sessions', sessions => {
      if (ours()) this.sessions.value = sessions
    })
    const before = this.#client.value
    const { paired, pending } = this.#identities
    batch(() => {
      this.#client.value = client
      this.paired.value =
        paired !== undefined && !pending && (!this.#fresh || sameKey(this.#fresh.hostKey, paired.hostKey))
      this.sessions.value = undefined
      this.host.value = undefined
      this.asked.value = undefined
      this.refusal.value = undefined
      this.former.value = undefined
    })
    before?.close()
    client.watch()
    client.connect().catch(() => {}) // told by the state
  }

  /** By every key that this host may know, then by the secret. */
  async #enter(): Promise<Transport> {
    const mine = ++this.#try
    this.#transport?.close({ code: 'client_closed', reason: 'it is tried anew' })
    const hostKey = (this.#fresh ?? this.#identities.current)!.hostKey
    for (const identity of this.#identities.of(hostKey)) {
      try {
        return (await this.#open(mine, 'return', identity)).transport
      } catch (error) {
        if (toCoded(error).code !== 'channel_refused' || !this.#more(identity)) throw error
      }
    }
    const secret = this.#fresh!.secret
    const identity: Identity = { hostKey, keys: generateKeyPair(), hostName: '', code: '' }
    const { transport, code } = await this.#open(mine, 'pair', identity, secret)
    // Before anything is asked with it (the host hears of this key with the first frame, which is the hello): a page
    // that is reloaded while it waits comes back with the same key and shows the same code.
    identity.code = code
    await this.#identities.ask(identity)
    return transport
  }

  /** There is something else to try after `identity` was refused. */
  #more(identity: Identity): boolean {
    return this.#fresh !== undefined || this.#identities.of(identity.hostKey).at(-1) !== identity
  }

  async #open(mine: number, mode: 'pair' | 'return', identity: Identity, secret?: Uint8Array) {
    if (mine !== this.#try) throw new CodedError('client_closed', 'it is tried anew')
    this.#tried = { mode, identity }
    // What the handshake begins with is computed while it opens.
    const socket = openWebSocket(socketUrl(window.location))
    this.#transport = socket
    const { keys, hostKey } = identity
    const opened = await handshake(socket, { keys, hostKey, ...(secret && { secret }) })
    this.#transport = opened.transport
    return opened
  }

  #told(client: HostClient, state: ClientState): void {
    const identity = this.#tried?.identity
    switch (state.name) {
      case 'awaiting_approval':
        // The secret has done its work; from here on it is this phone's key.
        this.#fresh = undefined
        this.paired.value = false
        this.asked.value = { code: identity?.code ?? '', until: state.until }
        break
      case 'ready': {
        const { host, read_only } = client.host!
        this.#fresh = undefined
        this.asked.value = undefined
        this.host.value = host
        this.readOnly.value = read_only
        this.paired.value = true
        if (!identity) break
        // What was written to the host before this one nobody finds again.
        if (!sameKey((this.#identities.paired ?? identity).hostKey, identity.hostKey)) forgetTexts()
        void this.#identities.admitted(identity, host.name)
        break
      }
      case 'closed':
        // Somebody at the desktop gave this phone up for lost.
        if (state.error.code === 'device_revoked') forgetTexts()
        this.refusal.value = this.#refusal(state.error.code)
        this.asked.value = undefined
        if (this.refusal.value) this.#fresh = undefined
        this.former.value = this.#former()
        break
    }
    this.state.value = state
  }

  #refusal(code: CodedError['code']): Refusal | undefined {
    switch (code) {
      case 'channel_refused':
        if (this.#tried?.mode === 'pair') return 'code_spent'
        return this.#tried?.identity === this.#identities.pending ? 'request_gone' : 'unknown'
      case 'pairing_spent':
        return 'code_spent'
      case 'pairing_refused':
        return 'said_no'
      case 'pairing_expired':
        return 'expired'
      case 'pairing_busy':
        return 'busy'
      case 'pairing_elsewhere':
        return 'elsewhere'
      case 'device_revoked':
        return 'revoked'
      default:
        return undefined // told by the banner
    }
  }

  #former(): string | undefined {
    const { paired } = this.#identities
    const hostKey = this.#tried?.identity.hostKey
    return paired && hostKey && !sameKey(paired.hostKey, hostKey) ? paired.hostName : undefined
  }
}
