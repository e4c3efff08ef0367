// What a client on this computer may do, by where it comes from: a program in a session never answers its own session's
// questions, and reads and controls others only if a person allows it. SECURITY.md describes the rules and their limits.
import { CodedError } from '../../../protocol/errors.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Peer } from '../listen/peer-process.ts'
import type { ControlGrants, Wish } from './control-grants.ts'
import { type Origin, type OriginContext, originOf } from './origin.ts'
import { PROGRAMS, type RequestType } from './permissions.ts'

export interface LocalClientsOptions extends OriginContext {
  grants: ControlGrants
  /** A session's title, for the question. */
  title(session_id: string): string
  /** Whether peers can prove their process on this system. */
  canProve: boolean
}

/** A request, as far as access to it depends on it. */
export interface Access {
  type: RequestType
  /** The session that it names, by its whole ID. */
  session_id?: string | undefined
  /** An attachment that takes no input. */
  read_only?: boolean | undefined
}

/** What one client may do. */
export interface ClientAccess {
  /** Finds out where the client comes from. Undefined: it is known. */
  find(): Promise<void> | undefined
  /**
   * Whether the client may make a request. Undefined: yes, at once. Otherwise resolves when that is known, or when a person
   * has allowed it, while `waiting` tells that one is asked. Throws or rejects with `forbidden`, `own_question`, `grant_needed`.
   */
  admit(access: Access, waiting: () => void): Promise<void> | undefined
  /** Whether a person uses the client, as far as is known: after `find`. */
  isPerson(): boolean
  /** The client started a session. */
  started(session_id: string): void
  /** The client, a device that is limited to some sessions, may type into this one: what runs there is not the desktop's person's. */
  limited(session_id: string): void
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
  started: () => {},
  limited: () => {},
  revoke: () => {},
  watch: () => {},
  close: () => {},
}

/** Sessions of which it is remembered who started them and typed into them: several times those that can run. */
const MAX_REMEMBERED = 1024

/** The id of an unknown session. */
const UNKNOWN = ''

/** In place of a session: a device that is limited to some sessions. */
const LIMITED_DEVICE = 'limited device'

/** A client that a person allowed something. */
interface GrantedClient {
  /** The session that it is in. */
  session_id: string
  /** Only this client was allowed. */
  isOnce: boolean
  revoked(): void
}

/** Of the command line of a program that asks. */
const COMMAND_CHARACTERS = 200
const TITLE_CHARACTERS = 60

export class LocalClients {
  readonly #options: LocalClientsOptions
  /** The sessions from which programs started a session or typed into it. */
  readonly #controllers = new Map<string, Set<string>>()
  /** The session from which a program started a session. */
  readonly #starters = new Map<string, string>()
  readonly #granted = new Set<GrantedClient>()
  /** The access of paired devices, and of clients in the host's own process. */
  readonly unrestricted: ClientAccess

  constructor(options: LocalClientsOptions) {
    this.#options = options
    this.unrestricted = {
      ...UNRESTRICTED,
      limited: session_id => this.#remember(session_id, LIMITED_DEVICE),
      revoke: session_id => this.#revoke(client => client.session_id === session_id),
    }
  }

