// Passes TCP connections from an address of this machine on to a port of loopback. Knows nothing of what passes.
import { connect, createServer, type Socket } from 'node:net'

export interface Forwarder {
  /** As in a URL. */
  host: string
  port: number
  /** From now on connections lead there. */
  to(port: number): void
  close(): void
}

/** `port` 0: any free one. */
export async function startForwarder(address: string, port: number): Promise<Forwarder> {
  const sockets = new Set<Socket>()
  let target = 0
  const server = createServer({ noDelay: true }, near => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => {}) // `close` follows
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the forwarder has no port')
  return {
    host: `${address}:${bound.port}`,
    port: bound.port,
    to: port => {
      target = port
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
