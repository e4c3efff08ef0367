// A TCP proxy in front of a host that hands on what the host sends no faster than a phone far away takes it.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What is handed on at once: small, so that the pace is even. */
const CHUNK_BYTES = 4 * 1024

export async function throttle(port: number, bytesPerSecond: number): Promise<{ port: number; close(): void }> {
  const sockets: Socket[] = []
  const server = createServer({ noDelay: true }, near => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.push(near, far)
    for (const socket of [near, far]) socket.on('error', () => socket.destroy())
    near.pipe(far)
    forwardSlowly(far, near, bytesPerSecond).catch(() => near.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Reads a chunk when the one before is through: what is not read waits with the host. */
async function forwardSlowly(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  let free = 0
  for await (const chunk of from as AsyncIterable<Buffer>)
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      const piece = chunk.subarray(at, at + CHUNK_BYTES)
      to.write(piece)
      free = Math.max(free, performance.now()) + (piece.length / bytesPerSecond) * 1000
      await new Promise(resolve => setTimeout(resolve, free - performance.now()))
    }
  to.end()
}
