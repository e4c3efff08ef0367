// Connects the app to the host: to one in this process, or to one that is already running.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Backoff } from '../../protocol/client/backoff.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { type Transport, transportPair } from '../../protocol/transport.ts'
import { readHostInfo } from '../host/files/host-info.ts'
import { createHost, type Host, type HostOptions } from '../host/host.ts'
import { connectLocal } from '../host/listen/stream-transport.ts'
import { pipe } from './pipe.ts'

/** A host that holds the lock but does not answer is starting or stopping, which takes at most this long. */
const SETTLE_MS = 10_000
const RETRY_MS = 100

export class HostLink {
  readonly #options: HostOptions
  #host: Host | undefined
  #starting: Promise<Host> | undefined
  #stopping: Promise<void> | undefined
  #client: LocalClient | undefined

  constructor(options: HostOptions) {
    this.#options = options
  }

  /** Starts a host, or joins the running one. Throws what `createHost` throws, except if a host can be joined. */
  async open(): Promise<void> {
    const found = await this.#find()
    if ('start' in found) found.close({ code: 'client_closed', reason: 'checked whether a host is running' })
  }

  /** Whether the host is in this process, so that its sessions end with it. */
  get owner(): boolean {
    return this.#host !== undefined
  }

  /** How many sessions end with this process. */
  running(): number {
    return this.#host?.running() ?? 0
  }

  /** Connects `transport` to the host as a local client. An error closes the transport with its code. */
  serve(transport: Transport): void {
    this.#find().then(
      found => ('start' in found ? pipe(transport, found) : found.accept(transport)),
      error => {
        const { code, message } = toCoded(error)
        transport.close({ code, reason: message })
      },
    )
  }

  /** This process's own client (for the tray), which reconnects by itself. */
  client(): LocalClient {
    if (!this.#client) {
      const connect = async () => {
        const [mine, theirs] = transportPair()
        this.serve(theirs)
        return mine
      }
      this.#client = new LocalClient({ connect, client: { kind: 'desktop', name: 'tray' }, reconnect: BACKOFF })
      // It retries by itself, and requests made meanwhile report the failure.
      this.#client.connect().catch(() => {})
    }
    return this.#client
  }

  /** Stops our own host and its sessions; only disconnects from a joined one. Can be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#client?.close()
    // A host that is still starting must not outlive the app.
    const host = this.#host ?? (await this.#starting?.catch(() => undefined))
    await host?.stop()
  }

  /**
   * Our host, or a transport to the running one. Called for each connection: if a joined host has stopped, this process
   * becomes the host.
   */
  async #find(): Promise<Host | Transport> {
    for (const end = Date.now() + SETTLE_MS; ; await sleep(RETRY_MS)) {
      if (this.#stopping) throw new CodedError('host_stopping', 'the app is quitting')
      if (this.#host) return this.#host
      const announced = readHostInfo(this.#options.dataDir)
      const joined = announced && (await connectLocal(announced.socket).catch(() => undefined))
      if (joined) return joined
      try {
        return await this.#start()
      } catch (error) {
        if (toCoded(error).code !== 'host_running' || Date.now() > end) throw error
      }
    }
  }

  #start(): Promise<Host> {
    this.#starting ??= createHost(this.#options)
      .then(host => (this.#host = host))
      .finally(() => {
        this.#starting = undefined
      })
    return this.#starting
  }
}

/** The host is on this computer, so attempts are cheap and never end. */
const BACKOFF: Backoff = { first: 100, max: 5_000, give_up: Number.POSITIVE_INFINITY }
