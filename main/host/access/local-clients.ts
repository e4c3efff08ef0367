// What a client on this computer may do, by where it comes from: a program in a session never answers its own session's
// questions, and reads and controls others only if a person allows it. SECURITY.md describes the rules and their limits.
import { CodedError } from '../../../protocol/errors.ts'
import type { ClientMessage } from '../../../protocol/messages.ts'
import type { Peer } from '../listen/peer-process.ts'
import type { ControlGrants } from './control-grants.ts'
import { type Origin, type OriginContext, originOf } from './origin.ts'
import { givesAccess, PROGRAMS, type RequestType } from './permissions.ts'
import { type WishedSession, wishOf } from './wish.ts'

export interface LocalClientsOptions extends OriginContext {
  grants: ControlGrants
  /** The session with this ID or beginning of an ID, for the question. Undefined: there is none, or more than one. */
  look(session_id: string): Promise<WishedSession | undefined>
  /** Whether the system tells which process a client is. */
  canTellPeers: boolean
  /** Whether this device is paired, may type, and is not limited to some sessions. */
  isUnlimited(device_id: string): boolean
}

/** A request, as far as access to it depends on it. */
export interface Access {
  type: RequestType
  /** The session that it names, by its whole ID; of a session that only the history has, as the client named it. */
  session_id?: string | undefined
  /** An attachment that takes no input. */
  read_only?: boolean | undefined
  /** For the words of the question. */
  message?: ClientMessage | undefined
}

/** What one client may do. */
export interface ClientAccess {
  /** Finds out where the client comes from. Undefined: it is known. */
  find(): Promise<void> | undefined
  /**
   * Whether the client may make a request. Undefined: yes, at once. Otherwise resolves when that is known, or when a person
   * has allowed it, while `waiting` tells that one is asked: with the whole ID of the session for which it was allowed. `cancel`
   * withdraws the question. Throws or rejects with `forbidden`, `own_question`, `grant_needed`, `cancelled`.
   */
  admit(access: Access, waiting: () => void, cancel?: AbortSignal): Promise<string | undefined> | undefined
  /** Whether a person uses the client, as far as is known: after `find`. */
  isPerson(): boolean
  /** Whether it may read in all sessions without being asked about. */
  readsOthers(): boolean
  /** Whether a person uses it outside the sessions, and so may decide what programs in sessions may do: after `find`. */
  mayDecide(): boolean
  /** The client started a session. */
  started(session_id: string): void
  /** A paired device typed into a session, or started it: what runs there is the desktop's person's only while that device may do everything. */
  drove(session_id: string, device_id: string): void
  /** A person takes back what the programs of a session may do to others: their clients that were allowed something end. */
  revoke(session_id: string): void
  /** `revoked` is called when what the client was allowed is taken back. */
  watch(revoked: () => void): void
  /** The client is gone. */
  close(): void
}

/** Of paired devices, and of clients in the host's own process, such as the app's windows. */
export const UNRESTRICTED: ClientAccess = {
  find: () => undefined,
  admit: () => undefined,
  isPerson: () => true,
  readsOthers: () => true,
  mayDecide: () => true,
  started: () => {},
  drove: () => {},
  revoke: () => {},
  watch: () => {},
  close: () => {},
}

/** Sessions of which it is remembered who started them and typed into them: several times those that can run. */
const MAX_REMEMBERED = 1024

/** The id of an unknown session. */
const UNKNOWN = ''

/** With its ID, in place of a session: a device that is limited to some sessions, may only look, or was revoked. */
const LIMITED_DEVICE = 'device '

/** A client that a person allowed something. */
interface GrantedClient {
  /** The session that it is in. */
  session_id: string
  /** Only single requests of this client were allowed. */
  isOnce: boolean
  revoked(): void
}

