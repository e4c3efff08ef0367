// The host's one visible state of trouble: what is wrong now, since when, and what it costs. Parts of the host report here; clients,
// notifications and the log learn it from here.
import type { Logger } from '../log/logger.ts'
import { TROUBLES, type TroubleKind } from './troubles.ts'

/** What is known about a trouble besides its text. A later report of the same kind replaces what it names and keeps the rest. */
export interface TroubleDetails {
  /** The session that it is about. Reports that name other sessions add to it. */
  session_id?: string
  /** Bytes of output that are lost so far: the total, not what was added. */
  bytes?: number
  /** The file or folder that it is about. */
  path?: string
  /** What the system said. */
  message?: string
}

/** What parts of the host report to. */
export interface HealthReports {
  /** This trouble exists. Any number of times: it begins with the first one. */
  begin(kind: TroubleKind, details?: TroubleDetails): void
  /** It is over; with `session_id` only for this session. Without effect unless it exists. */
  end(kind: TroubleKind, session_id?: string): void
}

export interface Trouble {
  kind: TroubleKind
  /** Unix milliseconds. */
  since: number
  /** Those that it is about; none: it is about the host. */
  sessions: readonly string[]
  bytes?: number
  path?: string
  message?: string
  /** People were notified of it. */
  told?: boolean
}

/** Sessions that one trouble names: as many as can run. The bound also holds when each of many short ones fails. */
export const MAX_SESSIONS = 256

/** Characters of a path or message: a screen shows a few lines. */
export const DETAIL_CHARACTERS = 500

export interface HealthOptions {
  log: Logger
  now?(): number
  /** Troubles that an earlier host left to be read. */
  stored?: readonly Trouble[]
  /** Keeps those that stay until a person has read of them. May throw: then a restart forgets them. */
  store?(troubles: readonly Trouble[]): void
  /** Something in `troubles` changed. */
  changed(): void
  /** A trouble began that did not exist. */
  began?(kind: TroubleKind): void
}

interface Entry extends Omit<Trouble, 'sessions'> {
  sessions: Set<string>
}

export class Health implements HealthReports {
  readonly #options: HealthOptions
  readonly #entries = new Map<TroubleKind, Entry>()

  constructor(options: HealthOptions) {
    this.#options = options
    for (const stored of options.stored ?? [])
      this.#entries.set(stored.kind, { ...stored, sessions: new Set(stored.sessions) })
  }

  /** The oldest first. */
  get troubles(): Trouble[] {
    return [...this.#entries.values()].map(entry => ({ ...entry, sessions: [...entry.sessions] }))
  }

  has(kind: TroubleKind): boolean {
    return this.#entries.has(kind)
  }

  begin(kind: TroubleKind, details: TroubleDetails = {}): void {
    const known = this.#entries.get(kind)
    const entry: Entry = known ?? { kind, since: this.#now(), sessions: new Set() }
    this.#entries.set(kind, entry)
    const isChanged = update(entry, details)
    if (!known) {
      this.#options.log.error({ trouble: kind, ...details }, TROUBLES[kind].title)
      this.#options.began?.(kind)
    }
    if (!known || isChanged) this.#changed(kind)
  }

  /** People are notified of it. */
  markTold(kind: TroubleKind): void {
    const entry = this.#entries.get(kind)
    if (!entry || entry.told) return
    entry.told = true
    this.#changed(kind)
  }

  /** A person has read of it. Without effect on a trouble that ends with its cause. */
  dismiss(kind: TroubleKind): void {
    if (TROUBLES[kind].ends === 'person') this.end(kind)
  }

  /** A session ended: what was wrong with it is over, unless it is to be read. */
  sessionEnded(session_id: string): void {
    for (const { kind, sessions } of [...this.#entries.values()])
      if (TROUBLES[kind].ends === 'host' && sessions.has(session_id)) this.end(kind, session_id)
  }

  end(kind: TroubleKind, session_id?: string): void {
    const entry = this.#entries.get(kind)
    if (!entry) return
    if (session_id !== undefined) {
      if (!entry.sessions.delete(session_id)) return
      if (entry.sessions.size > 0) return this.#changed(kind)
    }
    this.#entries.delete(kind)
    const seconds = Math.max(0, Math.round((this.#now() - entry.since) / 1000))
    this.#options.log.info({ trouble: kind, seconds }, `over: ${TROUBLES[kind].title}`)
    this.#changed(kind)
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #changed(kind: TroubleKind): void {
    if (TROUBLES[kind].ends === 'person')
      try {
        this.#options.store?.(this.troubles)
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the list of troubles could not be stored')
      }
    this.#options.changed()
  }
}

/** True: something changed. */
function update(entry: Entry, { session_id, bytes, path, message }: TroubleDetails): boolean {
  const before = entry.sessions.size
  if (session_id !== undefined && before < MAX_SESSIONS) entry.sessions.add(session_id)
  let isChanged = entry.sessions.size > before
  const known: Record<string, unknown> = { ...entry }
  const news = { bytes, path: path?.slice(0, DETAIL_CHARACTERS), message: message?.slice(0, DETAIL_CHARACTERS) }
  for (const [name, value] of Object.entries(news)) {
    if (value === undefined || known[name] === value) continue
    Object.assign(entry, { [name]: value })
    isChanged = true
  }
  return isChanged
}
