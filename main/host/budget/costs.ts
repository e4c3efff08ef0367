// What the requests of clients cost, in milliseconds of the main loop. The table is complete by its type: a new message does not
// compile without a cost.
import type { ClientMessage } from '../../../protocol/messages.ts'

const MIB = 1024 * 1024

/** Decrypting a message of the transport, also one that contains nothing; reading and dispatching each frame in it. */
export const MESSAGE_COST = 0.03
export const FRAME_COST = 0.02

/** Bytes that a client sends: JSON is decrypted, decoded, parsed and checked; other frames are decrypted and copied. */
export const JSON_BYTE_COST = 20 / MIB
export const BYTE_COST = 4 / MIB

/** Bytes that a client types, besides: they go through a terminal, and come back through the log, a screen and the history. */
export const INPUT_BYTE_COST = 50 / MIB

/** Bytes that a client is sent on request. Live output has no cost: sessions make it, not clients. */
export const SENT_BYTE_COST = 4 / MIB

/** A message that is refused because it is unknown or wrong. */
export const REFUSED_COST = 0.25

/**
 * Besides the bytes in both directions: what the request makes the main loop do, now and later. Work that other threads do for
 * it is counted too, because all sessions share those threads. With 20 sessions, on a computer of 2020.
 */
export const COSTS: Readonly<Record<Exclude<ClientMessage['type'], 'hello'>, number>> = {
  ping: 0.05,
  presence: 0.05,
  cancel: 0.1,
  // Every session's title, folder and viewers.
  list: 2,
  // A process and a thread's terminal.
  create: 25,
  // A keyframe, compressed by a screen's thread.
  attach: 5,
  detach: 0.5,
  // Reflows the scrollback, and makes the program draw again.
  resize: 10,
  release_size: 10,
  attachment_presence: 0.2,
  screen: 3,
  kill: 5,
  // Each of these sends the session list to all that watch it.
  rename: 3,
  // Writes a line of the log and of the history.
  reset_terminal: 3,
  notify_session: 2,
  mark_seen: 2,
  // Reads the screen, several times.
  answer: 10,
  report_activity: 2,
  allow_control: 2,
  // Creates a file, and removes it or renames it.
  upload: 10,
  history: 5,
  search: 10,
  timeline: 10,
  seek: 10,
  playback: 5,
  read: 10,
  // A thread of its own.
  export: 50,
  export_ack: 0.1,
  // Writes to the database.
  mark: 10,
  unmark: 5,
  delete_session: 25,
  // A request to a push service, and a file.
  push: 25,
  show_pairing: 5,
  devices: 1,
  answer_pairing: 5,
  update_device: 5,
  revoke_device: 5,
  settings: 1,
  change_settings: 25,
  set_ntfy_token: 5,
  renew_webhook_secret: 5,
  test_notifications: 25,
  // A thread that reads all of the history.
  back_up: 50,
  check_history: 50,
  health: 1,
  dismiss_trouble: 2,
  // A request to the database.
  status: 5,
}
