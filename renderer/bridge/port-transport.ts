// A Transport over a MessagePort, the page's end. Knows nothing of Electron, or of what is in a frame.
import { FRAME_BYTES } from '../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../protocol/transport.ts'

/** A message is one frame (a Uint8Array); the other side's last one may be a CloseReason. */
export function portTransport(port: MessagePort): Transport {
  const inbox = new Inbox()
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array && data.length <= FRAME_BYTES) inbox.frame(data)
    else {
      inbox.close(isReason(data) ? data : { code: 'bad_frame', reason: 'the app sent something that is no frame' })
      port.close()
    }
  }
  port.addEventListener('close', () =>
    inbox.close({ code: 'connection_lost', reason: 'the app closed the connection' }),
  )
  return {
    start: handlers => inbox.start(handlers),
    // Cloning a view clones its whole buffer.
    send: frame => {
      if (!inbox.closed) port.postMessage(frame.length === frame.buffer.byteLength ? frame : new Uint8Array(frame))
    },
    // A port does not say what waits in it; input is small, and the host says what it has taken.
    buffered: 0,
    close: reason => {
      if (inbox.close(reason)) port.close()
    },
  }
}

function isReason(data: unknown): data is CloseReason {
  const { code, reason } = (data ?? {}) as Partial<Record<keyof CloseReason, unknown>>
  return typeof code === 'string' && typeof reason === 'string'
}
