// All sessions of a host: those that run, those that ended lately, and the way to those in the history.
// Knows nothing of clients' connections.
import { randomUUID } from 'node:crypto'
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionSpec, SessionState } from '../../../protocol/messages.ts'
import type { History } from '../history/write/history.ts'
import type { ScreenPool } from '../screen/screen-pool.ts'
import type { AttachableSession } from './attachment.ts'
import { sessionEnvironment } from './environment.ts'
import { Previews } from './previews.ts'
import { isForegroundBusy } from './process-group.ts'
import { RecordedSession } from './recorded-session.ts'
import { checkSize, Session } from './session.ts'

export interface SessionsOptions extends SessionRules {
  history: History
  screens: ScreenPool
  home: string
  env: NodeJS.ProcessEnv
  now: () => number
}

/** What may change while sessions run. */
export interface SessionRules {
  /** argv of the shell for a session that names no command, from now on. */
  shell: string[]
  single_client: boolean
  expiry: Expiry
}

export interface Expiry {
  /** A session that nobody is attached to and that was silent for longer is ended. */
  idle_ms: number
  /** End also what still runs something in the foreground, instead of marking it. */
  end_busy: boolean
  /** How often sessions are looked at. */
  check_ms: number
}

export interface SessionsHandlers {
  changed(): void
  /** A session calls for somebody; `text`: what it says, or ''. */
  attention(session: Session, text: string): void
  /** It calls for somebody and nobody looks; not told again until somebody has looked. */
  needsAttention(session: Session): void
  /** Whether somebody watches the list. */
  isWatched(): boolean
}

/** Each costs a process, a PTY and a few megabytes; the system's own limit on PTYs is larger. */
export const MAX_SESSIONS = 256

/** Ended sessions that need not be read from the history to be looked at: where somebody returns to first. */
const ENDED_KEPT = 16

/** Replacements that are remembered: a retry comes within seconds. */
const MOST_REPLACED = 64

const DEFAULT_SIZE = { cols: 80, rows: 24 }

export class Sessions {
  readonly #options: Omit<SessionsOptions, keyof SessionRules>
  #rules: SessionRules
  /** Every argv that was the shell's. */
  readonly #shells = new WeakSet<string[]>()
  readonly #handlers: SessionsHandlers
  readonly #sessions = new Map<string, Session>()
  readonly #past = new Map<string, RecordedSession>()
  readonly #replaced = new Map<string, string>()
  readonly #glance: Previews
  #stopping = false

  constructor(options: SessionsOptions, handlers: SessionsHandlers) {
    this.#options = options
    this.#rules = options
    this.#shells.add(options.shell)
    this.#handlers = handlers
    this.#glance = new Previews(() => this.#sessions.values(), handlers)
  }

  /** From now on these hold, also for what runs already. */
  applyRules(rules: SessionRules): void {
    this.#rules = rules
    this.#shells.add(rules.shell)
    const { now } = this.#options
    for (const session of this.running()) {
      if (!session.idle || now() - session.last_activity >= rules.expiry.idle_ms) continue
      session.idle = false
      this.#handlers.changed()
    }
    this.expire()
  }

