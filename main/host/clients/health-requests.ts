// What a client learns of the host's trouble (health/audience.ts says who learns what), and how the host is.
import { assertNever, CodedError } from '../../../protocol/errors.ts'
import type { ClientMessageOf, HostMessageOf } from '../../../protocol/messages.ts'
import type { Requester } from '../access/permissions.ts'
import type { SessionScope } from '../access/session-scope.ts'
import { type Audience, isOwner, troubleFor } from '../health/audience.ts'
import type { Health, Trouble } from '../health/health.ts'
import { isTroubleKind, TROUBLES } from '../health/troubles.ts'
import type { Outlet } from './outlet.ts'

export type HealthMessage = ClientMessageOf<'health' | 'dismiss_trouble' | 'status'>

/** How the host is, besides its trouble. */
export type HostStatus = Omit<HostMessageOf<'status'>, 'type' | 'request_id'>

export interface HealthRequestsOptions {
  health: Health
  /** Rejects with nothing. */
  status(renewEnvironment: boolean): Promise<HostStatus>
}

type WireTrouble = HostMessageOf<'health'>['troubles'][number]

export class HealthRequests {
  readonly #options: HealthRequestsOptions
  readonly #outlet: Outlet
  #isReadOnly = true
  #scope: SessionScope | undefined
  #isWatching = false

  constructor(options: HealthRequestsOptions, outlet: Outlet) {
    this.#options = options
    this.#outlet = outlet
  }

  /** Before the first request. */
  admitted(requester: Requester, scope: SessionScope): void {
    this.#isReadOnly = requester === 'read_only_device'
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
        if (!isOwner(this.#audience))
          throw new CodedError('forbidden', 'a device that is limited to sessions may not do that')
        if (isTroubleKind(message.kind)) this.#options.health.dismiss(message.kind)
        return this.#outlet.message({ type: 'ok', request_id })
      case 'status':
        return this.#outlet.replyLater(request_id, async () => ({
          type: 'status',
          request_id,
          ...(await this.#options.status(message.renew_environment === true)),
        }))
      default:
        assertNever(message)
    }
  }

  changed(): void {
    if (this.#isWatching) this.#outlet.tryMessage({ type: 'health', troubles: this.#troubles() })
  }

  /** Looked up each time: what a device may do changes while it is connected. */
  get #audience(): Audience {
    return { read_only: this.#isReadOnly, sessions: this.#scope?.only }
  }

  #troubles(): WireTrouble[] {
    const audience = this.#audience
    return this.#options.health.troubles.flatMap(trouble => {
      const shown = troubleFor(trouble, audience)
      return shown ? [toWire(shown, isOwner(audience))] : []
    })
  }
}

function toWire(trouble: Trouble, mayDismiss: boolean): WireTrouble {
  const { severity, title, happens, todo, ends } = TROUBLES[trouble.kind]
  const { sessions, told = false, ...rest } = trouble
  return {
    ...rest,
    sessions: [...sessions],
    severity,
    title,
    happens,
    todo,
    told,
    past: ends === 'person',
    dismissible: mayDismiss && ends === 'person',
  }
}
