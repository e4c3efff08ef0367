// The page's end of a Transport over a MessagePort.
import { FRAME_BYTES } from '../../protocol/limits.ts'
import { type CloseReason, Inbox, type Transport } from '../../protocol/transport.ts'

/** Each message is one frame (a Uint8Array); the last one from the other end can be a CloseReason. */
export function portTransport(port: MessagePort): Transport {
  const inbox = new Inbox()
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array && data.length <= FRAME_BYTES) inbox.frame(data)
    else {
      inbox.close(isReason(data) ? data : { code: 'bad_frame', reason: 'the app sent an invalid frame' })
      port.close()
    }
  }
  port.addEventListener('close', () =>
    inbox.close({ code: 'connection_lost', reason: 'the app closed the connection' }),
  )
  return {
    start: handlers => inbox.start(handlers),
    // postMessage clones the whole buffer of a view, so a partial view is copied first.
    send: frame => {
      if (!inbox.closed) port.postMessage(frame.length === frame.buffer.byteLength ? frame : new Uint8Array(frame))
    },
    // Unknown for a port. Input is small, and the host acknowledges it.
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
