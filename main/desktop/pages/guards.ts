// What no page may do, whichever it is: leave, open windows, ask for permissions, reach the network. Knows no window.
import { app, dialog, session, shell, type WebContents } from 'electron'
import { isOurs } from './origin.ts'

/** Web preferences of every window; a webContents that is made without them is refused its content by `guardContents`. */
export const SAFE_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  // A dictionary would be fetched from the network, and a terminal has no spelling.
  spellcheck: false,
} as const

/** From now on every webContents stays where it was put. */
export function guardContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    const stay = (event: { url: string; preventDefault(): void }) => {
      if (!isOurs(event.url)) event.preventDefault()
    }
    contents.on('will-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-frame-navigate', stay)
    contents.on('will-attach-webview', event => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      void offerLink(contents, url)
      return { action: 'deny' }
    })
  })
}

/** Denies what a page could ask of the system or the network. After the app is ready. */
export function guardSession(): void {
  const own = session.defaultSession
  // Writing text to the clipboard is what the Copy buttons do; reading it, and everything else, nobody needs.
  const allowed = (permission: string, url: string | undefined) =>
    permission === 'clipboard-sanitized-write' && isOurs(url)
  own.setPermissionRequestHandler((contents, permission, answer) => answer(allowed(permission, contents.getURL())))
  own.setPermissionCheckHandler((contents, permission) => allowed(permission, contents?.getURL()))
  own.setDevicePermissionHandler(() => false)
  // The windows speak to the host through a MessagePort and to nobody else.
  const urls = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file:///*']
  own.webRequest.onBeforeRequest({ urls }, (_details, answer) => answer({ cancel: true }))
  // Only what a window has made itself, an export; the system asks where to put it.
  own.on('will-download', (event, item, contents) => {
    const { protocol, pathname } = new URL(item.getURL())
    if (protocol !== 'blob:' || !isOurs(pathname) || !isOurs(contents?.getURL())) event.preventDefault()
  })
}

let offering = false

/** A link that was followed: whatever a terminal printed may be one, so it is opened only after a yes that shows it whole. */
async function offerLink(contents: WebContents, url: string): Promise<void> {
  const link = parseLink(url)
  if (!link || offering || !isOurs(contents.getURL())) return
  offering = true
  try {
    const { response } = await dialog.showMessageBox({
      type: 'question',
      title: 'On the Go',
      message: `Open this link in the browser?`,
      detail: link,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    })
    if (response === 0) await shell.openExternal(link)
  } finally {
    offering = false
  }
}

/** The longest link that a person can judge by looking at it. */
const LINK_CHARACTERS = 2000

function parseLink(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url)
    return (protocol === 'http:' || protocol === 'https:') && href.length <= LINK_CHARACTERS ? href : undefined
  } catch {
    return undefined
  }
}
