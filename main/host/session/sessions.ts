// All sessions of a host: running, recently ended, and recorded ones as clients open them.
import { randomUUID } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import type { AttentionKind, SessionInfo, SessionSpec, SessionState } from '../../../protocol/messages.ts'
import type { ScreenRules } from '../agents/screen-rules.ts'
import { AwakeClock } from '../clock/awake-clock.ts'
import type { Clocks } from '../clock/clocks.ts'
import { freeDescriptors, RESERVED_DESCRIPTORS } from '../health/descriptor-watch.ts'
import type { History } from '../history/write/history.ts'
import type { Logger } from '../log/logger.ts'
import { isForegroundBusy } from '../processes/process-group.ts'
import type { SessionProcesses } from '../processes/session-processes.ts'
import type { ScreenPool } from '../screen/screen-pool.ts'
import type { AttachableSession } from './attachable.ts'
import { callerEnvironment, hostEnvironment, sessionEnvironment } from './environment.ts'
import { lookForProgram } from './launch-look.ts'
import type { LoginEnvironment } from './login-environment.ts'
import { DistinctNames } from './naming/title.ts'
import { Previews } from './previews.ts'
import { RecordedSession } from './recorded-session.ts'
import { Session } from './session.ts'
import type { SessionTiming } from './session-options.ts'
import { checkSize } from './sizes.ts'

export interface SessionsOptions extends SessionRules {
  history: History
  screens: ScreenPool
  rules: ScreenRules
  home: string
  /** The host's own environment. */
  env: NodeJS.ProcessEnv
  /** What sessions without a caller get; undefined: the host's environment. */
  login: () => LoginEnvironment | undefined
  /** The host's data folder. */
  dataDir: string
  /** This run of the host, as text. */
  run: string
  processes: SessionProcesses
  clocks: Clocks
  /** A date for what is deleted for its age: see DeletionClock. */
  date: () => number
  log: Logger
  timing?: SessionsTiming | undefined
}

export interface SessionsTiming extends SessionTiming {
  /** REFRESH_MS in previews.ts */
  preview_ms?: number
}

/** Rules that may change while sessions run. */
export interface SessionRules {
  /** argv of the shell for new sessions that name no command. */
  shell: string[]
  single_client: boolean
  expiry: Expiry
}

export interface Expiry {
  /** A session without clients and without output for this long is ended. */
  idle_ms: number
  /** Also end sessions that run a command in the foreground, instead of marking them idle. */
  end_busy: boolean
  /** How often `expire` is called. */
  check_ms: number
}

/** A session that can be started: what it needs was found. */
export interface Launch {
  spec: SessionSpec
  command: string[]
  cwd: string
  /** Of the command's program. */
  file: string
  /** Without what describes our terminal. */
  env: Readonly<Record<string, string>>
}

export interface SessionsHandlers {
  changed(): void
  /** A program set another title, which some do many times a second. */
  retitled(): void
  /** A session asks for attention; `text`: its notification, or '' for a bell. */
  attention(session: Session, text: string): void
  /** A session asked for attention unseen. Not called again until a person has seen it. False: no one is to be notified. */
  needsAttention(session: Session, kind: AttentionKind): boolean
  /** Whether any client watches the session list. */
  isWatched(): boolean
  /** A session's process has ended. */
  ended?(session_id: string): void
}

/** Each session costs a process, a PTY and a few megabytes; the system's own limit on PTYs is larger. */
export const MAX_SESSIONS = 256

/** Ended sessions that stay in memory: a user returns to the latest ones first. */
const MAX_ENDED = 16

/**
 * Until then the last screen of a session that ended is waited for. Output that takes a screen long to parse may have minutes of
 * work before it, for which the session would keep 8 MiB and other screens' time; without it, the history begins at an earlier one.
 */
const SETTLE_MS = 5_000

/** Replacements that are remembered: a retry comes within seconds. */
const MAX_REPLACEMENTS = 64

const DEFAULT_SIZE = { cols: 80, rows: 24 }

export class Sessions {
  readonly #options: Omit<SessionsOptions, keyof SessionRules>
  #rules: SessionRules
  /** Every argv that has been the shell's. */
  readonly #shells = new WeakSet<string[]>()
  readonly #handlers: SessionsHandlers
  readonly #sessions = new Map<string, Session>()
  readonly #recorded = new Map<string, RecordedSession>()
  readonly #replacements = new Map<string, string>()
  readonly #previews: Previews
  readonly #names = new DistinctNames()
  readonly #awake: AwakeClock
  #stopping = false

  constructor(options: SessionsOptions, handlers: SessionsHandlers) {
    this.#options = options
    this.#rules = options
    this.#shells.add(options.shell)
    this.#awake = new AwakeClock(options.clocks)
    this.#handlers = handlers
    this.#previews = new Previews(() => this.#sessions.values(), handlers, options.timing?.preview_ms)
  }

