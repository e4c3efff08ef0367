// What the address and the tab know: the secret that came with the address, the session that was open. Knows nothing of
// keys that are kept or of the connection that uses them.

import { type Pairing, parsePairingFragment } from '../../protocol/channel/keys.ts'

const SESSION = 'otg.session'

/**
 * Takes the host's key and the one-time secret out of the address (`#v1.<host key>.<secret>`) and out of sight at once: history, screenshots and shared
 * links must not carry it (case 19). Undefined when there is none.
 */
export function takeSecret(): Pairing | undefined {
  const { hash, pathname, search } = window.location
  if (hash) window.history.replaceState(window.history.state, '', pathname + search)
  return parsePairingFragment(hash)
}

/** The session of this tab, for after a reload. */
export function lastSession(): string | undefined {
  return quietly(() => window.sessionStorage.getItem(SESSION)) ?? undefined
}

export function rememberSession(session_id: string | undefined): void {
  quietly(() =>
    session_id ? window.sessionStorage.setItem(SESSION, session_id) : window.sessionStorage.removeItem(SESSION),
  )
}

/** Private windows may refuse storage; the page works without, until it is reloaded. */
export function quietly<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
