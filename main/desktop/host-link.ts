// The way to the host: one in this process, or one that runs already and is joined. Knows nothing of windows or the tray.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Backoff } from '../../protocol/client/backoff.ts'
import { HostClient } from '../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { type Transport, transportPair } from '../../protocol/transport.ts'
import { readHostFile } from '../host/files/data-dir.ts'
import { createHost, type Host, type HostOptions } from '../host/host.ts'
import { connectLocal } from '../host/listen/stream-transport.ts'
import { pipe } from './pipe.ts'

/** A host that holds the lock but does not answer is starting or stopping; either is over within this. */
const SETTLE_MS = 10_000
const ASK_AGAIN_MS = 100

export class HostLink {
  readonly #options: HostOptions
  #host: Host | undefined
  #starting: Promise<Host> | undefined
  #stopping: Promise<void> | undefined
  #client: HostClient | undefined

  constructor(options: HostOptions) {
    this.#options = options
  }

  /** Starts a host or finds the one that runs. Throws what `createHost` throws, but for a host that can be joined. */
  async open(): Promise<void> {
    const found = await this.#find()
    if ('start' in found) found.close({ code: 'client_closed', reason: 'only looked whether a host is there' })
  }

  /** True while the host is in this process: its sessions end with it. */
  get owner(): boolean {
    return this.#host !== undefined
  }

  /** How many sessions end when this process does. */
  running(): number {
    return this.#host?.running() ?? 0
  }

  /** Connects `transport` to the host as a local client. What goes wrong closes the transport with its code. */
  serve(transport: Transport): void {
    this.#find().then(
      found => ('start' in found ? pipe(transport, found) : found.accept(transport)),
      error => {
        const { code, message } = toCoded(error)
        transport.close({ code, reason: message })
      },
    )
  }

  /** This process's own client (for the tray), connected and kept connected. */
  client(): HostClient {
    if (!this.#client) {
      const connect = async () => {
        const [mine, theirs] = transportPair()
        this.serve(theirs)
        return mine
      }
      this.#client = new HostClient({ connect, client: { kind: 'desktop', name: 'tray' }, reconnect: PATIENT })
      // What it cannot reach now it reaches later; who asks something of it is told by that request.
      this.#client.connect().catch(() => {})
    }
    return this.#client
  }

  /** Ends the host if it is ours, and with it its sessions; only lets go of a joined one. Twice is fine. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#client?.close()
    // One that is just starting would otherwise outlive its app.
    const host = this.#host ?? (await this.#starting?.catch(() => undefined))
    await host?.stop()
  }

  /**
   * Our host, or a transport to the one that runs. Asked at each connection: when a joined host has ended, this process
   * becomes the host, rather than showing an error until somebody starts one.
   */
  async #find(): Promise<Host | Transport> {
    for (const end = Date.now() + SETTLE_MS; ; await sleep(ASK_AGAIN_MS)) {
      if (this.#stopping) throw new CodedError('host_stopping', 'the app is quitting')
      if (this.#host) return this.#host
      const announced = readHostFile(this.#options.dataDir)
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

/** The host is on this computer: tries go on as long as the app does, and are cheap. */
const PATIENT: Backoff = { first: 100, max: 5_000, give_up: Number.POSITIVE_INFINITY }