  /** Also applies to running sessions. */
  applyRules(rules: SessionRules): void {
    this.#rules = rules
    this.#shells.add(rules.shell)
    for (const session of this.running()) {
      if (!session.idle || session.times.silent >= rules.expiry.idle_ms) continue
      session.idle = false
      this.#handlers.changed()
    }
    this.expire()
  }

  /**
   * Finds what `spec` names, and the environment, without starting it. Throws what `lookForProgram` and `#checkRoom` throw,
   * `size_invalid`.
   */
  async look(spec: SessionSpec): Promise<Launch> {
    this.#checkRoom()
    checkSize(spec.size ?? DEFAULT_SIZE)
    const { home } = this.#options
    const command = spec.command ?? this.#rules.shell
    const cwd = expandHome(spec.cwd ?? home, home)
    const env = await this.#environment(spec, cwd)
    const file = await lookForProgram(command[0]!, cwd, env.PATH ?? '')
    return { spec, command, cwd, file, env: spec.command ? env : { ...env, SHELL: file } }
  }

  /** Starts a session. Throws what Session throws, `too_many_sessions`, `too_many_files`, `host_stopping`. */
  create({ spec, command, cwd, file, env }: Launch): Session {
    this.#checkRoom()
    const size = spec.size ?? DEFAULT_SIZE
    const { history, screens, rules, clocks, date, home, dataDir, run, processes, timing } = this.#options
    const session_id = randomUUID()
    const session = new Session(
      {
        session_id,
        command,
        file,
        cwd,
        env: sessionEnvironment(env, { session_id, dataDir, run }),
        title: spec.title,
        home,
        distinct: place => this.#names.distinct(session_id, place),
        size: { cols: size.cols, rows: size.rows },
        screens,
        rules,
        history,
        processes,
        single_client: () => this.#rules.single_client,
        clocks,
        awake: () => this.#awake.now(),
        date,
        timing,
      },
      {
        changed: () => this.#handlers.changed(),
        retitled: () => this.#handlers.retitled(),
        attention: text => this.#handlers.attention(session, text),
        needsAttention: kind => this.#handlers.needsAttention(session, kind),
        ended: () => {
          const { state, exit_code, signal } = session
          this.#options.log.info({ session: session_id, state, exit_code, signal }, 'session ended')
          this.#handlers.ended?.(session_id)
          this.#names.forget(session_id)
          this.#forgetOld()
        },
      },
    )
    this.#sessions.set(session_id, session)
    this.#handlers.changed()
    return session
  }

  /** Throws `too_many_sessions`, `too_many_files`, `host_stopping`. */
  #checkRoom(): void {
    if (this.#stopping) throw new CodedError('host_stopping', 'the host is stopping')
    if (this.running().length >= MAX_SESSIONS)
      throw new CodedError('too_many_sessions', `${MAX_SESSIONS} sessions are running; end one first`)
    const free = freeDescriptors()
    if (free !== undefined && free <= RESERVED_DESCRIPTORS)
      throw new CodedError(
        'too_many_files',
        'the host has no file descriptors left for another session; end one, or start the host with a higher `ulimit -n`',
      )
  }

