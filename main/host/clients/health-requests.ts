// What a client learns of the host's trouble. Clients on this computer, and devices that may type and see every session, learn
// all of it. Other devices learn what is about what they view: no paths, no messages of the system, no session out of scope.
import { assertNever, CodedError } from '../../../protocol/errors.ts'
import type { ClientMessageOf, HostMessageOf } from '../../../protocol/messages.ts'
import type { Requester } from '../access/permissions.ts'
import type { SessionScope } from '../access/session-scope.ts'
import type { Health, Trouble } from '../health/health.ts'
import { isTroubleKind, TROUBLES } from '../health/troubles.ts'
import type { Outlet } from './outlet.ts'

export type HealthMessage = ClientMessageOf<'health' | 'dismiss_trouble' | 'status'>

/** How the host is, besides its trouble. */
export type HostStatus = Omit<HostMessageOf<'status'>, 'type' | 'request_id'>

export interface HealthRequestsOptions {
  health: Health
  /** Rejects with nothing. */
  status(): Promise<HostStatus>
}

type WireTrouble = HostMessageOf<'health'>['troubles'][number]

export class HealthRequests {
  readonly #options: HealthRequestsOptions
  readonly #outlet: Outlet
  #requester: Requester = 'read_only_device'
  #scope: SessionScope | undefined
  #isWatching = false

  constructor(options: HealthRequestsOptions, outlet: Outlet) {
    this.#options = options
    this.#outlet = outlet
  }

  /** Before the first request. */
  admitted(requester: Requester, scope: SessionScope): void {
    this.#requester = requester
    this.#scope = scope
  }

  /** Throws what the request throws. */
  take(message: HealthMessage): void {
    const { request_id } = message
    switch (message.type) {
      case 'health':
        this.#isWatching ||= message.watch === true
        return this.#outlet.message({ type: 'health', request_id, troubles: this.#troubles() })
      case 'dismiss_trouble':
        if (this.#scope?.only) throw new CodedError('forbidden', 'a device that is limited to sessions may not do that')
        if (isTroubleKind(message.kind)) this.#options.health.dismiss(message.kind)
        return this.#outlet.message({ type: 'ok', request_id })
      case 'status':
        return this.#outlet.replyLater(request_id, async () => ({
          type: 'status',
          request_id,
          ...(await this.#options.status()),
        }))
      default:
        assertNever(message)
    }
  }

  changed(): void {
    if (this.#isWatching) this.#outlet.tryMessage({ type: 'health', troubles: this.#troubles() })
  }

  #troubles(): WireTrouble[] {
    const only = this.#scope?.only
    const isOwner = this.#requester !== 'read_only_device' && !only
    return this.#options.health.troubles.flatMap(trouble => {
      const shown = isOwner ? trouble : partOf(trouble, only)
      return shown ? [toWire(shown, isOwner)] : []
    })
  }
}

/** What a device learns that may only look, or is limited to the sessions `only`; undefined: nothing. */
function partOf({ kind, since, sessions, bytes }: Trouble, only: readonly string[] | undefined): Trouble | undefined {
  if (TROUBLES[kind].concerns !== 'everyone') return undefined
  const visible = only ? sessions.filter(id => only.includes(id)) : sessions
  if (sessions.length > 0 && visible.length === 0) return undefined
  return { kind, since, sessions: visible, ...(bytes !== undefined && { bytes }) }
}

function toWire(trouble: Trouble, mayDismiss: boolean): WireTrouble {
  const { severity, title, happens, todo, ends } = TROUBLES[trouble.kind]
  const { sessions, ...rest } = trouble
  return {
    ...rest,
    sessions: [...sessions],
    severity,
    title,
    happens,
    todo,
    past: ends === 'person',
    dismissible: mayDismiss && ends === 'person',
  }
}
