// Reads the pairing secret from the address, and remembers the open session of this tab.

import { type Pairing, parsePairingFragment } from '../../protocol/channel/keys.ts'
import { tryStorage } from './storage.ts'

const SESSION = 'otg.session'

/**
 * Reads the host's key and the one-time secret from the fragment (`#v1.<host key>.<secret>`) and removes the fragment at
 * once: history, screenshots and shared links must not contain it (case 19). Undefined without a valid fragment.
 */
export function takePairing(): Pairing | undefined {
  const { hash, pathname, search } = window.location
  if (hash) window.history.replaceState(window.history.state, '', pathname + search)
  return parsePairingFragment(hash)
}

/** The session open in this tab, to restore after a reload. */
export function lastOpenSession(): string | undefined {
  return tryStorage(() => window.sessionStorage.getItem(SESSION)) ?? undefined
}

export function rememberSession(session_id: string | undefined): void {
  tryStorage(() =>
    session_id ? window.sessionStorage.setItem(SESSION, session_id) : window.sessionStorage.removeItem(SESSION),
  )
}
