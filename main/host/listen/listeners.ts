// One server behind several addresses: listeners that come and go with them. Knows no HTTP and no interfaces.
import { createServer, type Server, type Socket } from 'node:net'
import { isLoopback, plainAddress } from './addresses.ts'

/** Sockets over all listeners: a browser opens six per page. */
export const MAX_SOCKETS = 256
/** And from one address, so that one neighbour cannot take all places. A proxy on this computer brings everybody. */
export const MAX_SOCKETS_PER_ADDRESS = 64

export interface ListenersOptions {
  /** Listens on the first address itself, already: Node times its requests only after that. */
  server: Server
  port: number
  /** As `server` has it. */
  allowHalfOpen: boolean
  log: { info(what: object, message: string): void; error(what: object, message: string): void }
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #listeners = new Map<string, Server>()
  /** Said once in the log, until the address works or is not wanted any more. */
  readonly #refused = new Set<string>()
  /** All that are open, with the peer's address. */
  readonly #sockets = new Map<Socket, string>()
  /** Those that came by another listener than the server itself. */
  #passedOn = 0
  #closed = false

  constructor(options: ListenersOptions) {
    this.#options = options
    const { server, log } = options
    server.maxConnections = MAX_SOCKETS
    server.on('connection', socket => this.#take(socket))
    // Accepting can fail (too many open files); unheard, that would end the host.
    server.on('error', error => log.error({ err: error }, 'a connection could not be accepted'))
  }

  /** Besides the server's own. */
  get addresses(): string[] {
    return [...this.#listeners.keys()]
  }

  /** Listens on these and no others, besides the server's own. One that cannot be had now is left for the next call. */
  async listenOn(wanted: readonly string[]): Promise<void> {
    const { log } = this.#options
    for (const [address, listener] of this.#listeners)
      if (!wanted.includes(address)) {
        // Its connections are left alone: the address may be back before they notice.
        listener.close()
        this.#listeners.delete(address)
        log.info({ address }, 'not listened on any more')
      }
    for (const address of this.#refused) if (!wanted.includes(address)) this.#refused.delete(address)
    await Promise.all(wanted.filter(address => !this.#listeners.has(address)).map(address => this.#listen(address)))
  }

  /**
   * Ends what is here without a goodbye. A connection that is closed in turn holds the port until its peer, which may be
   * asleep, has heard of it; who listens there again at once would find it taken.
   */
  reset(): void {
    for (const socket of [...this.#sockets.keys()]) socket.resetAndDestroy()
  }

  /** Lets nobody in any more and ends what is here. The server itself is closed by whoever made it. */
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
      // An address on trial (IPv6) or taken by somebody who may go. The others work meanwhile.
      if (!this.#refused.has(address)) log.error({ err: error, address, port }, 'cannot be listened on; tried again')
      this.#refused.add(address)
      return
    }
    if (this.#closed) return void listener.close()
    listener.on('error', error => log.error({ err: error, address }, 'a connection could not be accepted'))
    this.#listeners.set(address, listener)
    this.#refused.delete(address)
    log.info({ address, port }, 'listened on')
  }

  #passOn(socket: Socket): void {
    if (this.#sockets.size >= MAX_SOCKETS) return void socket.destroy()
    const { server } = this.#options
    const room = (change: number) => {
      this.#passedOn += change
      // Node refuses by the count of the server's own sockets.
      if (!this.#closed) server.maxConnections = MAX_SOCKETS - this.#passedOn
    }
    room(1)
    socket.once('close', () => room(-1))
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
