// A browser's WebSocket as a Transport.
import { NOISE_MESSAGE_BYTES } from '../../protocol/channel/noise.ts'
import { PROOF_PARAMETER, upgradeProof } from '../../protocol/channel/upgrade-proof.ts'
import { Inbox, type Transport } from '../../protocol/transport.ts'

/** Application close codes are 4000-4999 (RFC 6455, 7.4.2); the project's error code is the close reason. */
const CLOSE_CODE = 4000

/**
 * Opens a socket to this page's own host. Frames sent before it is open are queued. Closes with `unreachable` if it cannot
 * be opened: browsers do not tell a page why.
 */
export function openWebSocket(url: string): Transport {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const inbox = new Inbox()
  /** Frames to send once the socket is open. */
  let queued: Uint8Array[] | undefined = []
  const put = (frame: Uint8Array) => socket.send(frame as Uint8Array<ArrayBuffer>)
  // On iOS, close() does nothing on a dead socket and fires no event, so the handlers are removed first.
  const abandon = () => {
    queued = undefined
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
  }
  socket.onopen = () => {
    const early = queued ?? []
    queued = undefined
    for (const frame of early) put(frame)
  }
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer && data.byteLength <= NOISE_MESSAGE_BYTES) return inbox.frame(new Uint8Array(data))
    abandon()
    inbox.close({ code: 'bad_frame', reason: 'the host sent a message that is not a frame' })
    socket.close(CLOSE_CODE, 'bad_frame')
  }
  socket.onclose = ({ reason }) => {
    const neverOpened = queued !== undefined
    abandon()
    if (neverOpened) return void inbox.close({ code: 'unreachable', reason: 'the host does not answer' })
    const code = reason || 'connection_lost'
    inbox.close({ code, reason: `the connection ended (${code})` })
  }
  return {
    start: handlers => inbox.start(handlers),
    send: frame => {
      if (inbox.closed) return
      if (queued) queued.push(frame)
      else if (socket.readyState === WebSocket.OPEN) put(frame)
    },
    get buffered() {
      return socket.bufferedAmount + (queued ?? []).reduce((sum, { length }) => sum + length, 0)
    },
    close: reason => {
      abandon()
      if (inbox.close(reason)) socket.close(CLOSE_CODE, reason.code)
    },
  }
}

/** Where the host of the page at `location` listens, with a proof that this phone knows its key; a new address each time. */
export function socketUrl({ protocol, host }: { protocol: string; host: string }, hostKey: Uint8Array): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws?${PROOF_PARAMETER}=${upgradeProof(hostKey)}`
}
