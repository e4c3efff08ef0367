// A TCP proxy that forwards what a host sends at a limited rate, like a phone with a slow connection.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The unit of forwarding: small, so that the rate is even. */
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

/** Reads a chunk only after the previous one was forwarded, so that unread bytes hold up the host. */
async function forwardSlowly(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  let free = 0
  for await (const chunk of from as AsyncIterable<Buffer>)
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      const part = chunk.subarray(at, at + CHUNK_BYTES)
      to.write(part)
      free = Math.max(free, performance.now()) + (part.length / bytesPerSecond) * 1000
      await new Promise(resolve => setTimeout(resolve, free - performance.now()))
    }
  to.end()
}
