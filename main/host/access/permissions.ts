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
  rename: WRITERS,
  notify_session: WRITERS,
  answer: WRITERS,
  mark_seen: WRITERS,
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
}

/**
 * Of what a local client may do, what a program in a session may not: it could let itself in as a phone, or allow itself to
 * answer (access/local-clients.ts).
 */
export const PERSONS_ONLY: readonly RequestType[] = [
  'show_pairing',
  'answer_pairing',
  'update_device',
  'revoke_device',
  'change_settings',
  'set_ntfy_token',
  'renew_webhook_secret',
  // A program could hide that it waits.
  'notify_session',
  'mark_seen',
]

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
