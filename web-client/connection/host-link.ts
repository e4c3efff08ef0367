// The page's one connection to its host, as signals that screens show.
import { batch, computed, signal } from '@preact/signals'
import type { Pairing } from '../../protocol/channel/keys.ts'
import { HostClient } from '../../protocol/client/client.ts'
import type { ClientState } from '../../protocol/client/connection.ts'
import type { HostMessageOf, SessionInfo, Trouble } from '../../protocol/messages.ts'
import { inflate } from '../../ui/kit/inflate.ts'
import { takePairing } from '../page/address.ts'
import { forgetAllTexts } from '../page/composed-texts.ts'
import { proposeDeviceName } from '../page/device-name.ts'
import { HostDialer, type Refusal } from './host-dialer.ts'
import { type Identity, sameKey } from './identity.ts'

/** The host waits for the user to approve this phone. */
export interface PendingPairing {
  code: string
  /** Unix milliseconds. */
  until: number
  /** This phone was allowed before. */
  again: boolean
}

export class HostLink {
  readonly #dialer = new HostDialer()
  readonly identities = this.#dialer.identities
  readonly #identities = this.identities
  #resolveUnlocked = () => {}
  /** From an address for a host other than this phone's. */
  readonly #otherPairing = signal<Pairing | undefined>(undefined)
  readonly #client = signal<HostClient | undefined>(undefined)
  readonly #loaded: Promise<void>
  #resolveLoaded = () => {}

  /** This phone's keys have been read from storage. */
  readonly loaded = signal(false)
  readonly state = signal<ClientState>({ name: 'connecting', attempt: 0 })
  /** Undefined until the host has sent the list. */
  readonly sessions = signal<SessionInfo[] | undefined>(undefined)
  /** What is wrong with the host, as it told last. */
  readonly troubles = signal<readonly Trouble[]>([])
  readonly host = signal<HostMessageOf<'welcome'>['host'] | undefined>(undefined)
  /** This phone may view everything and change nothing. */
  readonly readOnly = signal(false)
  /** Why this phone has no access. */
  readonly refusal = signal<Refusal | undefined>(undefined)
  /** Set from the start of the approval until its end, across lost connections and reloads. */
  readonly pendingPairing = signal<PendingPairing | undefined>(undefined)
  /** This phone has access now or had it before. */
  readonly paired = signal(false)
  /** The name that this phone proposes for itself. */
  readonly deviceName = signal('')
  /** The page has been connected since it was loaded. */
  readonly reached = computed(() => this.host.value !== undefined)
  /** False: the keys are lost when the page is reloaded. */
  readonly canStore = this.#identities.canStore
  /** An address of another host was opened, and the user must decide about it: the name of the host it would replace. */
  readonly otherHost = computed(() => this.#otherPairing.value && (this.#identities.paired?.hostName ?? ''))
  /** The paired host that this phone can go back to, after another one refused it. */
  readonly previousHost = signal<string | undefined>(undefined)
  /** There is a key to try again with. */
  readonly hasKey = computed(() => this.refusal.value !== undefined && this.#identities.current !== undefined)

  constructor() {
    this.#loaded = new Promise(resolve => {
      this.#resolveLoaded = resolve
    })
  }

  /** Distinguishes the hosts that this phone has had at this address. */
  get hostId(): string | undefined {
    return this.#identities.current?.hostKey
      .slice(0, 8)
      .reduce((id, byte) => id + byte.toString(16).padStart(2, '0'), '')
  }

  get client(): HostClient {
    const client = this.#client.value
    if (!client) throw new Error('there is no key to connect with yet')
    return client
  }

