// The browser's storage, which private windows may refuse.

/** Written when the lock was turned on or off, for the page's other tabs. */
export const LOCK_CHANGED = 'otg.lock-changed'

/** Undefined if the browser throws. Without storage the page works until it is reloaded. */
export function tryStorage<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
