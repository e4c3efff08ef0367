// Which client may send which message: one table, complete by its type. What it does not allow is refused. Input and chunk
// frames need no row: they belong to an attachment that is not read-only, or to an upload that was accepted.
import { CodedError } from '../../../protocol/errors.ts'
import type { ClientMessage } from '../../../protocol/messages.ts'

/** How a client came in: over a socket of this computer's user, or as a paired device. */
export type Role = 'local' | 'device'

/** What a client is to the permission table. */
export type Requester = 'local' | 'device' | 'read_only_device'

type Allowed = readonly Requester[]

const EVERYONE: Allowed = ['local', 'device', 'read_only_device']
/** Messages that change something for others. */
const WRITERS: Allowed = ['local', 'device']
const LOCAL: Allowed = ['local']
const DEVICES: Allowed = ['device', 'read_only_device']

/** Every message after the hello, which is what makes a peer a requester. */
export type RequestType = Exclude<ClientMessage['type'], 'hello'>

export const PERMISSIONS: Readonly<Record<RequestType, Allowed>> = {
  ping: EVERYONE,
  list: EVERYONE,
  create: WRITERS,
  // A read-only device's attachments are read-only: they take no input and claim no size.
  attach: EVERYONE,
  detach: EVERYONE,
  resize: WRITERS,
  release_size: WRITERS,
  attachment_presence: EVERYONE,
  presence: EVERYONE,
  screen: EVERYONE,
  kill: WRITERS,
  reset_terminal: WRITERS,
  rename: WRITERS,
  notify_session: WRITERS,
  answer: WRITERS,
  mark_seen: WRITERS,
  allow_control: WRITERS,
  // Hooks run on this computer.
  report_activity: LOCAL,
  upload: WRITERS,
  // Ends the client's own requests only.
  cancel: EVERYONE,
  history: EVERYONE,
  search: EVERYONE,
  timeline: EVERYONE,
  seek: EVERYONE,
  playback: EVERYONE,
  read: EVERYONE,
  export: EVERYONE,
  export_ack: EVERYONE,
  mark: WRITERS,
  unmark: WRITERS,
  delete_session: WRITERS,
  // Read-only devices too: a notification says nothing that they may not see.
  push: DEVICES,
  show_pairing: LOCAL,
  devices: LOCAL,
  answer_pairing: LOCAL,
  update_device: LOCAL,
  revoke_device: LOCAL,
  settings: LOCAL,
  change_settings: LOCAL,
  set_ntfy_token: LOCAL,
  renew_webhook_secret: LOCAL,
  test_notifications: LOCAL,
  // A backup holds all keys.
  back_up: LOCAL,
  check_history: LOCAL,
  // Each client receives what concerns it (clients/health-requests.ts).
  health: EVERYONE,
  dismiss_trouble: WRITERS,
  status: LOCAL,
}

/**
 * What a program in a session may do with a message, as a client of the local socket. `free`: send it. `own`: name its own session,
 * or one that it started. `grant`: only with a person's grant, which also covers other sessions for `own`. `self`: name its own session,
 * whatever is granted. `person`: nothing; it could let itself in as a phone, allow itself more, or hide that it waits.
 */
export type ProgramRule = 'free' | 'own' | 'grant' | 'self' | 'person'

export const PROGRAMS: Readonly<Record<RequestType, ProgramRule>> = {
  ping: 'free',
  list: 'free',
  // What it starts is its own to drive, and may do no more than it may.
  create: 'free',
  attach: 'own',
  // These belong to an attachment, a request or an export that was allowed.
  detach: 'free',
  resize: 'free',
  release_size: 'free',
  cancel: 'free',
  export_ack: 'free',
  // A program is no person at a screen: nothing counts as seen because of it.
  attachment_presence: 'person',
  presence: 'person',
  screen: 'own',
  kill: 'own',
  reset_terminal: 'own',
  rename: 'own',
  notify_session: 'person',
  answer: 'own',
  mark_seen: 'person',
  allow_control: 'person',
  report_activity: 'self',
  upload: 'own',
  history: 'free',
  // Of one session; without naming one it searches all.
  search: 'own',
  timeline: 'own',
  seek: 'own',
  playback: 'own',
  read: 'own',
  export: 'own',
  mark: 'own',
  unmark: 'own',
  // Its own, too: it would hide what it did.
  delete_session: 'grant',
  push: 'person',
  show_pairing: 'person',
  devices: 'grant',
  answer_pairing: 'person',
  update_device: 'person',
  revoke_device: 'person',
  settings: 'grant',
  change_settings: 'person',
  set_ntfy_token: 'person',
  renew_webhook_secret: 'person',
  test_notifications: 'person',
  back_up: 'person',
  check_history: 'person',
  health: 'free',
  // It could hide what it broke.
  dismiss_trouble: 'person',
  status: 'free',
}

/**
 * What gives access, or brings the keys of the computer: a command at the prompt of a session needs a person elsewhere for it, because
 * what a shell runs by itself looks like a typed command. Taking access away needs none.
 */
export function givesAccess(type: RequestType, message: ClientMessage | undefined): boolean {
  switch (type) {
    case 'update_device':
    case 'change_settings':
    case 'set_ntfy_token':
    case 'renew_webhook_secret':
    case 'back_up':
      return true
    case 'show_pairing':
      return message?.type !== type || message.show
    case 'answer_pairing':
      return message?.type !== type || message.allow
    case 'allow_control':
      return message?.type !== type || message.allowed
    default:
      return false
  }
}

/** Throws `device_read_only` or `forbidden` unless this requester may send a message of this type. */
export function checkPermission(type: RequestType, requester: Requester): void {
  const allowed = PERMISSIONS[type]
  if (allowed.includes(requester)) return
  if (requester === 'read_only_device' && allowed.includes('device'))
    throw new CodedError('device_read_only', 'this device is read-only')
  throw new CodedError(
    'forbidden',
    allowed.includes('local') ? 'only the desktop may do that' : 'only a phone may do that',
  )
}
