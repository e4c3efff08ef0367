// A Transport over a byte stream (local socket, named pipe): each frame is preceded by its length.
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { CodedError } from '../../../protocol/errors.ts'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import { Inbox, type Transport } from '../../../protocol/transport.ts'

/** How long to wait for the peer to end its side; it had time to read the last message. */
const CLOSE_MS = 2_000

/** Wraps a connected stream. Frames are [length u32][bytes]; one over FRAME_BYTES closes with `bad_frame`. */
export function streamTransport(stream: Duplex): Transport {
  const inbox = new Inbox()
  let held: Buffer = Buffer.alloc(0)
  const end = (code: string, reason: string) => {
    inbox.close({ code, reason })
    stream.destroy()
  }
  stream.on('data', (chunk: Buffer) => {
    let data = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    while (data.length >= 4) {
      const length = data.readUInt32BE(0)
      if (length > FRAME_BYTES) return end('bad_frame', `a frame of ${length} bytes`)
      if (data.length < 4 + length) break
      // A copy: the receiver owns the frame, and the chunk is a slice of a shared read buffer.
      inbox.frame(new Uint8Array(data.subarray(4, 4 + length)))
      data = data.subarray(4 + length)
    }
    held = data
  })
  stream.on('error', () => {}) // `close` follows
  stream.on('close', () => inbox.close({ code: 'connection_lost', reason: 'the connection ended' }))
  stream.on('end', () => stream.end())
  return {
    start: handlers => inbox.start(handlers),
    send: frame => {
      if (inbox.closed || !stream.writable) return
      const header = Buffer.allocUnsafe(4)
      header.writeUInt32BE(frame.length)
      stream.cork()
      stream.write(header)
      stream.write(frame)
      stream.uncork()
    },
    get buffered() {
      return stream.writableLength
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    close: reason => {
      if (!inbox.close(reason)) return
      stream.end()
      const timer = setTimeout(() => stream.destroy(), CLOSE_MS)
      timer.unref()
      stream.once('close', () => clearTimeout(timer))
    },
  }
}

/** Connects to a host's local socket. Rejects with `host_not_running`. */
export function connectLocal(path: string): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (isForeign(path)) return reject(notRunning())
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(streamTransport(socket))
    })
    socket.once('error', cause => reject(notRunning(cause)))
  })
}

/**
 * Whether a socket's folder is another user's, who would answer in the host's place: where the folder of a host that crashed was
 * removed from a shared one, its name is free. Root connects to other users' hosts, too.
 */
export function isForeign(path: string, uid = process.getuid?.()): boolean {
  if (uid === undefined || uid === 0) return false
  const stat = statSync(dirname(path), { throwIfNoEntry: false })
  return stat !== undefined && stat.uid !== uid
}

function notRunning(cause?: unknown): CodedError {
  return new CodedError('host_not_running', 'no host runs here; start one with: otg host', { cause })
}
