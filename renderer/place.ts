// Where the window is: which session, and whether the phone's panel is open; kept in the page's fragment. Knows no session.

export interface Place {
  session?: string
  phone: boolean
  settings?: boolean
}

/** What a fragment asks for, on top of where the window is: the tray names a session, or the phone's panel, not both. */
export function readPlace(hash: string, now: Place): Place {
  const wanted = new URLSearchParams(hash.replace(/^#/, ''))
  const session = wanted.get('session') ?? now.session
  return {
    ...(session ? { session } : {}),
    phone: now.phone || wanted.has('phone'),
    settings: now.settings === true || wanted.has('settings'),
  }
}

/** Written back, so that a page that is loaded again comes to the same place. No history: there is no Back in a window. */
export function keepPlace({ session, phone, settings }: Place): void {
  const parts = [session && `session=${encodeURIComponent(session)}`, phone && 'phone', settings && 'settings'].filter(
    Boolean,
  )
  history.replaceState(null, '', parts.length > 0 ? `#${parts.join('&')}` : location.pathname)
}
