// One client's requests on their way from the connection to the part that does them: at once, or when the host knows where the
// client comes from and, if one has to, a person has allowed it.
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { ClientMessage } from '../../../protocol/messages.ts'
import type { Access, ClientAccess } from '../access/local-clients.ts'
import { cancelled } from '../threads/call.ts'

export type AdmissibleMessage = Exclude<ClientMessage, { type: 'hello' }>

export interface AdmissionsOptions {
  access: ClientAccess
  /** Throws `session_ambiguous`. */
  accessOf(message: AdmissibleMessage): Access
  /** A person is asked about this request. */
  asked(request_id: number): void
  dispatch(message: AdmissibleMessage): void
  refuse(message: AdmissibleMessage, error: CodedError): void
  isClosed(): boolean
}

export class Admissions {
  readonly #options: AdmissionsOptions
  /** Requests that wait, with what cancels each. */
  readonly #waiting = new Map<number, AbortController>()

  constructor(options: AdmissionsOptions) {
    this.#options = options
  }

  /** Throws what refuses the message at once. */
  take(message: AdmissibleMessage): void {
    const { access, accessOf, asked, dispatch, refuse, isClosed } = this.#options
    const request_id = 'request_id' in message ? message.request_id : undefined
    if (request_id !== undefined && this.#waiting.has(request_id)) {
      if (message.type === 'cancel') return this.#waiting.get(request_id)!.abort()
      throw new CodedError('bad_message', 'this request id is already in use')
    }
    const cancel = new AbortController()
    const waiting = () => {
      if (request_id !== undefined) asked(request_id)
    }
    const admitted = access.admit(accessOf(message), waiting, cancel.signal)
    if (!admitted) return dispatch(message)
    if (request_id !== undefined) this.#waiting.set(request_id, cancel)
    admitted
      .finally(() => {
        if (request_id !== undefined) this.#waiting.delete(request_id)
      })
      .then(session_id => {
        if (isClosed()) return
        if (cancel.signal.aborted) throw cancelled()
        const whole = withSession(message, session_id)
        // A beginning of an ID may name another session by now, for which nothing was allowed.
        if (accessOf(whole).session_id !== session_id)
          throw new CodedError('session_ambiguous', 'the session changed meanwhile; name it by its whole ID')
        dispatch(whole)
      })
      .catch(error => refuse(message, toCoded(error)))
  }
}

/** The message with the whole ID of the session that it names. */
function withSession(message: AdmissibleMessage, session_id: string | undefined): AdmissibleMessage {
  if (session_id === undefined) return message
  if (message.type === 'search') return { ...message, filter: { ...message.filter, session_id } }
  return 'session_id' in message ? { ...message, session_id } : message
}
