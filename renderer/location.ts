// What the window shows: a session, the history or a recording, the phone panel, the settings. Stored in the URL fragment.

export interface WindowLocation {
  session?: string
  phone: boolean
  /** The history is shown instead of the session. */
  history: boolean
  /** The session whose recording is shown in the history. */
  recording?: string
  settings?: boolean
}

export const INITIAL_LOCATION: WindowLocation = { phone: false, history: false }

/** The location that a fragment asks for, starting from the current one. The tray asks for a session, the history or a panel. */
export function readLocation(hash: string, current: WindowLocation): WindowLocation {
  const wanted = new URLSearchParams(hash.replace(/^#/, ''))
  const session = wanted.get('session') ?? current.session
  const switchesView = wanted.has('session') || wanted.has('history')
  const history = switchesView ? wanted.has('history') : current.history
  const recording = history ? (switchesView ? wanted.get('recording') : current.recording) : undefined
  return {
    ...(session ? { session } : {}),
    phone: current.phone || wanted.has('phone'),
    ...(current.settings || wanted.has('settings') ? { settings: true } : {}),
    history,
    ...(recording ? { recording } : {}),
  }
}

/** So that a reload returns to the same location. Replaces the history entry, because the window has no Back button. */
export function storeLocation({ session, phone, settings, history: inHistory, recording }: WindowLocation): void {
  const parts = [
    session && `session=${encodeURIComponent(session)}`,
    inHistory && 'history',
    inHistory && recording && `recording=${encodeURIComponent(recording)}`,
    phone && 'phone',
    settings && 'settings',
  ].filter(Boolean)
  history.replaceState(null, '', parts.length > 0 ? `#${parts.join('&')}` : location.pathname)
}