export class LocalClients {
  readonly #options: LocalClientsOptions
  /** The sessions from which programs started a session or typed into it. */
  readonly #controllers = new Map<string, Set<string>>()
  /** The session from which a program started a session. */
  readonly #starters = new Map<string, string>()
  /** The session that a person started, from which a program started this one, directly or through others. */
  readonly #roots = new Map<string, string>()
  /** The devices that typed into a session or started it. */
  readonly #devices = new Map<string, Set<string>>()
  readonly #granted = new Set<GrantedClient>()
  /** Requests for which a person is asked. */
  readonly #asking = new Set<{ session_id: string; withdraw: AbortController }>()
  /** The access of paired devices, and of clients in the host's own process. */
  readonly unrestricted: ClientAccess

  constructor(options: LocalClientsOptions) {
    this.#options = options
    this.unrestricted = {
      ...UNRESTRICTED,
      drove: (session_id, device_id) => this.#drove(session_id, device_id),
      revoke: session_id => {
        this.#revoke(client => client.session_id === session_id)
        for (const one of this.#asking) if (one.session_id === session_id) one.withdraw.abort()
      },
    }
  }

  /** The setting changed, or a session: clients that are no longer allowed what they were end. */
  recheck(): void {
    const { grants } = this.#options
    this.#revoke(({ session_id, isOnce }) => !isOnce && !grants.allows(session_id))
  }

  /** The device was revoked, or what it may do was changed: what it left running in sessions counts as nobody's, and stays so. */
  deviceChanged(device_id: string): void {
    if (this.#options.isUnlimited(device_id)) return
    for (const [session_id, devices] of this.#devices)
      if (devices.has(device_id)) this.#remember(session_id, LIMITED_DEVICE + device_id)
  }

  #drove(session_id: string, device_id: string): void {
    const devices = this.#devices.get(session_id)
    if (devices?.has(device_id)) return
    if (devices) devices.add(device_id)
    else this.#devices.set(session_id, new Set([device_id]))
    if (!this.#options.isUnlimited(device_id)) this.#remember(session_id, LIMITED_DEVICE + device_id)
    this.#forgetEnded(this.#devices)
  }

  #revoke(isMeant: (client: GrantedClient) => boolean): void {
    for (const client of this.#granted) if (isMeant(client)) client.revoked()
  }

  /** The access of a client of the local socket. */
  of(peer: Peer): ClientAccess {
    let origin: Origin | undefined
    let finding: Promise<void> | undefined
    /** Set when a person's permission let it do something. */
    let granted: GrantedClient | undefined
    let revoked = () => {}
    /** A person elsewhere allowed it to pair phones. */
    let mayPair = false
    const gone = new AbortController()
    const grant = (session_id: string, isOnce: boolean) => {
      if (gone.signal.aborted) return
      granted ??= { session_id, isOnce, revoked: () => revoked() }
      granted.isOnce &&= isOnce
      this.#granted.add(granted)
    }
    const known = (): Origin => origin ?? { kind: 'unknown' }
    const find = () => {
      if (origin) return undefined
      finding ??= this.#find(peer).then(found => {
        origin = found
      })
      return finding
    }
    const { grants } = this.#options
    const decide = (access: Access, waiting: () => void, cancel?: AbortSignal) => {
      const from = known()
      const verdict = this.#check(from, access)
      const mayAsk = from.kind === 'session' && verdict !== 'allowed'
      const isCovered =
        verdict === 'ask_each' ? mayPair && PAIRING.includes(access.type) : mayAsk && grants.allows(from.session_id)
      if (mayAsk && !isCovered) return ask(from, access, waiting, cancel)
      if (verdict === 'ask' && mayAsk) grant(from.session_id, false)
      this.#admitted(from, access)
      return undefined
    }
    const ask = async (from: SessionOrigin, named: Access, waiting: () => void, cancel?: AbortSignal) => {
      const { session_id } = named
      // The person reads, and allows, one certain session.
      const session = session_id === undefined ? undefined : await this.#options.look(session_id)
      const access = { ...named, session_id: session?.session_id ?? session_id }
      const starter = await this.#starterOf(from.session_id)
      const isSingle = this.#check(from, access) === 'ask_each'
      waiting()
      const about = session_id === undefined ? undefined : (session ?? { session_id, title: session_id })
      const asking = { session_id: from.session_id, withdraw: new AbortController() }
      this.#asking.add(asking)
      const signals = [gone.signal, asking.withdraw.signal, ...(cancel ? [cancel] : [])]
      await grants
        .ask(wishOf(access.type, isTyping(access), about, access.message, from.argv, starter), {
          session_id: from.session_id,
          origins: () => this.#originsOf(from.session_id),
          gone: AbortSignal.any(signals),
          isSingle,
        })
        .finally(() => this.#asking.delete(asking))
      if (isSingle) mayPair ||= PAIRING.includes(access.type)
      else grant(from.session_id, !grants.allows(from.session_id))
      // Meanwhile the session may have become one that controls this one.
      this.#check(from, access)
      this.#admitted(from, access)
      return access.session_id
    }
    return {
      find,
      admit: (access, waiting, cancel) => {
        if (PROGRAMS[access.type] === 'free') return undefined
        const found = find()
        if (!found) return decide(access, waiting, cancel)
        return found.then(() => decide(access, waiting, cancel) ?? access.session_id)
      },
      isPerson: () => this.#isPerson(known()),
      readsOthers: () => {
        const from = known()
        return this.#isPerson(from) || (from.kind === 'session' && grants.allows(from.session_id))
      },
      mayDecide: () => known().kind !== 'session' && this.#isPerson(known()),
      started: session_id => this.#started(known(), session_id),
      drove: () => {},
      revoke: this.unrestricted.revoke,
      watch: listener => {
        revoked = listener
      },
      close: () => {
        gone.abort()
        if (granted) this.#granted.delete(granted)
      },
    }
  }

  #isPerson(origin: Origin): boolean {
    switch (origin.kind) {
      case 'person':
        return true
      case 'session':
        return this.#isTyped(origin)
      case 'stray':
        return false
      case 'unknown':
        // Where the system tells of no client, `otg` has to work.
        return !this.#options.canTellPeers
    }
  }

  /** `ask`: a person may allow it; `ask_each`: only this one time. Throws if no person can. */
  #check(origin: Origin, access: Access): 'allowed' | 'ask' | 'ask_each' {
    const { type, session_id } = access
    const rule = PROGRAMS[type]
    if (this.#isPerson(origin)) {
      if (origin.kind === 'unknown' && type === 'answer' && !this.#options.grants.allowsAll) throw unknownProgram()
      return origin.kind === 'session' && givesAccess(type, access.message) ? 'ask_each' : 'allowed'
    }
    if (rule === 'person')
      throw new CodedError('forbidden', 'a program in a session may not do that; use the app or a terminal of your own')
    if (rule === 'self') {
      // An unknown process is not known to be inside.
      if (origin.kind === 'session' && origin.session_id === session_id) return 'allowed'
      throw new CodedError('own_question', 'a program reports the activity of its own session only')
    }
    if (origin.kind !== 'session') {
      // It may be a part of the session that it wants to type into.
      if (this.#options.grants.allowsAll && !isTyping(access)) return 'allowed'
      throw origin.kind === 'unknown' ? unknownProgram() : strayProgram()
    }
    if (isTyping(access) && session_id !== undefined && this.#controllersOf(origin.session_id).has(session_id))
      throw new CodedError(
        'own_question',
        'this terminal is inside that session; a program cannot answer its own questions or type into itself',
      )
    const isOwn = session_id === origin.session_id || this.#wasStartedFrom(session_id, origin.session_id)
    return rule === 'own' && isOwn ? 'allowed' : 'ask'
  }

  #admitted(origin: Origin, access: Access): void {
    if (origin.kind !== 'session' || !isTyping(access) || access.session_id === undefined) return
    // What a session's programs started is remembered as theirs already.
    if (!this.#isTyped(origin)) this.#remember(access.session_id, origin.session_id)
  }

  #started(origin: Origin, session_id: string): void {
    if (origin.kind === 'session' && !this.#isTyped(origin)) {
      this.#starters.set(session_id, origin.session_id)
      this.#roots.set(session_id, this.rootOf(origin.session_id))
      this.#remember(session_id, origin.session_id)
    }
    if (origin.kind === 'stray' || (origin.kind === 'unknown' && this.#options.canTellPeers)) {
      this.#roots.set(session_id, UNKNOWN)
      this.#remember(session_id, UNKNOWN)
    }
  }

  /** The session that a person started and whose programs started this one: its title is not one that they chose for a new session. */
  async #starterOf(session_id: string): Promise<WishedSession | undefined> {
    const root = this.rootOf(session_id)
    if (root === session_id) return undefined
    const found = root === UNKNOWN ? undefined : await this.#options.look(root)
    return found ?? { session_id: root, title: 'a detached program' }
  }

  /** The session that a person started, from which a program started this one, directly or through others. */
  rootOf(session_id: string): string {
    return this.#roots.get(session_id) ?? session_id
  }

  /** Its root, and those of the sessions that typed into it: whose programs may be behind what its programs ask. */
  #originsOf(session_id: string): string[] {
    return [...new Set([...this.#controllersOf(session_id)].map(one => this.rootOf(one)))]
  }

  /** A person's command, in a session that only people started and typed into. */
  #isTyped(origin: SessionOrigin): boolean {
    return origin.typed && !this.#controllers.has(origin.session_id)
  }

  async #find(peer: Peer): Promise<Origin> {
    try {
      const pid = peer.pid()
      if (pid === undefined) return { kind: 'unknown' }
      const origin = await originOf(pid, this.#options)
      // The process may have ended, and its number may be another's by now.
      return peer.pid() === pid ? origin : { kind: 'unknown' }
    } catch {
      return { kind: 'unknown' }
    }
  }

  /** The session and all that control it, directly or through others. */
  #controllersOf(session_id: string): Set<string> {
    const all = new Set([session_id])
    for (const one of all) for (const controller of this.#controllers.get(one) ?? []) all.add(controller)
    return all
  }

  #wasStartedFrom(session_id: string | undefined, starter: string): boolean {
    if (session_id === undefined) return false
    const seen = new Set<string>()
    for (let one = this.#starters.get(session_id); one !== undefined && !seen.has(one); one = this.#starters.get(one)) {
      if (one === starter) return true
      seen.add(one)
    }
    return false
  }

  #running(): Set<string> {
    return new Set([...this.#options.leaders()].map(leader => leader.session_id))
  }

  #remember(session_id: string, controller: string): void {
    const controllers = this.#controllers.get(session_id) ?? new Set()
    controllers.add(controller)
    // Those that control the controller, too: it may be forgotten before this session ends.
    const running = this.#running()
    for (const one of this.#controllersOf(controller))
      if (running.has(one) || one === UNKNOWN || one.startsWith(LIMITED_DEVICE)) controllers.add(one)
    controllers.delete(session_id)
    this.#controllers.set(session_id, controllers)
    this.#forgetEnded(this.#controllers)
  }

  #forgetEnded({ size }: ReadonlyMap<string, unknown>): void {
    if (size <= MAX_REMEMBERED) return
    const running = this.#running()
    for (const map of [this.#controllers, this.#starters, this.#roots, this.#devices])
      for (const one of map.keys()) if (!running.has(one)) map.delete(one)
  }
}

/** One permission for them together: the person reads at the first one that it is about pairing. */
const PAIRING: readonly RequestType[] = ['show_pairing', 'answer_pairing']

type SessionOrigin = Extract<Origin, { kind: 'session' }>

function isTyping({ type, read_only }: Access): boolean {
  return type === 'answer' || (type === 'attach' && !read_only)
}

function unknownProgram(): CodedError {
  return new CodedError(
    'grant_needed',
    'the host cannot tell which program this is, because the process that connected has ended; use the app or your phone',
  )
}

function strayProgram(): CodedError {
  return new CodedError(
    'grant_needed',
    'this program was started in a session and detached from it; use a terminal of your own, the app or your phone',
  )
}
