// Which sessions a client may know of. A device can be limited to sessions that a person chose, and to those that it starts itself;
// for such a device there are no others. Everything that names or lists sessions is asked here.
import { CodedError } from '../../../protocol/errors.ts'
import type { ClientMessage, ClientMessageOf } from '../../../protocol/messages.ts'
import type { RequestType } from './permissions.ts'

/**
 * How a message is about sessions. `session`: it names one. `listed`: its reply, and the events that it starts, contain those in
 * scope only. `own`: it names something that the client has, which was in scope when it got it. `none`: about none.
 */
type Subject<T extends RequestType> =
  ClientMessageOf<T> extends { session_id: string } ? 'session' : 'listed' | 'own' | 'none'

/** Complete by its type: a message that names a session has to say so. */
export const SUBJECTS: { readonly [T in RequestType]: Subject<T> } = {
  ping: 'none',
  presence: 'none',
  cancel: 'own',
  list: 'listed',
  create: 'own',
  attach: 'session',
  detach: 'own',
  resize: 'own',
  release_size: 'own',
  attachment_presence: 'own',
  screen: 'session',
  kill: 'session',
  rename: 'session',
  reset_terminal: 'session',
  notify_session: 'session',
  answer: 'session',
  mark_seen: 'session',
  allow_control: 'session',
  report_activity: 'session',
  upload: 'session',
  history: 'listed',
  search: 'listed',
  timeline: 'session',
  seek: 'session',
  playback: 'session',
  read: 'session',
  export: 'session',
  export_ack: 'own',
  mark: 'session',
  unmark: 'session',
  delete_session: 'session',
  // The host sends notifications of sessions in scope only (push/push.ts).
  push: 'listed',
  show_pairing: 'none',
  devices: 'none',
  answer_pairing: 'none',
  update_device: 'none',
  revoke_device: 'none',
  settings: 'none',
  change_settings: 'none',
  set_ntfy_token: 'none',
  renew_webhook_secret: 'none',
  test_notifications: 'none',
  back_up: 'none',
  check_history: 'none',
  health: 'listed',
  // Refused to a client with a scope: the trouble is the host's.
  dismiss_trouble: 'none',
  status: 'none',
}

/** A device as far as its scope goes. `sessions`: those that it is limited to; left out: none. */
export interface Scoped {
  sessions?: readonly string[] | undefined
}

export function isInScope({ sessions }: Scoped, session_id: string): boolean {
  return sessions === undefined || sessions.includes(session_id)
}

export interface SessionScopeOptions {
  /** The device as it is now; undefined: it is gone. */
  device(): Scoped | undefined
  /** The device started a session. */
  started(session_id: string): void
}

export class SessionScope {
  readonly #options: SessionScopeOptions

  constructor(options: SessionScopeOptions) {
    this.#options = options
  }

  /** The sessions that the client is limited to; undefined: it may know of all. */
  get only(): readonly string[] | undefined {
    const device = this.#options.device()
    return device ? device.sessions : []
  }

  includes(session_id: string): boolean {
    return isInScope({ sessions: this.only }, session_id)
  }

  /**
   * The message with the whole id of the session that it names; a beginning of an id counts among those in scope. Throws
   * `session_unknown`, as for a session that does not exist, and `session_ambiguous`.
   */
  apply<M extends ClientMessage>(message: M): M {
    if (!('session_id' in message)) return message
    const { only } = this
    if (!only) return message
    const { session_id } = message
    const found = only.includes(session_id) ? [session_id] : only.filter(id => id.startsWith(session_id))
    if (found.length > 1)
      throw new CodedError('session_ambiguous', `more than one session id begins with ${session_id}`)
    if (found.length === 0) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return { ...message, session_id: found[0]! }
  }

  started(session_id: string): void {
    this.#options.started(session_id)
  }
}

/** For clients on this computer. */
export const EVERY_SESSION = new SessionScope({ device: () => ({}), started: () => {} })
