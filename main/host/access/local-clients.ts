// What a client on this computer may do to a session, by where it comes from: a program in a session never answers its own
// session's questions, and those of others only if a person allowed it. SECURITY.md describes the rules and their limits.
import { CodedError } from '../../../protocol/errors.ts'
import type { Peer } from '../listen/peer-process.ts'
import { type Origin, type OriginContext, originOf } from './origin.ts'
import { PERSONS_ONLY, type RequestType } from './permissions.ts'

export interface LocalClientsOptions extends OriginContext {
  /** The setting `agents_may_answer`. */
  agentsMayAnswer(): boolean
  /** Whether peers can prove their process on this system. */
  canProve: boolean
}

/** What one client may do. */
export interface ClientAccess {
  /** Finds out where the client comes from, before one of the following is called. Undefined: it is known. */
  find(): Promise<void> | undefined
  /** Typing into a session; `isAnswer`: answering its question. Throws `own_question`, `grant_needed`. */
  checkTyping(session_id: string, isAnswer: boolean): void
  /** Throws `forbidden` for what only a person may do. */
  checkRequest(type: RequestType): void
  /** A program says what it does itself, and not what others do. Throws `own_question`. */
  checkReport(session_id: string): void
  /** The client started a session. */
  started(session_id: string): void
}

/** Of paired devices, and of clients in the host's own process, such as the app's windows. */
export const UNRESTRICTED: ClientAccess = {
  find: () => undefined,
  checkTyping: () => {},
  checkRequest: () => {},
  checkReport: () => {},
  started: () => {},
}

/** Sessions of which it is remembered who started them and typed into them: several times those that can run. */
const MAX_REMEMBERED = 1024

/** The id of an unknown session. */
const UNKNOWN = ''

export class LocalClients {
  readonly #options: LocalClientsOptions
  /** The sessions from which programs started a session or typed into it. */
  readonly #controllers = new Map<string, Set<string>>()
  /** The session from which a program started a session. */
  readonly #starters = new Map<string, string>()

  constructor(options: LocalClientsOptions) {
    this.#options = options
  }

  /** The access of a client of the local socket. */
  of(peer: Peer): ClientAccess {
    let origin: Origin | undefined
    let finding: Promise<void> | undefined
    const known = () => origin ?? { kind: 'unproven' as const }
    return {
      find: () => {
        if (origin) return undefined
        finding ??= this.#find(peer).then(found => {
          origin = found
        })
        return finding
      },
      checkTyping: (session_id, isAnswer) => this.#checkTyping(known(), session_id, isAnswer),
      checkRequest: type => this.#checkRequest(known(), type),
      checkReport: session_id => this.#checkReport(known(), session_id),
      started: session_id => this.#started(known(), session_id),
    }
  }

  #checkTyping(origin: Origin, session_id: string, isAnswer: boolean): void {
    switch (origin.kind) {
      case 'person':
        return
      case 'stray':
        throw new CodedError(
          'grant_needed',
          'this program was started in a session and detached from it, so it may not type; use a terminal of your own',
        )
      case 'unproven':
        // Where no client can prove its process, `otg` has to work.
        if (!this.#options.canProve && (!isAnswer || this.#options.agentsMayAnswer())) return
        throw new CodedError(
          'grant_needed',
          'the host cannot tell which program this is, so it may not type; update otg, or answer in the app',
        )
      case 'session': {
        const own = this.#controllersOf(origin.session_id)
        if (own.has(session_id))
          throw new CodedError(
            'own_question',
            'this terminal is inside that session; a program cannot answer its own questions or type into itself',
          )
        if (this.#isTyped(origin)) return
        // What a session's programs started is theirs to drive.
        if (this.#wasStartedFrom(session_id, origin.session_id)) return
        if (own.has(UNKNOWN) || !this.#options.agentsMayAnswer())
          throw new CodedError(
            'grant_needed',
            'a program in a session may not type into other sessions; turn on the setting agents_may_answer to allow it',
          )
        this.#remember(session_id, origin.session_id)
      }
    }
  }

  #checkRequest(origin: Origin, type: RequestType): void {
    if (!PERSONS_ONLY.includes(type) || origin.kind === 'person') return
    if (origin.kind === 'session' && this.#isTyped(origin)) return
    if (origin.kind === 'unproven' && !this.#options.canProve) return
    throw new CodedError('forbidden', 'a program in a session may not do that; use the app or a terminal of your own')
  }

  #checkReport(origin: Origin, session_id: string): void {
    if (origin.kind === 'person' || origin.kind === 'unproven') return
    if (origin.kind === 'session' && (origin.session_id === session_id || this.#isTyped(origin))) return
    throw new CodedError('own_question', 'a program reports the activity of its own session only')
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

  #wasStartedFrom(session_id: string, starter: string): boolean {
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