  /** The setting changed, or a session: clients that are no longer allowed what they were end. */
  recheck(): void {
    const { grants } = this.#options
    this.#revoke(({ session_id, isOnce }) => !isOnce && !grants.allows(session_id))
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
    const gone = new AbortController()
    const grant = (session_id: string, isOnce: boolean) => {
      if (granted || gone.signal.aborted) return
      granted = { session_id, isOnce, revoked: () => revoked() }
      this.#granted.add(granted)
    }
    const known = (): Origin => origin ?? { kind: 'unproven' }
    const find = () => {
      if (origin) return undefined
      finding ??= this.#find(peer).then(found => {
        origin = found
      })
      return finding
    }
    const decide = (access: Access, waiting: () => void): Promise<void> | undefined => {
      const from = known()
      const verdict = this.#check(from, access)
      const { grants } = this.#options
      if (verdict === 'allowed' || from.kind !== 'session' || granted || grants.allows(from.session_id)) {
        if (verdict === 'ask' && from.kind === 'session') grant(from.session_id, false)
        this.#admitted(from, access)
        return undefined
      }
      waiting()
      return grants.ask(from.session_id, this.#wish(from, access), gone.signal).then(() => {
        grant(from.session_id, !grants.allows(from.session_id))
        // Meanwhile the session may have become one that controls this one.
        this.#check(from, access)
        this.#admitted(from, access)
      })
    }
    return {
      find,
      admit: (access, waiting) => {
        if (PROGRAMS[access.type] === 'free') return undefined
        const found = find()
        return found ? found.then(() => decide(access, waiting)) : decide(access, waiting)
      },
      isPerson: () => this.#isPerson(known()),
      started: session_id => this.#started(known(), session_id),
      limited: () => {},
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
      case 'unproven':
        // Where no client can prove its process, `otg` has to work.
        return !this.#options.canProve
    }
  }

  /** `ask`: a person may allow it. Throws if no person can. */
  #check(origin: Origin, access: Access): 'allowed' | 'ask' {
    const { type, session_id } = access
    const rule = PROGRAMS[type]
    if (this.#isPerson(origin)) {
      if (origin.kind === 'unproven' && type === 'answer' && !this.#options.grants.allowsAll) throw unknownProgram()
      return 'allowed'
    }
    if (rule === 'person')
      throw new CodedError('forbidden', 'a program in a session may not do that; use the app or a terminal of your own')
    if (rule === 'self') {
      const isOwn = origin.kind === 'session' && origin.session_id === session_id
      if (isOwn || origin.kind === 'unproven') return 'allowed'
      throw new CodedError('own_question', 'a program reports the activity of its own session only')
    }
    if (origin.kind !== 'session') {
      // It may be a part of the session that it wants to type into.
      if (this.#options.grants.allowsAll && !isTyping(access)) return 'allowed'
      throw origin.kind === 'unproven' ? unknownProgram() : strayProgram()
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

  #wish({ argv }: Extract<Origin, { kind: 'session' }>, access: Access): Wish {
    const { session_id } = access
    // A program may have chosen the title: it must not end the quotation and go on in the host's words.
    const title = session_id && oneLine(this.#options.title(session_id), TITLE_CHARACTERS).replace(/[“”„‟"]/g, "'")
    const other = session_id === undefined ? '' : ` “${title}”`
    const verb = isTyping(access) && access.type === 'attach' ? 'type into' : VERBS[access.type]
    const what = session_id === undefined && access.type === 'search' ? 'search all sessions' : `${verb}${other}`
    return {
      text: `A program in this session wants to control others: ${what}.`,
      context: [oneLine(argv.join(' '), COMMAND_CHARACTERS)],
    }
  }

  #started(origin: Origin, session_id: string): void {
    if (origin.kind === 'session' && !this.#isTyped(origin)) {
      this.#starters.set(session_id, origin.session_id)
      this.#remember(session_id, origin.session_id)
    }
    if (origin.kind === 'stray' || (origin.kind === 'unproven' && this.#options.canProve))
      this.#remember(session_id, UNKNOWN)
  }

  /** A person's command, in a session that only people started and typed into. */
  #isTyped(origin: Extract<Origin, { kind: 'session' }>): boolean {
    return origin.typed && !this.#controllers.has(origin.session_id)
  }

  async #find(peer: Peer): Promise<Origin> {
    try {
      const pid = await peer.pid()
      if (pid === undefined) return { kind: 'unproven' }
      const origin = await originOf(pid, this.#options)
      // The process may have ended, and its number may be another's by now.
      return (await peer.pid()) === pid ? origin : { kind: 'unproven' }
    } catch {
      return { kind: 'unproven' }
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

  #remember(session_id: string, controller: string): void {
    const controllers = this.#controllers.get(session_id) ?? new Set()
    controllers.add(controller)
    this.#controllers.set(session_id, controllers)
    if (this.#controllers.size <= MAX_REMEMBERED) return
    const running = new Set([...this.#options.leaders()].map(leader => leader.session_id))
    for (const map of [this.#controllers, this.#starters])
      for (const one of map.keys()) if (!running.has(one)) map.delete(one)
  }
}

/** What a person reads of a request that needs a grant. */
const VERBS: Readonly<Partial<Record<RequestType, string>>> = {
  attach: 'read',
  screen: 'read',
  kill: 'end',
  rename: 'rename',
  answer: 'answer the question of',
  upload: 'send a file to',
  search: 'search',
  timeline: 'read',
  seek: 'read',
  playback: 'read',
  read: 'read',
  export: 'export',
  mark: 'mark a place in',
  unmark: 'remove a mark from',
  delete_session: 'delete',
  devices: 'read the list of paired devices',
  settings: 'read the settings',
}

function isTyping({ type, read_only }: Access): boolean {
  return type === 'answer' || (type === 'attach' && !read_only)
}

function unknownProgram(): CodedError {
  return new CodedError(
    'grant_needed',
    'the host cannot tell which program this is; update otg, or use the app or your phone',
  )
}

function strayProgram(): CodedError {
  return new CodedError(
    'grant_needed',
    'this program was started in a session and detached from it; use a terminal of your own, the app or your phone',
  )
}
