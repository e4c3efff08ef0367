// Listens on the local socket for clients of the same user.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { CodedError } from '../../../protocol/errors.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { type Peer, peerOf } from './peer-process.ts'
import { streamTransport } from './stream-transport.ts'

export interface Listener {
  close(): Promise<void>
}

/** How long closing waits for clients to take their last message. */
const CLOSE_MS = 500

/**
 * Listens at `path`, for this user only (0600 inside a 0700 folder). Throws `data_dir_unusable`.
 */
export async function listenLocal(
  path: string,
  accept: (transport: Transport, peer: Peer) => void,
  /** Accepting failed: too many files are open. */
  failed: (error: Error) => void = () => {},
): Promise<Listener> {
  const pipe = process.platform === 'win32'
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    accept(streamTransport(socket), peerOf(socket))
  })
  try {
    // We hold the folder's lock, so an existing socket file was left by a host that crashed.
    if (!pipe) rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    if (!pipe) chmodSync(path, 0o600)
    // Without a handler, an error would end the host.
    server.on('error', failed)
  } catch (cause) {
    server.close()
    for (const socket of sockets) socket.destroy()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('data_dir_unusable', `the socket ${path} cannot be created: ${why}`, { cause })
  }
  return {
    close: async () => {
      await new Promise<void>(resolve => {
        const timer = setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, CLOSE_MS)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      if (!pipe) rmSync(path, { force: true })
    },
  }
}
