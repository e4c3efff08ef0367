// Accepts the MessagePort over which a page talks to the host.
import { ipcMain, type WebContents } from 'electron'
import type { Transport } from '../../../protocol/transport.ts'
import { isFromOurPage } from './origin.ts'
import { portTransport } from './port-transport.ts'

/** As in preload.cts, which cannot import because it is a sandboxed script. */
const CHANNEL = 'otg:port'

/** Passes the port of each of the app's own pages to `accept`. A page has one: a new port closes the previous one. */
export function acceptPorts(accept: (transport: Transport) => void): void {
  const open = new WeakMap<WebContents, Transport>()
  const end = (page: WebContents, reason: string) => open.get(page)?.close({ code: 'connection_lost', reason })
  ipcMain.on(CHANNEL, event => {
    const [port, ...more] = event.ports
    if (!port || more.length > 0 || !isFromOurPage(event)) {
      for (const refused of event.ports) refused.close()
      return
    }
    const page = event.sender
    if (open.has(page)) end(page, 'the page opened another connection')
    // Earlier than the port's own close event, so that closing the window voids its pairing code at once.
    else page.once('destroyed', () => end(page, 'the page closed'))
    const transport = portTransport(port)
    open.set(page, transport)
    accept(transport)
  })
}
