// One server on several addresses: opens and closes listeners as addresses come and go.
import { createServer, type Server, type Socket } from 'node:net'
import type { HealthReports } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import { plainAddress } from './addresses.ts'
import type { Place, Places } from './places.ts'

export interface ListenersOptions {
  /** Listens on the first address, and emits the connections of all. */
  server: Server
  places: Places
  port: number
  /** As in `server`. */
  allowHalfOpen: boolean
  log: Pick<Logger, 'info' | 'error'>
  health?: HealthReports | undefined
  /** Accepting failed: too many files are open. */
  notAccepted?: ((error: Error) => void) | undefined
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #listeners = new Map<string, Server>()
  /** Addresses that failed: logged once, until one works or is no longer wanted. */
  readonly #refused = new Set<string>()
  /** All open sockets by their two ends, which a TLS socket shares with the one below it. */
  readonly #sockets = new Map<string, Accepted>()
  #closed = false

  constructor(options: ListenersOptions) {
    this.#options = options
    const { server } = options
    server.prependListener('connection', socket => this.#take(socket))
    // Accepting can fail (too many open files); without a handler that would end the host.
    server.on('error', error => this.#failed(error))
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
    for (const address of this.#refused) if (!wanted.includes(address)) this.#listens(address)
    await Promise.all(wanted.filter(address => !this.#listeners.has(address)).map(address => this.#listen(address)))
  }

  /** The connection below a socket. Undefined: it is closed. */
  acceptedOf(socket: Socket): Accepted | undefined {
    return this.#sockets.get(endsOf(socket))
  }

  /**
   * Resets all connections. An orderly close holds the port until the peer, which may be asleep, has acknowledged it, and
   * listening again at once would fail.
   */
  reset(): void {
    for (const { reset } of [...this.#sockets.values()]) reset()
  }

  /** Closes all listeners and sockets. The server itself is closed by its creator. */
  close(): void {
    this.#closed = true
    for (const listener of this.#listeners.values()) listener.close()
    this.#listeners.clear()
    for (const { socket } of [...this.#sockets.values()]) socket.destroy()
  }

  async #listen(address: string): Promise<void> {
    const { port, allowHalfOpen, log } = this.#options
    const listener = createServer({ allowHalfOpen, noDelay: true }, socket =>
      this.#options.server.emit('connection', socket),
    )
    try {
      await new Promise<void>((resolve, reject) => {
        listener.once('error', reject)
        listener.listen({ host: address, port }, resolve)
      })
    } catch (error) {
      // A tentative IPv6 address, or a port that is taken and may become free. The other addresses work meanwhile.
      if (!this.#refused.has(address)) log.error({ err: error, address, port }, 'cannot listen; trying again')
      // The first time, it may only be too early.
      else this.#options.health?.begin('address_unusable', { path: address, message: (error as Error).message })
      this.#refused.add(address)
      return
    }
    if (this.#closed) return void listener.close()
    listener.on('error', error => this.#failed(error, address))
    this.#listeners.set(address, listener)
    this.#listens(address)
    log.info({ address, port }, 'listening')
  }

  /** It works, or is no longer wanted. */
  #listens(address: string): void {
    if (this.#refused.delete(address) && this.#refused.size === 0) this.#options.health?.end('address_unusable')
  }

  #failed(error: Error, address?: string): void {
    this.#options.log.error({ err: error, address }, 'a connection could not be accepted')
    this.#options.notAccepted?.(error)
  }

  #take(socket: Socket): void {
    // Gone before it was accepted; or its listener is closed, but the system had accepted it.
    if (socket.remoteAddress === undefined || this.#closed) return void socket.destroy()
    const ends = endsOf(socket)
    const reset = () => void socket.resetAndDestroy()
    const place = this.#options.places.join(plainAddress(socket.remoteAddress), reset)
    this.#sockets.set(ends, { socket, place, reset })
    socket.once('close', () => {
      place.leave()
      if (this.#sockets.get(ends)?.socket === socket) this.#sockets.delete(ends)
    })
  }
}

export interface Accepted {
  /** Without TLS. */
  socket: Socket
  place: Place
  /** Resets the connection: the system keeps none of what the peer has not read. */
  reset(): void
}

function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}
