// The network side of a host: the page's server and its WebSockets, opened anew when what it listens on changes. Knows
// nothing of sessions or devices.
import { CodedError } from '../../../protocol/errors.ts'
import { type Bind, parseBind } from './addresses.ts'
import type { Address } from './candidates.ts'
import { type HttpOptions, type HttpServer, serveHttp } from './http.ts'
import { tailscaleName } from './name-discovery.ts'
import { tailscaleCertificate } from './tls.ts'
import { type SocketsOptions, serveSockets } from './websocket.ts'

/** Not registered with IANA, and outside what systems hand out as ephemeral ports. */
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

/** Where to listen and as whom. */
export interface ListenConfig {
  /** Left out: DEFAULT_PORT, or any free one when that is taken. 0: any free one. */
  port: number | undefined
  bind: Bind
  allow_hosts: readonly string[]
  tls: TlsSetting | undefined
}

export interface NetworkOptions extends Omit<HttpOptions, 'port' | 'bind' | 'allow_hosts' | 'tls'> {
  /** Where Tailscale's certificate is kept. */
  tlsFolder: string
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
  static async open(place: ListenConfig, options: NetworkOptions): Promise<Network> {
    return new Network(options, await open(place, options))
  }

  get port(): number {
    return this.#open.http.port
  }

  get secure(): boolean {
    return this.#open.http.secure
  }

  /** DEFAULT_PORT was wanted and is taken. */
  get otherPort(): boolean {
    return this.#open.config.port === undefined && this.port !== DEFAULT_PORT
  }

  addresses(): Address[] {
    return this.#open.http.addresses()
  }

  /**
   * Listens at another place. Who is connected is dropped and comes back by itself, if it can. Throws as `open` does; then
   * the old place is served as before. Returns how to take it back.
   */
  async reconfigure(place: ListenConfig): Promise<() => Promise<void>> {
    if (JSON.stringify(place) === JSON.stringify(this.#open.config)) return async () => {}
    const before = this.#open
    // Where nobody asks for another port, phones find the host at the one that they know.
    const port = place.port === before.config.port ? before.http.port : place.port
    await this.#move(place, port)
    return () => this.#move(before.config, before.http.port)
  }

  async #move(place: ListenConfig, port: number | undefined): Promise<void> {
    const before = this.#open
    // One that is wanted is had before the old one is given up; the same one has to be given up first.
    if (port !== undefined && port !== before.http.port) {
      this.#open = { ...(await open({ ...place, port }, this.#options)), config: place }
      await close(before)
    } else {
      // What can be seen to fail, fails before anybody is dropped.
      const prepared = await certificate(place.tls, this.#options.tlsFolder)
      before.http.reset()
      await close(before)
      try {
        this.#open = { ...(await open({ ...place, port }, this.#options, prepared)), config: place }
      } catch (error) {
        // Its port was free a moment ago; if it is not any more, another one is better than none.
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

async function open(place: ListenConfig, options: NetworkOptions, tls?: Pick<HttpOptions, 'tls'>): Promise<Open> {
  const http = await serve(place.port, {
    ...options,
    bind: place.bind,
    allow_hosts: place.allow_hosts,
    ...(tls ?? (await certificate(place.tls, options.tlsFolder))),
  })
  const { handshakes, accept } = options
  const sockets = serveSockets({ server: http.server, secure: http.secure, names: http.names, handshakes, accept })
  return { config: place, http, sockets }
}

async function close({ http, sockets }: Open): Promise<void> {
  sockets.close()
  await http.close()
}

/** At `port`, or at the usual one, or (when that is taken) at any. */
async function serve(port: number | undefined, http: Omit<HttpOptions, 'port'>) {
  try {
    return await serveHttp({ ...http, port: port ?? DEFAULT_PORT })
  } catch (error) {
    const taken = error instanceof CodedError && error.code === 'port_in_use'
    if (!taken || port !== undefined) throw error
    return serveHttp({ ...http, port: 0 })
  }
}

/** Tailscale's is kept in `folder`. Throws `tls_unusable`. */
async function certificate(tls: TlsSetting | undefined, folder: string): Promise<Pick<HttpOptions, 'tls'>> {
  if (tls === undefined) return {}
  if (tls !== 'tailscale') return { tls }
  const found = await tailscaleName()
  if (!found)
    throw new CodedError('tls_unusable', 'Tailscale gives this computer no name: is it running, with MagicDNS on?')
  return { tls: await tailscaleCertificate(folder, found.name) }
}

export function listenConfigOf({ port, bind, allow_hosts, tls }: NetworkSettings): ListenConfig {
  return { port, bind: parseBind(bind), allow_hosts, tls }
}
