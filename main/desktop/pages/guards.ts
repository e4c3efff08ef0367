// What no page may do: navigate away, open windows, get permissions, reach the network.
import { app, dialog, session, shell, type WebContents } from 'electron'
import { isOurs } from './origin.ts'

/** Web preferences of every window. */
export const SAFE_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  // Its dictionary would be downloaded, and a terminal needs no spell checking.
  spellcheck: false,
} as const

/** Keeps every webContents on the app's own pages. */
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
      void confirmLink(contents, url)
      return { action: 'deny' }
    })
  })
}

/** Denies permissions and network access. Call it after the app is ready. */
export function guardSession(): void {
  const own = session.defaultSession
  // The Copy buttons write text to the clipboard. Nothing else is needed.
  const allowed = (permission: string, url: string | undefined) =>
    permission === 'clipboard-sanitized-write' && isOurs(url)
  own.setPermissionRequestHandler((contents, permission, answer) => answer(allowed(permission, contents.getURL())))
  own.setPermissionCheckHandler((contents, permission) => allowed(permission, contents?.getURL()))
  own.setDevicePermissionHandler(() => false)
  // The windows talk only to the host, over a MessagePort.
  const urls = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file:///*']
  own.webRequest.onBeforeRequest({ urls }, (_details, answer) => answer({ cancel: true }))
  // Only an export, which a window makes itself; the system asks where to save it.
  own.on('will-download', (event, item, contents) => {
    const { protocol, pathname } = new URL(item.getURL())
    if (protocol !== 'blob:' || !isOurs(pathname) || !isOurs(contents?.getURL())) event.preventDefault()
  })
}

let confirming = false

/** Anything that a terminal prints can be a link, so it opens only after a confirmation that shows the full target. */
async function confirmLink(contents: WebContents, url: string): Promise<void> {
  const link = parseLink(url)
  if (!link || confirming || !isOurs(contents.getURL())) return
  confirming = true
  try {
    const { response } = await dialog.showMessageBox({
      type: 'question',
      title: 'On the Go',
      message: 'Open this link in the browser?',
      detail: link,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    })
    if (response === 0) await shell.openExternal(link)
  } finally {
    confirming = false
  }
}

/** Longer links cannot be judged by reading them, and are ignored. */
const LINK_CHARACTERS = 2000

function parseLink(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url)
    return (protocol === 'http:' || protocol === 'https:') && href.length <= LINK_CHARACTERS ? href : undefined
  } catch {
    return undefined
  }
}
