// Which pages belong to the app.
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron'

export const SCHEME = 'app'
export const HOST = 'ui'
export const PAGE = `${SCHEME}://${HOST}/index.html`
export const POPOVER_PAGE = `${SCHEME}://${HOST}/popover.html`

/** Compares protocol and host, never `origin`: that of a custom scheme is "null", and a hostile page's can be, too. */
export function isOurs(url: string | undefined): boolean {
  try {
    const { protocol, host } = new URL(url ?? '')
    return protocol === `${SCHEME}:` && host === HOST
  } catch {
    return false
  }
}

/** Whether a message comes from the main frame of one of the app's own pages. */
export function isFromOurPage({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return isOurs(senderFrame?.url) && senderFrame === sender.mainFrame
}
