// What counts as a page of ours. Knows nothing of windows or files.

export const SCHEME = 'app'
export const HOST = 'ui'
export const PAGE = `${SCHEME}://${HOST}/index.html`
export const POPOVER_PAGE = `${SCHEME}://${HOST}/popover.html`

/** Protocol and host are compared, never `origin`: that of a custom scheme is "null", and so is a hostile page's. */
export function isOurs(url: string | undefined): boolean {
  try {
    const { protocol, host } = new URL(url ?? '')
    return protocol === `${SCHEME}:` && host === HOST
  } catch {
    return false
  }
}
