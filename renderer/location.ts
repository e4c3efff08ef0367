// Where the window is: which session, the history or a recording in it, whether the phone's panel is open; kept in the
// page's fragment. Knows no session.

export interface Place {
  session?: string
  phone: boolean
  /** The history is shown in place of the session. */
  history: boolean
  /** The session whose recording is shown, in the history. */
  recording?: string
  settings?: boolean
}

export const START: Place = { phone: false, history: false }

/** What a fragment asks for, on top of where the window is: the tray names a session, the history, or the phone's panel. */
export function readPlace(hash: string, now: Place): Place {
  const wanted = new URLSearchParams(hash.replace(/^#/, ''))
  const session = wanted.get('session') ?? now.session
  const leads = wanted.has('session') || wanted.has('history')
  const history = leads ? wanted.has('history') : now.history
  const recording = history ? (leads ? wanted.get('recording') : now.recording) : undefined
  return {
    ...(session ? { session } : {}),
    phone: now.phone || wanted.has('phone'),
    ...(now.settings || wanted.has('settings') ? { settings: true } : {}),
    history,
    ...(recording ? { recording } : {}),
  }
}

/** Written back, so that a page that is loaded again comes to the same place. No history: there is no Back in a window. */
export function keepPlace({ session, phone, settings, history: past, recording }: Place): void {
  const parts = [
    session && `session=${encodeURIComponent(session)}`,
    past && 'history',
    past && recording && `recording=${encodeURIComponent(recording)}`,
    phone && 'phone',
    settings && 'settings',
  ].filter(Boolean)
  history.replaceState(null, '', parts.length > 0 ? `#${parts.join('&')}` : location.pathname)
}
