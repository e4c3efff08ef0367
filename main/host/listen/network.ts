// The network side of a host: the page's server and its WebSockets, reopened when their settings change.
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../protocol/errors.ts'
import { type Bind, parseBind } from './addresses.ts'
import type { Address } from './candidates.ts'
import { type HttpOptions, type HttpServer, serveHttp } from './http.ts'
import { tailscaleName } from './name-discovery.ts'
import { tailscaleCertificate } from './tls.ts'
import { type SocketsOptions, serveSockets } from './websocket.ts'

/** Not registered with IANA, and outside the usual ranges of ephemeral ports. */
export const DEFAULT_PORT = 7317

/** A certificate's files, or the one that Tailscale obtains. */
export type TlsSetting = 'tailscale' | { cert: string; key: string }

/** The settings that say where to listen. */
export interface NetworkSettings {
  port?: number | undefined
  bind: string
  allow_hosts: string[]
  tls?: TlsSetting | undefined
}

/**
 * A session's process that was forked, but has not started its program yet, still has the listener that the host closed. That
 * takes milliseconds; a busy machine may take longer.
 */
const REOPEN_MS = 1_000
const REOPEN_STEP_MS = 20

/** Where to listen, and under which names. */
export interface ListenConfig {
  /** Undefined: DEFAULT_PORT, or a free port if that one is taken. 0: a free port. */
  port: number | undefined
  bind: Bind
  allow_hosts: readonly string[]
  tls: TlsSetting | undefined
}

export interface NetworkOptions extends Omit<HttpOptions, 'port' | 'bind' | 'allow_hosts' | 'tls'> {
  /** The folder for Tailscale's certificate. */
  tlsFolder: string
  hostKey: SocketsOptions['hostKey']
  handshakes: SocketsOptions['handshakes']
  accept: SocketsOptions['accept']
}

interface Open {
  config: ListenConfig
  http: HttpServer
  sockets: { close(): void }
}

export class Network {
  readonly #options: NetworkOptions
  #open: Open
  #closed = false

  private constructor(options: NetworkOptions, open: Open) {
    this.#options = options
    this.#open = open
  }

  /** Throws `port_in_use`, `bind_refused`, `tls_unusable`, `web_client_missing`. */
  static async open(config: ListenConfig, options: NetworkOptions): Promise<Network> {
    return new Network(options, await open(config, options))
  }

  get port(): number {
    return this.#open.http.port
  }

  get secure(): boolean {
    return this.#open.http.secure
  }

  /** DEFAULT_PORT was wanted, but is taken. */
  get otherPort(): boolean {
    return this.#open.config.port === undefined && this.port !== DEFAULT_PORT
  }

  addresses(): Address[] {
    return this.#open.http.addresses()
  }

  /**
   * Listens with another configuration. Clients are disconnected, and reconnect if they can. Throws as `open` does; then the
   * old configuration stays. Returns how to revert it.
   */
  async reconfigure(config: ListenConfig): Promise<() => Promise<void>> {
    if (JSON.stringify(config) === JSON.stringify(this.#open.config)) return async () => {}
    const before = this.#open
    // If the port setting did not change, the actual port stays, where phones find the host.
    const port = config.port === before.config.port ? before.http.port : config.port
    await this.#apply(config, port)
    return () => this.#apply(before.config, before.http.port)
  }

  async #apply(config: ListenConfig, port: number | undefined): Promise<void> {
    const before = this.#open
    // Another port is opened before the old one is closed; the same port has to be closed first.
    if (port !== undefined && port !== before.http.port) {
      this.#open = { ...(await open({ ...config, port }, this.#options)), config }
      await close(before)
    } else {
      // A certificate that does not work fails before clients are disconnected.
      const prepared = await certificate(config.tls, this.#options.tlsFolder)
      before.http.reset()
      await close(before)
      try {
        this.#open = { ...(await reopen({ ...config, port }, this.#options, prepared)), config }
      } catch (error) {
        // The port was free a moment ago; if it no longer is, another one is better than none.
        const again = { ...before.config, port: before.http.port }
        const back = await open(again, this.#options).catch(() => open({ ...again, port: 0 }, this.#options))
        this.#open = { ...back, config: before.config }
        throw error
      }
    }
    if (this.#closed) return close(this.#open)
    this.#options.onAddresses?.()
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await close(this.#open)
  }
}

async function open(config: ListenConfig, options: NetworkOptions, tls?: Pick<HttpOptions, 'tls'>): Promise<Open> {
  const http = await serve(config.port, {
    ...options,
    bind: config.bind,
    allow_hosts: config.allow_hosts,
    ...(tls ?? (await certificate(config.tls, options.tlsFolder))),
  })
  const { hostKey, handshakes, accept } = options
  const sockets = serveSockets({ ...http, hostKey, handshakes, accept })
  return { config, http, sockets }
}

/** Opens a port that was just closed, and waits for REOPEN_MS at most until the system has released it. */
async function reopen(config: ListenConfig, options: NetworkOptions, tls: Pick<HttpOptions, 'tls'>): Promise<Open> {
  for (let waited = 0; ; waited += REOPEN_STEP_MS) {
    try {
      return await open(config, options, tls)
    } catch (error) {
      const taken = error instanceof CodedError && error.code === 'port_in_use'
      if (!taken || waited >= REOPEN_MS) throw error
      await sleep(REOPEN_STEP_MS)
    }
  }
}

async function close({ http, sockets }: Open): Promise<void> {
  sockets.close()
  await http.close()
}

/** On `port`; undefined: on DEFAULT_PORT, or on a free port if that one is taken. */
async function serve(port: number | undefined, http: Omit<HttpOptions, 'port'>) {
  try {
    return await serveHttp({ ...http, port: port ?? DEFAULT_PORT })
  } catch (error) {
    const taken = error instanceof CodedError && error.code === 'port_in_use'
    if (!taken || port !== undefined) throw error
    return serveHttp({ ...http, port: 0 })
  }
}

/** Throws `tls_unusable`. */
async function certificate(tls: TlsSetting | undefined, folder: string): Promise<Pick<HttpOptions, 'tls'>> {
  if (tls === undefined) return {}
  if (tls !== 'tailscale') return { tls }
  const found = await tailscaleName()
  if (!found)
    throw new CodedError(
      'tls_unusable',
      'Tailscale has no name for this computer; check that it is running and that MagicDNS is on',
    )
  return { tls: await tailscaleCertificate(folder, found.name) }
}

export function listenConfigOf({ port, bind, allow_hosts, tls }: NetworkSettings): ListenConfig {
  return { port, bind: parseBind(bind), allow_hosts, tls }
}
