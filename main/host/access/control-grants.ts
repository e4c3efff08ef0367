// Which sessions' programs may control other sessions: read them, type into them, end them. A person decides, when one asks.
import { CodedError } from '../../../protocol/errors.ts'
import type { QuestionOption } from '../../../protocol/messages.ts'

/** As long as a phone that asks to be paired waits: time to take a phone out and to read. */
export const GRANT_MS = 120_000

/** After a no, the session's programs are refused without another question for this long. */
export const DENIED_MS = 600_000

/** Requests of one session's programs that wait for a person. */
export const MAX_WAITING = 8

/** A running session, as far as it asks in its own name. */
export interface AskingSession {
  /** A person allowed its programs to control others, until it ends. */
  mayControl: boolean
  /** Resolves with the index of the chosen option; undefined: nobody answered before `signal` was aborted. */
  ask(question: Wish & { options: QuestionOption[] }, signal: AbortSignal): Promise<number | undefined>
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
}

type Decision = 'once' | 'session' | 'always' | 'deny'

const OPTIONS: readonly (QuestionOption & { decision: Decision })[] = [
  { decision: 'once', label: 'Allow once', key: '', answer: 'yes' },
  { decision: 'session', label: 'Allow this session', key: '', answer: null },
  { decision: 'always', label: 'Always allow', key: '', answer: null },
  { decision: 'deny', label: 'Deny', key: '', answer: 'no' },
]

export class ControlGrants {
  readonly #options: ControlGrantsOptions
  readonly #asking = new WeakMap<AskingSession, { last: Promise<unknown>; count: number; deniedUntil: number }>()

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

  /** Resolves when a person allows it. Rejects with `grant_needed`. `gone`: aborted when the program that asks is gone. */
  async ask(session_id: string, wish: Wish, gone: AbortSignal): Promise<void> {
    const session = this.#options.session(session_id)
    if (!session) throw refusal('the session of this program has ended')
    const asking = this.#asking.get(session) ?? {
      last: Promise.resolve(),
      count: 0,
      deniedUntil: Number.NEGATIVE_INFINITY,
    }
    if (asking.count >= MAX_WAITING) throw refusal('too many requests from this session wait for an answer')
    this.#asking.set(session, asking)
    asking.count++
    // One question at a time: what was answered to one may hold for the next.
    const decided = asking.last.then(async () => {
      if (this.allows(session_id)) return
      if (this.#options.now() < asking.deniedUntil)
        throw refusal('a person refused this recently; they can still allow it, with otg allow or in the app')
      const signal = AbortSignal.any([gone, AbortSignal.timeout(GRANT_MS)])
      const option = await session.ask(
        { ...wish, options: OPTIONS.map(({ decision: _, ...option }) => option) },
        signal,
      )
      switch (option === undefined ? undefined : OPTIONS[option]!.decision) {
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
          asking.deniedUntil = this.#options.now() + DENIED_MS
          throw refusal('a person refused it')
      }
    })
    asking.last = decided.catch(() => {})
    return decided.finally(() => asking.count--)
  }
}

function refusal(why: string): CodedError {
  return new CodedError('grant_needed', `a program in a session controls others only if a person allows it: ${why}`)
}