  /** Starts a session. Throws what Session throws, `size_invalid`, `too_many_sessions`, `host_stopping`. */
  create(spec: SessionSpec): Session {
    if (this.#stopping) throw new CodedError('host_stopping', 'the host is stopping')
    if (this.running().length >= MAX_SESSIONS)
      throw new CodedError('too_many_sessions', `${MAX_SESSIONS} sessions run already; end one first`)
    const size = spec.size ?? DEFAULT_SIZE
    checkSize(size)
    const { history, screens, now, home, env } = this.#options
    const session_id = randomUUID()
    const session = new Session(
      {
        session_id,
        command: spec.command ?? this.#rules.shell,
        cwd: folder(spec.cwd ?? home, home),
        env: sessionEnvironment(env, session_id),
        title: spec.title,
        size: { cols: size.cols, rows: size.rows },
        screens,
        history,
        single_client: () => this.#rules.single_client,
        now,
      },
      {
        changed: () => this.#handlers.changed(),
        attention: text => this.#handlers.attention(session, text),
        needsAttention: () => this.#handlers.needsAttention(session),
        ended: () => this.#forgetOld(),
      },
    )
    this.#sessions.set(session_id, session)
    this.#handlers.changed()
    return session
  }

  /**
   * A new session in the place of one that is gone. `asker` names the client and what it asked for: when the answer was
   * lost and it asks again, it gets the session that was made then.
   */
  replace(asker: string, spec: SessionSpec): Session {
    const before = this.#sessions.get(this.#replaced.get(asker) ?? '')
    if (before?.state === 'running') return before
    const session = this.create(spec)
    this.#replaced.set(asker, session.session_id)
    if (this.#replaced.size > MOST_REPLACED) this.#replaced.delete(this.#replaced.keys().next().value!)
    return session
  }

  running(): Session[] {
    return [...this.#sessions.values()].filter(session => session.state === 'running')
  }

  get largestScreenLag(): number {
    return Math.max(0, ...[...this.#sessions.values()].map(session => session.largestLag))
  }

  /** For who is about to tell the list: resolves when last lines and folders are up to date. Undefined: they are. */
  refreshPreviews(): Promise<void> | undefined {
    return this.#glance.refresh()
  }

  /** What runs and what ended lately, oldest first. */
  list(): SessionInfo[] {
    return [...this.#sessions.values()].map(session => session.info())
  }

  /**
   * From now on nothing here knows this session, which ended; who looks at it is told. Takes the whole id. Throws
   * `session_running`.
   */
  forget(session_id: string): void {
    const here = this.#sessions.get(session_id)
    if (here?.state === 'running')
      throw new CodedError('session_running', 'this session runs; end it before it is deleted')
    const past = this.#past.get(session_id)
    this.#sessions.delete(session_id)
    this.#past.delete(session_id)
    const gone = new CodedError('session_unknown', 'this session was deleted')
    for (const attachment of [...(here?.attachments ?? []), ...(past?.attachments ?? [])]) attachment.fail(gone)
    void here?.settled().then(() => here.dispose())
    if (here) this.#handlers.changed()
  }

  /** The session with this id or a unique beginning of it, if it is in memory. Throws `session_ambiguous`. */
  find(id: string): Session | undefined {
    const exact = this.#sessions.get(id)
    if (exact) return exact
    const found = [...this.#sessions.values()].filter(session => session.session_id.startsWith(id))
    if (found.length > 1) {
      const ids = found.map(session => session.session_id.slice(0, 8)).join(', ')
      throw new CodedError('session_ambiguous', `more than one session id begins with ${id}: ${ids}`)
    }
    return found[0]
  }

  /** The session with this id or a unique beginning of it, from memory or history. Throws `session_unknown`, `session_ambiguous`. */
  async open(id: string): Promise<AttachableSession> {
    const here = this.find(id)
    if (here) return here
    const stored = await this.#options.history.session(id)
    const { session_id } = stored.session
    const known = this.#sessions.get(session_id) ?? this.#past.get(session_id)
    if (known) return known
    const past = new RecordedSession(stored, this.#options.history, this.#options.screens)
    // Kept while somebody looks at it; the next one who opens one clears up.
    for (const [key, one] of this.#past) if (one.attachments.size === 0) this.#past.delete(key)
    this.#past.set(session_id, past)
    return past
  }

  /** For whoever waits for the history to catch up. */
  historyCaughtUp(): void {
    for (const session of this.#sessions.values()) session.reconsider()
  }

  /** Ends what was silent and alone for too long. To be called every `check_ms`. */
  expire(): void {
    const { now } = this.#options
    const { expiry } = this.#rules
    for (const session of this.running()) {
      if (session.attachments.size > 0 || now() - session.last_activity < expiry.idle_ms) continue
      // A command that was asked for is what the session is there for; of a shell, see what it runs.
      const isShell = this.#shells.has(session.command)
      const busy = isShell ? (isForegroundBusy(session.pid) ?? true) : true
      if (!busy || expiry.end_busy) void session.end('expired')
      else if (!session.idle) {
        session.idle = true
        this.#handlers.changed()
      }
    }
  }

  /** Ends every process and waits until all are gone and recorded. */
  async stop(as: SessionState): Promise<void> {
    this.#stopping = true
    this.#glance.dispose()
    await Promise.all(this.running().map(session => session.end(as)))
    await Promise.all([...this.#sessions.values()].map(session => session.settled()))
    for (const session of this.#sessions.values()) session.dispose()
  }

  #forgetOld(): void {
    const ended = [...this.#sessions.values()].filter(one => one.state !== 'running' && one.attachments.size === 0)
    ended.sort((a, b) => (a.ended_at ?? 0) - (b.ended_at ?? 0))
    for (const session of ended.slice(0, -ENDED_KEPT)) {
      this.#sessions.delete(session.session_id)
      void session.settled().then(() => session.dispose())
    }
  }
}

/** Who names a folder by hand, on a phone too, writes `~` for home; no shell has read it before. */
function folder(cwd: string, home: string): string {
  return cwd === '~' || /^~[/\\]/.test(cwd) ? home + cwd.slice(1) : cwd
}
