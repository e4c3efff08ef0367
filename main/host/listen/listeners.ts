// One server on several addresses: opens and closes listeners as addresses come and go.
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '../log/logger.ts'
import { isLoopback, plainAddress } from './addresses.ts'

/** Sockets of all listeners together; a browser opens six per page. */
export const MAX_SOCKETS = 256
/** And from one address, so that one neighbor cannot take them all. Except loopback, where a proxy may run. */
export const MAX_SOCKETS_PER_ADDRESS = 64

export interface ListenersOptions {
  /** Already listens on the first address: Node applies its request timeouts only after that. */
  server: Server
  port: number
  /** As in `server`. */
  allowHalfOpen: boolean
  log: Pick<Logger, 'info' | 'error'>
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #listeners = new Map<string, Server>()
  /** Addresses that failed: logged once, until one works or is no longer wanted. */
  readonly #refused = new Set<string>()
  /** All open sockets, with the peer's address. */
  readonly #sockets = new Map<Socket, string>()
  /** The number of sockets from listeners other than the server itself. */
  #passedOn = 0
  #closed = false

  constructor(options: ListenersOptions) {
    this.#options = options
    const { server, log } = options
    server.maxConnections = MAX_SOCKETS
    server.on('connection', socket => this.#take(socket))
    // Accepting can fail (too many open files); without a handler that would end the host.
    server.on('error', error => log.error({ err: error }, 'a connection could not be accepted'))
  }

  /** Except the server's own. */
  get addresses(): string[] {
    return [...this.#listeners.keys()]
  }

  /** Listens on exactly these addresses and the server's own. One that fails now is retried at the next call. */
  async listenOn(wanted: readonly string[]): Promise<void> {
    const { log } = this.#options
    for (const [address, listener] of this.#listeners)
      if (!wanted.includes(address)) {
        // Its connections stay: the address may be back before they notice.
        listener.close()
        this.#listeners.delete(address)
        log.info({ address }, 'no longer listening')
      }
    for (const address of this.#refused) if (!wanted.includes(address)) this.#refused.delete(address)
    await Promise.all(wanted.filter(address => !this.#listeners.has(address)).map(address => this.#listen(address)))
  }

  /**
   * Resets all connections. An orderly close holds the port until the peer, which may be asleep, has acknowledged it, and
   * listening again at once would fail.
   */
  reset(): void {
    for (const socket of [...this.#sockets.keys()]) socket.resetAndDestroy()
  }

  /** Closes all listeners and sockets. The server itself is closed by its creator. */
  close(): void {
    this.#closed = true
    this.#options.server.maxConnections = 0
    for (const listener of this.#listeners.values()) listener.close()
    this.#listeners.clear()
    for (const socket of [...this.#sockets.keys()]) socket.destroy()
  }

  async #listen(address: string): Promise<void> {
    const { port, allowHalfOpen, log } = this.#options
    const listener = createServer({ allowHalfOpen, noDelay: true }, socket => this.#passOn(socket))
    try {
      await new Promise<void>((resolve, reject) => {
        listener.once('error', reject)
        listener.listen({ host: address, port }, resolve)
      })
    } catch (error) {
      // A tentative IPv6 address, or a port that is taken and may become free. The other addresses work meanwhile.
      if (!this.#refused.has(address)) log.error({ err: error, address, port }, 'cannot listen; trying again')
      this.#refused.add(address)
      return
    }
    if (this.#closed) return void listener.close()
    listener.on('error', error => log.error({ err: error, address }, 'a connection could not be accepted'))
    this.#listeners.set(address, listener)
    this.#refused.delete(address)
    log.info({ address, port }, 'listening')
  }

  #passOn(socket: Socket): void {
    if (this.#sockets.size >= MAX_SOCKETS) return void socket.destroy()
    const { server } = this.#options
    const count = (change: number) => {
      this.#passedOn += change
      // Node's limit counts only the server's own sockets.
      if (!this.#closed) server.maxConnections = MAX_SOCKETS - this.#passedOn
    }
    count(1)
    socket.once('close', () => count(-1))
    server.emit('connection', socket)
  }

  #take(socket: Socket): void {
    const from = plainAddress(socket.remoteAddress)
    this.#sockets.set(socket, from)
    socket.once('close', () => this.#sockets.delete(socket))
    if (isLoopback(from)) return
    const same = [...this.#sockets.values()].filter(other => other === from).length
    if (same > MAX_SOCKETS_PER_ADDRESS) socket.destroy()
  }
}
