// A sample of each message that a client can send, and what it changes when it is allowed.
import type { RequestType } from '../../../main/host/access/permissions.ts'
import type { ClientMessageOf } from '../../../protocol/messages.ts'

/** What a message can be about; made anew for each of them. */
export interface Context {
  /** Runs, with an attachment of the client, and needs attention. */
  session_id: string
  handle: number
  /** A session that has ended. */
  ended: string
  /** Another device than the client's. */
  device_id: string
  /** A mark in the session's history. */
  mark_id: number
}

/** What the desktop can see of all that, by name: a message that changes nothing leaves it as it was. */
export interface Seen {
  title: string
  state: string
  size: string
  screen: string
  attached: number
  attention: string
  notify: string
  control: string
  activity: string
  marks: string
  recorded: number
  devices: string
  pushes: number
  settings: string
  uploads: string
}

export const request_id = 7
export type Sample<T extends RequestType> = {
  message(context: Context): ClientMessageOf<T>
  /** What it changes when it is allowed. Left out: nothing that the desktop can see. */
  changes?: keyof Seen
}

/** Does not compile without a sample of each message. */
export const SAMPLES: { [T in RequestType]: Sample<T> } = {
  ping: { message: () => ({ type: 'ping', request_id }) },
  list: { message: () => ({ type: 'list', request_id, watch: true }) },
  create: { message: () => ({ type: 'create', request_id, spec: { command: ['true'] } }), changes: 'recorded' },
  attach: {
    message: ({ session_id }) => ({ type: 'attach', request_id, session_id, have: null, input_stream: 'second' }),
    changes: 'attached',
  },
  detach: { message: ({ handle }) => ({ type: 'detach', handle }), changes: 'attached' },
  resize: { message: ({ handle }) => ({ type: 'resize', handle, cols: 97, rows: 31 }), changes: 'size' },
  release_size: { message: ({ handle }) => ({ type: 'release_size', handle }) },
  attachment_presence: { message: ({ handle }) => ({ type: 'attachment_presence', handle, present: false }) },
  presence: { message: () => ({ type: 'presence', present: true }) },
  screen: { message: ({ session_id }) => ({ type: 'screen', request_id, session_id }) },
  kill: { message: ({ session_id }) => ({ type: 'kill', request_id, session_id }), changes: 'state' },
  reset_terminal: {
    message: ({ session_id }) => ({ type: 'reset_terminal', request_id, session_id }),
  },
  rename: {
    message: ({ session_id }) => ({ type: 'rename', request_id, session_id, title: 'renamed' }),
    changes: 'title',
  },
  notify_session: {
    message: ({ session_id }) => ({ type: 'notify_session', request_id, session_id, choice: 'muted' }),
    changes: 'notify',
  },
  answer: { message: ({ session_id }) => ({ type: 'answer', request_id, session_id, question_id: 'q', option: 0 }) },
  mark_seen: { message: ({ session_id }) => ({ type: 'mark_seen', request_id, session_id }), changes: 'attention' },
  allow_control: {
    message: ({ session_id }) => ({ type: 'allow_control', request_id, session_id, allowed: true }),
    changes: 'control',
  },
  report_activity: {
    message: ({ session_id }) => ({ type: 'report_activity', request_id, session_id, state: 'working', text: 'x' }),
    changes: 'activity',
  },
  upload: {
    message: ({ session_id }) => ({ type: 'upload', request_id, session_id, name: 'empty', size: 0 }),
    changes: 'uploads',
  },
  cancel: { message: () => ({ type: 'cancel', request_id: 99 }) },
  history: { message: () => ({ type: 'history', request_id }) },
  search: { message: () => ({ type: 'search', request_id, query: 'ready' }) },
  timeline: { message: ({ session_id }) => ({ type: 'timeline', request_id, session_id, buckets: 4 }) },
  seek: { message: ({ session_id }) => ({ type: 'seek', request_id, session_id, target: { at: 0 } }) },
  playback: {
    message: ({ session_id }) => ({ type: 'playback', request_id, session_id, position: { offset: 0, n: 0 } }),
  },
  read: { message: ({ session_id }) => ({ type: 'read', request_id, session_id }) },
  export: { message: ({ session_id }) => ({ type: 'export', request_id, session_id, format: 'txt' }) },
  export_ack: { message: () => ({ type: 'export_ack', request_id: 99 }) },
  mark: {
    message: ({ session_id }) => ({ type: 'mark', request_id, session_id, target: { at: 0 }, label: 'second' }),
    changes: 'marks',
  },
  unmark: {
    message: ({ session_id, mark_id }) => ({ type: 'unmark', request_id, session_id, mark_id }),
    changes: 'marks',
  },
  delete_session: {
    message: ({ ended }) => ({ type: 'delete_session', request_id, session_id: ended }),
    changes: 'recorded',
  },
  push: { message: () => ({ type: 'push', request_id }) },
  show_pairing: { message: () => ({ type: 'show_pairing', request_id, show: true }) },
  devices: { message: () => ({ type: 'devices', request_id, watch: true }) },
  answer_pairing: { message: () => ({ type: 'answer_pairing', request_id, pairing_id: 'none', allow: true }) },
  update_device: {
    message: ({ device_id }) => ({ type: 'update_device', request_id, device_id, name: 'renamed' }),
    changes: 'devices',
  },
  revoke_device: { message: ({ device_id }) => ({ type: 'revoke_device', request_id, device_id }), changes: 'devices' },
  settings: { message: () => ({ type: 'settings', request_id, watch: true }) },
  change_settings: {
    message: () => ({ type: 'change_settings', request_id, change: { device_days: 5 } }),
    changes: 'settings',
  },
  set_ntfy_token: { message: () => ({ type: 'set_ntfy_token', request_id, token: 'secret' }) },
  renew_webhook_secret: { message: () => ({ type: 'renew_webhook_secret', request_id }), changes: 'settings' },
  back_up: { message: () => ({ type: 'back_up', request_id, file: 'relative' }) },
  check_history: { message: () => ({ type: 'check_history', request_id }) },
  test_notifications: { message: () => ({ type: 'test_notifications', request_id, channel: 'ntfy' }) },
  health: { message: () => ({ type: 'health', request_id, watch: true }) },
  dismiss_trouble: { message: () => ({ type: 'dismiss_trouble', request_id, kind: 'history_lost' }) },
  status: { message: () => ({ type: 'status', request_id }) },
}
