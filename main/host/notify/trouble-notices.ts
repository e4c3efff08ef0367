// Notifies people of the host's trouble: once per trouble, and not of one that is over before anyone could read of it.
import { createHash } from 'node:crypto'
import { type Audience, troubleFor } from '../health/audience.ts'
import type { Health, Trouble } from '../health/health.ts'
import { TROUBLES, type TroubleKind } from '../health/troubles.ts'
import type { Notice } from './notice.ts'

/** A thread that is started again, or a disk that was full for a moment, needs no person. */
export const TELL_AFTER_MS = 10_000

/** A trouble that comes and goes is told once in this time. */
export const TELL_AGAIN_MS = 3_600_000

/** Channels tell sessions apart by their IDs, which are UUIDs: a trouble's cannot be one. */
const PREFIX = 'trouble:'

export interface TroubleNoticesOptions {
  health: Health
  /** By the settings, and quiet hours. */
  mayTell(): boolean
  /** Sends it through each channel. `id`: what `troubleOf` takes. */
  tell(id: string): void
  /** A clock that a change of the computer's time does not move. */
  now?: () => number
  tell_after_ms?: number | undefined
}

export class TroubleNotices {
  readonly #options: TroubleNoticesOptions
  readonly #now: () => number
  readonly #timers = new Map<TroubleKind, NodeJS.Timeout>()
  /** When each kind was told last. */
  readonly #told = new Map<TroubleKind, number>()

  constructor(options: TroubleNoticesOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    for (const { kind, told } of options.health.troubles) if (!told) this.began(kind)
  }

  began(kind: TroubleKind): void {
    clearTimeout(this.#timers.get(kind))
    const timer = setTimeout(() => this.#due(kind), this.#options.tell_after_ms ?? TELL_AFTER_MS)
    timer.unref()
    this.#timers.set(kind, timer)
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #due(kind: TroubleKind): void {
    const { health, mayTell, tell } = this.#options
    this.#timers.delete(kind)
    const last = this.#told.get(kind)
    if (!health.has(kind) || (last !== undefined && this.#now() - last < TELL_AGAIN_MS) || !mayTell()) return
    this.#told.set(kind, this.#now())
    health.markTold(kind)
    tell(`${PREFIX}${kind}`)
  }
}

/** The trouble that an ID of a channel names, while it lasts. Undefined for the ID of a session. */
export function troubleOf(id: string, health: Pick<Health, 'troubles'>): Trouble | undefined {
  if (!id.startsWith(PREFIX)) return undefined
  return health.troubles.find(({ kind }) => kind === id.slice(PREFIX.length))
}

/** Whether a device learns of this trouble; undefined: the ID is a session's. */
export function maySeeTrouble(id: string, device: Audience, health: Pick<Health, 'troubles'>): boolean | undefined {
  if (!isTroubleId(id)) return undefined
  const trouble = troubleOf(id, health)
  return trouble !== undefined && troubleFor(trouble, device) !== undefined
}

export function isTroubleId(id: string): boolean {
  return id.startsWith(PREFIX)
}

/** What leaves the computer: the table's own words. */
export function noticeOfTrouble({ kind, since }: Trouble): Notice {
  const { title, happens } = TROUBLES[kind]
  return {
    id: createHash('sha256').update(`${PREFIX}${kind}\0${since}`).digest('base64url').slice(0, 22),
    kind: 'trouble',
    at: since,
    headline: `On the Go: ${title}`,
    text: happens,
  }
}