  /** Connects with what the address and the storage hold. The secret is out of the address when this returns. */
  start(): void {
    const pairing = takePairing()
    // Following another address of the same host does not reload the page, it only changes the fragment.
    window.addEventListener('hashchange', () => {
      const pairing = takePairing()
      void this.#loaded.then(() => this.#useAddress(pairing))
    })
    void this.#load().then(async () => {
      // Nothing is connected, and no session shown, before the lock is opened.
      if (this.#identities.locked.peek()) await new Promise<void>(resolve => (this.#resolveUnlocked = resolve))
      this.#resolveLoaded()
      this.#useAddress(pairing)
    })
  }

  /** The lock has decrypted this phone's keys. */
  unlocked(paired: Identity, pending: Identity | undefined): void {
    this.#identities.unlock(paired, pending)
    this.#resolveUnlocked()
  }

  readonly retry = (): void => this.#client.value?.retry()

  /** Checks after sleep whether the connection is still alive. */
  readonly probe = (): void => this.#client.value?.probe()

  /** A person uses the page. */
  readonly used = (): void => this.#client.value?.used()

  /** Browsers drop a page with an open socket from the back-forward cache, or let the socket die; `probe` reconnects. */
  readonly leave = (): void => this.#dialer.close({ code: 'client_closed', reason: 'the page was left' })

  /** Connects again after a refusal. */
  readonly restart = (): void => this.#connect()

  /** Answers `otherHost`. */
  answerOtherHost(replace: boolean): void {
    const pairing = this.#otherPairing.value
    this.#otherPairing.value = undefined
    if (!pairing || !replace) return
    this.#dialer.pairing = pairing
    this.#connect()
  }

  /** Withdraws the request to the other host. */
  readonly backToPreviousHost = async (): Promise<void> => {
    this.#dialer.pairing = undefined
    await this.#identities.dropPending()
    this.#connect()
  }

  async #load(): Promise<void> {
    const [name] = await Promise.all([proposeDeviceName(), this.#identities.load()])
    this.deviceName.value = name
  }

  /** An address was opened, with or without a secret in it. */
  #useAddress(pairing: Pairing | undefined): void {
    const dialer = this.#dialer
    const { current } = this.#identities
    const isOther = pairing && current && this.#identities.forHost(pairing.hostKey).length === 0
    const state = this.#client.value && this.state.value.name
    batch(() => {
      this.loaded.value = true
      // Any page can link here with a secret of its own (case 18).
      if (isOther) this.#otherPairing.value = pairing
      else if (state !== 'ready') dialer.pairing = pairing ?? dialer.pairing
      if (!dialer.pairing && !current) this.refusal.value = 'no_address'
      else if (state === undefined || (pairing && !isOther && state === 'closed')) this.#connect()
      else if (pairing && !isOther) this.retry()
    })
  }

  #connect(): void {
    const client = new HostClient({
      connect: () => this.#dialer.dial(),
      client: { kind: 'phone', name: this.deviceName.value },
      inflate,
    })
    const isCurrent = () => client === this.#client.value
    client.on('state', state => isCurrent() && batch(() => this.#stateChanged(client, state)))
    client.on('sessions', sessions => {
      if (isCurrent()) this.sessions.value = sessions
    })
    client.on('troubles', troubles => {
      if (isCurrent()) this.troubles.value = troubles
    })
    const previous = this.#client.value
    const { paired, pending } = this.#identities
    const { pairing } = this.#dialer
    batch(() => {
      this.#client.value = client
      this.paired.value = paired !== undefined && !pending && (!pairing || sameKey(pairing.hostKey, paired.hostKey))
      this.sessions.value = undefined
      this.troubles.value = []
      this.host.value = undefined
      this.pendingPairing.value = undefined
      this.refusal.value = undefined
      this.previousHost.value = undefined
    })
    previous?.close()
    client.watch()
    client.watchHealth()
    client.connect().catch(() => {}) // the state reports it
  }

  #stateChanged(client: HostClient, state: ClientState): void {
    const { identity } = this.#dialer
    switch (state.name) {
      case 'awaiting_approval':
        // The secret is used up; from here on this phone identifies itself by its key.
        this.#dialer.pairing = undefined
        this.paired.value = false
        this.pendingPairing.value = {
          code: identity?.code ?? '',
          until: state.until,
          again: this.#dialer.isConfirming,
        }
        break
      case 'ready': {
        const { host, read_only } = client.host!
        this.#dialer.pairing = undefined
        this.#dialer.confirms = false
        this.pendingPairing.value = undefined
        this.host.value = host
        this.readOnly.value = read_only
        this.paired.value = true
        if (!identity) break
        // Texts sent to the previous host must not show up with this one.
        if (!sameKey((this.#identities.paired ?? identity).hostKey, identity.hostKey)) forgetAllTexts()
        void this.#identities.savePaired(identity, host.name)
        break
      }
      case 'closed':
        if (state.error.code === 'confirm_needed' && !this.#dialer.confirms) {
          this.#dialer.confirms = true
          return this.#connect()
        }
        // The phone may be lost or stolen.
        if (state.error.code === 'device_revoked') forgetAllTexts()
        this.refusal.value = this.#dialer.refusal(state.error.code)
        this.pendingPairing.value = undefined
        if (this.refusal.value) this.#dialer.pairing = undefined
        this.previousHost.value = this.#dialer.previousHost()
        break
    }
    this.state.value = state
  }
}