  /**
   * A new session in the place of one that is gone. `key` names the client and the session that it requested: a client
   * that repeats the request because the reply was lost gets the session that was created then, if it still may have it.
   */
  replace(key: string, launch: Launch, mayHave: (session_id: string) => boolean): { session: Session; isNew: boolean } {
    const previous = this.#sessions.get(this.#replacements.get(key) ?? '')
    if (previous?.state === 'running' && mayHave(previous.session_id)) return { session: previous, isNew: false }
    const session = this.create(launch)
    this.#replacements.set(key, session.session_id)
    if (this.#replacements.size > MAX_REPLACEMENTS) this.#replacements.delete(this.#replacements.keys().next().value!)
    return { session, isNew: true }
  }

  running(): Session[] {
    return [...this.#sessions.values()].filter(session => session.state === 'running')
  }

  /** Drops what this device typed and no program has read: it may no longer type. */
  dropInput(device_id: string): void {
    for (const session of this.running())
      session
        .dropInput(device_id)
        .catch(error =>
          this.#options.log.error({ err: error, session: session.session_id }, 'input could not be taken back'),
        )
  }

  get largestScreenLag(): number {
    return Math.max(0, ...[...this.#sessions.values()].map(session => session.largestLag))
  }

  /** Call before sending the list: resolves when the previews are up to date. Undefined: they are. */
  refreshPreviews(): Promise<void> | undefined {
    return this.#previews.refresh()
  }

  /** The running and the recently ended sessions, oldest first. */
  list(): SessionInfo[] {
    return [...this.#sessions.values()].map(session => session.info())
  }

  /**
   * Forgets an ended session and ends its attachments. Takes the full id. Throws `session_running`.
   */
  forget(session_id: string): void {
    const session = this.#sessions.get(session_id)
    if (session?.state === 'running')
      throw new CodedError('session_running', 'this session is running; end it before you delete it')
    const recorded = this.#recorded.get(session_id)
    this.#sessions.delete(session_id)
    this.#recorded.delete(session_id)
    const gone = new CodedError('session_unknown', 'this session was deleted')
    for (const client of [...(session?.attachments ?? []), ...(recorded?.attachments ?? [])]) client.fail(gone)
    // At once: nothing of it is stored any more, and its screen may have megabytes of slow output before it.
    session?.dispose()
    if (session) this.#handlers.changed()
  }

  /** The session with this id or unique prefix of an id, if it is in memory. Throws `session_ambiguous`. */
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

  /** The session with this id or unique prefix, from memory or history. Throws `session_unknown`, `session_ambiguous`. */
  async open(id: string): Promise<AttachableSession> {
    const inMemory = this.find(id)
    if (inMemory) return inMemory
    const stored = await this.#options.history.session(id)
    const { session_id } = stored.session
    const known = this.#sessions.get(session_id) ?? this.#recorded.get(session_id)
    if (known) return known
    const recorded = new RecordedSession(stored, this.#options.history, this.#options.screens)
    // Kept while a client is attached; those without are removed here.
    for (const [key, one] of this.#recorded) if (one.attachments.size === 0) this.#recorded.delete(key)
    this.#recorded.set(session_id, recorded)
    return recorded
  }

  /** The history has written more of what was appended to it. */
  historyCaughtUp(): void {
    for (const session of this.#sessions.values()) session.historyCaughtUp()
  }

  /** The history was opened again. `isNew`: it may lack all sessions, also those that ended. */
  recordAgain(isNew: boolean): void {
    for (const session of isNew ? this.#sessions.values() : this.running()) session.recordAgain()
  }

  /** Ends sessions that were silent and without clients for too long. Call it every `check_ms`. */
  expire(): void {
    const { expiry } = this.#rules
    this.#awake.now()
    for (const session of this.running()) {
      if (session.attachments.size > 0 || session.times.silent < expiry.idle_ms) continue
      // A session that was created for a command is busy until it ends; a shell is busy while it runs a command.
      const isShell = this.#shells.has(session.command)
      const busy = isShell ? (isForegroundBusy(session.pid) ?? true) : true
      if (!busy || expiry.end_busy) {
        this.#options.log.info({ session: session.session_id }, 'session is ended because it was idle')
        void session.end('expired')
      } else if (!session.idle) {
        session.idle = true
        this.#handlers.changed()
      }
    }
  }

  /** Ends every process, and waits until all are gone and recorded. */
  async stop(state: SessionState): Promise<void> {
    this.#stopping = true
    this.#previews.dispose()
    await Promise.all(this.running().map(session => session.end(state)))
    await Promise.all([...this.#sessions.values()].map(settled))
    for (const session of this.#sessions.values()) session.dispose()
  }

  async #environment(spec: SessionSpec, cwd: string): Promise<Readonly<Record<string, string>>> {
    if (spec.env) return callerEnvironment(spec.env, cwd)
    const login = this.#options.login()
    if (!login) return hostEnvironment(this.#options.env)
    // A login shell reads the startup files itself; twice, they would add everything to PATH twice.
    if (this.#startsLoginShell(spec)) return login.before
    await login.ready()
    return login.current
  }

  #startsLoginShell({ command }: SessionSpec): boolean {
    const [program, ...options] = this.#rules.shell
    const isLogin = options.some(option => /^(-[a-z]*l[a-z]*|--login)$/.test(option))
    // A name is looked for on the PATH that the startup files make.
    return command === undefined && isLogin && isAbsolute(program!)
  }

  #forgetOld(): void {
    const ended = [...this.#sessions.values()].filter(one => one.state !== 'running' && one.attachments.size === 0)
    ended.sort((a, b) => (a.ended_at ?? 0) - (b.ended_at ?? 0))
    for (const session of ended.slice(0, -MAX_ENDED)) {
      this.#sessions.delete(session.session_id)
      void settled(session).then(() => session.dispose())
    }
  }
}

function settled(session: Session): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, SETTLE_MS)
    void session.settled().then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** What a person is told of a session, running or recorded, by this id. */
export async function lookAtSession(id: string, sessions: Sessions, history: History) {
  const running = sessions.find(id)?.info()
  const found = running ?? (await history.session(id).catch(() => undefined))?.session
  if (!found) return undefined
  const { session_id, title } = found
  // Two sessions may have one title.
  const isOnly = sessions.list().every(one => one.session_id === session_id || one.title !== title)
  return { session_id, title, has_twin: !isOnly, question: running?.activity?.question }
}

/** A folder that a user typed may begin with `~` for home, and no shell has expanded it. */
function expandHome(cwd: string, home: string): string {
  return cwd === '~' || /^~[/\\]/.test(cwd) ? home + cwd.slice(1) : cwd
}
