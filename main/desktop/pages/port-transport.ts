// A Transport over Electron's MessagePort, main process's end. Knows nothing of windows, or of what is in a frame.
import type { MessagePortMain } from 'electron'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../../protocol/transport.ts'

/**
 * A message is one frame (a Uint8Array); the host's last one may be a CloseReason. Anything else that comes from the
 * page, or a frame over FRAME_BYTES, closes with `bad_frame`.
 */
export function portTransport(port: MessagePortMain): Transport {
  const inbox = new Inbox()
  const end = (reason: CloseReason) => {
    if (!inbox.close(reason)) return
    port.postMessage({ code: reason.code, reason: reason.reason } satisfies CloseReason)
    port.close()
  }
  port.on('message', ({ data }) => {
    if (data instanceof Uint8Array && data.length <= FRAME_BYTES) inbox.frame(data)
    else end({ code: 'bad_frame', reason: 'the page sent something that is no frame' })
  })
  port.on('close', () => inbox.close({ code: 'connection_lost', reason: 'the page is gone' }))
  port.start()
  return {
    start: handlers => inbox.start(handlers),
    // Cloning a view clones its whole buffer: of a slice of a pool that would be too much, and none of the page's business.
    send: frame => {
      if (!inbox.closed) port.postMessage(frame.length === frame.buffer.byteLength ? frame : new Uint8Array(frame))
    },
    // Electron does not say what waits in a port; the client's window bounds it.
    buffered: 0,
    close: end,
  }
}
