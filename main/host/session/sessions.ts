// All sessions of a host: the running ones and those that ended lately. Knows nothing of clients' connections.
import { randomUUID } from 'node:crypto'
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionSpec, SessionState } from '../../../protocol/messages.ts'
import type { ScreenPool } from '../screen/screen-pool.ts'
import type { Store } from '../store/store.ts'
import { sessionEnvironment } from './environment.ts'
import { checkSize, Session } from './session.ts'

export interface SessionsOptions {
  store: Store
  screens: ScreenPool
  /** argv of the shell for a session that names no command. */
  shell: string[]
  home: string
  env: NodeJS.ProcessEnv
  now: () => number
}

export interface SessionsHandlers {
  changed(): void
  bell(session: Session): void
}

/** Each costs a process, a PTY and a few megabytes; the system's own limit on PTYs is larger. */
export const MOST_SESSIONS = 256

/** Ended sessions whose last screen can still be looked at in memory. */
const ENDED_KEPT = 16

const DEFAULT_SIZE = { cols: 80, rows: 24 }

export class Sessions {
  readonly #options: SessionsOptions
  readonly #handlers: SessionsHandlers
  readonly #sessions = new Map<string, Session>()
  #stopping = false

  constructor(options: SessionsOptions, handlers: SessionsHandlers) {
    this.#options = options
    this.#handlers = handlers
  }

  /** Starts a session. Throws what Session throws, `size_invalid`, `too_many_sessions`, `host_stopping`. */
  create(spec: SessionSpec): Session {
    if (this.#stopping) throw new CodedError('host_stopping', 'the host is stopping')
    if (this.running().length >= MOST_SESSIONS)
      throw new CodedError('too_many_sessions', `${MOST_SESSIONS} sessions run already; end one first`)
    const size = spec.size ?? DEFAULT_SIZE
    checkSize(size)
    const { store, screens, now, shell, home, env } = this.#options
    const session_id = randomUUID()
    const session = new Session(
      {
        session_id,
        command: spec.command ?? shell,
        cwd: spec.cwd ?? home,
        env: sessionEnvironment(env, session_id),
        title: spec.title,
        size,
        screens,
        now,
      },
      {
        changed: () => this.#handlers.changed(),
        bell: () => this.#handlers.bell(session),
        ended: () => {
          store.updateSession(session.info())
          this.#forgetOld()
        },
      },
    )
    this.#sessions.set(session_id, session)
    store.insertSession(session.info())
    this.#handlers.changed()
    return session
  }

  running(): Session[] {
    return [...this.#sessions.values()].filter(session => session.state === 'running')
  }

  get largestScreenLag(): number {
    return Math.max(0, ...[...this.#sessions.values()].map(session => session.largestLag))
  }

  /** Every session that can be attached, oldest first. */
  list(): SessionInfo[] {
    return [...this.#sessions.values()].map(session => session.info())
  }

  /** The session with this id or a unique beginning of it. Throws `session_unknown`, `session_ambiguous`. */
  find(id: string): Session {
    const exact = this.#sessions.get(id)
    if (exact) return exact
    const found = [...this.#sessions.values()].filter(session => session.session_id.startsWith(id))
    if (found.length === 1) return found[0]!
    if (found.length > 1) {
      const ids = found.map(session => session.session_id.slice(0, 8)).join(', ')
      throw new CodedError('session_ambiguous', `more than one session id begins with ${id}: ${ids}`)
    }
    throw new CodedError('session_unknown', `no session has the id ${id}`)
  }

  rename(session: Session, title: string): void {
    session.rename(title)
    this.#options.store.updateSession(session.info())
  }

  /** Ends every process and waits until all are gone. */
  async stop(as: SessionState): Promise<void> {
    this.#stopping = true
    await Promise.all(this.running().map(session => session.end(as)))
    for (const session of this.#sessions.values()) session.dispose()
  }

  #forgetOld(): void {
    const ended = [...this.#sessions.values()].filter(one => one.state !== 'running' && one.attachments.size === 0)
    ended.sort((a, b) => (a.ended_at ?? 0) - (b.ended_at ?? 0))
    for (const session of ended.slice(0, -ENDED_KEPT)) {
      this.#sessions.delete(session.session_id)
      session.dispose()
    }
  }
}
