// Which sessions' programs may control other sessions: read them, type into them, end them. A person decides, when one asks.
import { CodedError } from '../../../protocol/errors.ts'
import type { QuestionOption } from '../../../protocol/messages.ts'

/** As long as a phone that asks to be paired waits: time to take a phone out and to read. */
export const GRANT_MS = 120_000

/** After a no, no session of the same origin asks for this long. Twice as long after each further question without a yes. */
export const DENIED_MS = 600_000

/** The same after a question that nobody answered, or whose client was gone before an answer. */
export const UNANSWERED_MS = 30_000

export const LONGEST_PAUSE_MS = 4 * 3_600_000

/** An origin that did not ask for this long after its pause starts again with the shortest one. */
const FORGET_MS = 24 * 3_600_000

/** Requests of one origin that wait for a person. */
export const MAX_WAITING = 8

/** Origins that are remembered: several times the sessions that can run. */
const MAX_ORIGINS = 1024

/** A running session, as far as it asks in its own name. */
export interface AskingSession {
  /** A person allowed its programs to control others, until it ends. */
  mayControl: boolean
  /** Resolves with the index of the chosen option; undefined: nobody answered before `signal` was aborted. */
  ask(
    question: Pick<Wish, 'text' | 'context'> & { options: QuestionOption[] },
    signal: AbortSignal,
  ): Promise<number | undefined>
}

export interface ControlGrantsOptions {
  /** Undefined: no session runs that has this id. */
  session(session_id: string): AskingSession | undefined
  /** The setting `agents_may_control`. */
  allowsAll(): boolean
  /** Turns the setting on. */
  allowAll(): Promise<void>
  /** Monotonic, in milliseconds. */
  now(): number
}

/** What a program wants, as a person reads it. */
export interface Wish {
  text: string
  context: string[]
  /** What `Allow once` covers. */
  once: string
}

/** Who asks. */
export interface Asking {
  session_id: string
  /** The sessions that people started and from which this one was started or driven: its own comes first. */
  origins(): readonly string[]
  /** Aborted when the request is canceled, or its client gone. */
  gone: AbortSignal
  /** No lasting permission covers it: it gives access, and is decided each time. */
  isSingle?: boolean
}

type Decision = 'once' | 'session' | 'always' | 'deny'

const OPTIONS: readonly (QuestionOption & { decision: Decision })[] = [
  { decision: 'once', label: 'Allow once', key: '', answer: 'yes' },
  {
    decision: 'session',
    label: 'Allow this session',
    key: '',
    answer: null,
    detail: 'This session may read and control all others until it ends.',
  },
  {
    decision: 'always',
    label: 'Always allow',
    key: '',
    answer: null,
    detail: 'Every session may, until you turn it off in the settings.',
  },
  { decision: 'deny', label: 'Deny', key: '', answer: 'no' },
]

interface OriginState {
  /** The last request that waits. */
  last: Promise<unknown>
  waiting: number
  /** Questions without a yes since the last yes. */
  refusals: number
  pausedUntil: number
  wasDenied: boolean
}

export class ControlGrants {
  readonly #options: ControlGrantsOptions
  readonly #origins = new Map<string, OriginState>()

  constructor(options: ControlGrantsOptions) {
    this.#options = options
  }

  /** The programs of every session may. */
  get allowsAll(): boolean {
    return this.#options.allowsAll()
  }

  /** Whether the session's programs may control others without asking. */
  allows(session_id: string): boolean {
    return this.allowsAll || this.#options.session(session_id)?.mayControl === true
  }

  /** Resolves when a person allows it. Rejects with `grant_needed`, `cancelled`. */
  async ask(wish: Wish, asking: Asking): Promise<void> {
    const state = this.#origin(asking.origins()[0]!)
    if (state.waiting >= MAX_WAITING) throw refusal('too many requests from this session wait for an answer')
    state.waiting++
    // One question at a time: what was answered to one may hold for the next.
    const decided = state.last.then(() => this.#decide(wish, asking))
    state.last = decided.catch(() => {})
    return decided.finally(() => state.waiting--)
  }

  async #decide(wish: Wish, { session_id, origins, gone, isSingle = false }: Asking): Promise<void> {
    if (gone.aborted) throw new CodedError('cancelled', 'the request was cancelled')
    if (!isSingle && this.allows(session_id)) return
    const session = this.#options.session(session_id)
    if (!session) throw refusal('the session of this program has ended')
    for (const origin of origins()) this.#checkPause(this.#origins.get(origin))
    const offered = OPTIONS.filter(({ decision }) => !isSingle || decision === 'once' || decision === 'deny')
    const options = offered.map(({ decision, ...option }) =>
      decision === 'once' ? { ...option, detail: wish.once } : option,
    )
    const signal = AbortSignal.any([gone, AbortSignal.timeout(GRANT_MS)])
    const option = await session.ask({ text: wish.text, context: wish.context, options }, signal)
    const decision = option === undefined ? undefined : offered[option]!.decision
    const asked = origins().map(origin => this.#origin(origin))
    if (decision === undefined || decision === 'deny')
      for (const state of asked) this.#pause(state, decision === 'deny')
    else for (const state of asked) Object.assign(state, { refusals: 0, pausedUntil: Number.NEGATIVE_INFINITY })
    switch (decision) {
      case undefined:
        throw refusal('no person has allowed it in time; it can be answered in the app or on a phone')
      case 'once':
        return
      case 'session':
        session.mayControl = true
        return
      case 'always':
        return this.#options.allowAll()
      case 'deny':
        throw refusal('a person refused it')
    }
  }

  #checkPause(state: OriginState | undefined): void {
    if (!state || this.#options.now() >= state.pausedUntil) return
    throw refusal(
      state.wasDenied
        ? 'a person refused this recently; they can still allow it, with otg allow or in the app'
        : 'nobody answered the last question; wait a while, or allow it with otg allow or in the app',
    )
  }

  #pause(state: OriginState, wasDenied: boolean): void {
    const now = this.#options.now()
    if (now - state.pausedUntil > FORGET_MS) state.refusals = 0
    const shortest = wasDenied ? DENIED_MS : UNANSWERED_MS
    state.pausedUntil = now + Math.min(shortest * 2 ** state.refusals, LONGEST_PAUSE_MS)
    state.wasDenied = wasDenied
    state.refusals++
  }

  #origin(id: string): OriginState {
    let state = this.#origins.get(id)
    if (state) return state
    if (this.#origins.size >= MAX_ORIGINS) this.#forgetOld()
    state = {
      last: Promise.resolve(),
      waiting: 0,
      refusals: 0,
      pausedUntil: Number.NEGATIVE_INFINITY,
      wasDenied: false,
    }
    this.#origins.set(id, state)
    return state
  }

  #forgetOld(): void {
    const now = this.#options.now()
    for (const [id, { waiting, pausedUntil }] of this.#origins)
      if (waiting === 0 && now >= pausedUntil) this.#origins.delete(id)
  }
}

function refusal(why: string): CodedError {
  return new CodedError('grant_needed', `a program in a session controls others only if a person allows it: ${why}`)
}
