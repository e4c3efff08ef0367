// The main process's end of a Transport over Electron's MessagePort.
import type { MessagePortMain } from 'electron'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../../protocol/transport.ts'

/**
 * Each message is one frame (a Uint8Array); the host's last one can be a CloseReason. Anything else from the page, or a
 * frame above FRAME_BYTES, closes with `bad_frame`.
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
    else end({ code: 'bad_frame', reason: 'the page sent an invalid frame' })
  })
  port.on('close', () => inbox.close({ code: 'connection_lost', reason: 'the page closed' }))
  port.start()
  return {
    start: handlers => inbox.start(handlers),
    // postMessage clones the whole buffer of a view: for a slice of a pool, too much and not meant for the page.
    send: frame => {
      if (!inbox.closed) port.postMessage(frame.length === frame.buffer.byteLength ? frame : new Uint8Array(frame))
    },
    // Unknown for a port; the client's window bounds it.
    buffered: 0,
    close: end,
  }
}
