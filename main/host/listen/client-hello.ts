// Lets a TLS handshake begin only when its first message is here. Node makes some 100 KB of objects and buffers for a handshake, and
// keeps them until a garbage collection: peers that connect and say nothing, thousands a second, would make the host grow by that.
// Until then such a peer costs no more than a plain socket.
import type { Socket } from 'node:net'

/** The header of a TLS record: its type, a version, and its length (RFC 8446 section 5.1). */
const HEADER_BYTES = 5
const HANDSHAKE = 22
const MAJOR_VERSION = 3
const MAX_RECORD_BYTES = 2 ** 14

/**
 * Calls `begin` when the socket has a whole record; what was read is then unread again. A peer that sends something else, or
 * nothing for `wait_ms`, is dropped.
 */
export function afterClientHello(socket: Socket, wait_ms: number, begin: () => void): void {
  let held: Buffer = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), wait_ms)
  const stop = () => {
    clearTimeout(timer)
    socket.off('data', received)
    socket.off('end', ended)
    socket.off('close', stop)
  }
  const ended = () => void socket.destroy()
  const received = (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const state = recordState(held)
    if (state === 'begun') return
    stop()
    if (state === 'none') return void socket.destroy()
    socket.pause()
    socket.unshift(held)
    begin()
  }
  socket.on('data', received)
  socket.on('end', ended)
  socket.on('close', stop)
}

function recordState(bytes: Buffer): 'begun' | 'whole' | 'none' {
  if (bytes[0] !== HANDSHAKE || (bytes.length > 1 && bytes[1] !== MAJOR_VERSION)) return 'none'
  if (bytes.length < HEADER_BYTES) return 'begun'
  const length = bytes.readUInt16BE(3)
  if (length === 0 || length > MAX_RECORD_BYTES) return 'none'
  return bytes.length < HEADER_BYTES + length ? 'begun' : 'whole'
}
