// The only message that a page sends: a MessagePort, to talk to the host. Knows nothing of windows or the host.
import { ipcMain, type WebContents } from 'electron'
import type { Transport } from '../../../protocol/transport.ts'
import { isOurs } from './origin.ts'
import { portTransport } from './port-transport.ts'

/** As in preload.cts, which as a sandboxed script can import nothing. */
const CHANNEL = 'otg:port'

/** Hands every port that comes from a page of ours to `accept`. One for each page: a new one closes the one before. */
export function acceptPorts(accept: (transport: Transport) => void): void {
  const open = new WeakMap<WebContents, Transport>()
  const end = (page: WebContents, reason: string) => open.get(page)?.close({ code: 'connection_lost', reason })
  ipcMain.on(CHANNEL, event => {
    const [port, ...more] = event.ports
    const ours = isOurs(event.senderFrame?.url) && event.senderFrame === event.sender.mainFrame
    if (!port || more.length > 0 || !ours) {
      for (const refused of event.ports) refused.close()
      return
    }
    const page = event.sender
    if (open.has(page)) end(page, 'the page opened another connection')
    // Sooner than its port tells: a code that was shown in it is void with the window, not a moment later.
    else page.once('destroyed', () => end(page, 'the page is gone'))
    const transport = portTransport(port)
    open.set(page, transport)
    accept(transport)
  })
}
