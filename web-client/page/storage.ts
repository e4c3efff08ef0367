// The browser's storage, which private windows may refuse.

/** Undefined if the browser throws. Without storage the page works until it is reloaded. */
export function tryStorage<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
