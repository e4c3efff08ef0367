// A host: sessions, store, screens and the ways in, put together and taken apart. Knows no Electron, argv or terminal.
import { hostname } from 'node:os'
import { CodedError } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { openDataDir } from './data-dir.ts'
import { History } from './history/history.ts'
import { DEFAULT_LIMITS, type HistoryLimits } from './history/types.ts'
import { createLog } from './log.ts'
import { Access } from './net/access.ts'
import { Connection, type Role } from './net/connection.ts'
import { loopbackHosts } from './net/hosts.ts'
import { serveHttp } from './net/http.ts'
import { listenLocal } from './net/local-socket.ts'
import { serveSockets } from './net/websocket.ts'
import { ScreenPool } from './screen/screen-pool.ts'
import { endLeftover } from './session/process-group.ts'
import { DEFAULT_EXPIRY, type Expiry, Sessions } from './session/sessions.ts'

export interface HostOptions {
  dataDir: string
  /** Left out: DEFAULT_PORT, or any free one when that is taken. 0: any free one. */
  port?: number
  /** Loopback only, until devices are paired over an encrypted channel. */
  bind?: string
  webRoot: string
  /** Further names by which the host may be called, as a proxy or a tunnel has them. With a port unless it is 80 or 443. */
  allow_hosts?: string[]
  version: string
  /** argv of the shell for sessions that name no command. */
  shell: string[]
  home: string
  env: NodeJS.ProcessEnv
  limits?: HistoryLimits
  expiry?: Expiry
  /** Each session takes one client at a time; one that returns keeps its place. */
  single_client?: boolean
}

export interface Host {
  readonly pid: number
  readonly dataDir: string
  readonly port: number
  /** True when DEFAULT_PORT was taken and another one is used. */
  readonly otherPort: boolean
  /** A fresh address: opens the web client in a browser, once. */
  address(): string
  /** Calls when an address was used, so that whoever shows it can show a fresh one. Returns how to stop that. */
  onAddressUsed(listener: () => void): () => void
  /** Takes a transport that another part of this process made (a MessagePort), as `local`. */
  accept(transport: Transport): void
  /** How many sessions run. */
  running(): number
  /** The most bytes that a screen was behind its session's output since the host started. */
  largestScreenLag(): number
  /** Ends all sessions, flushes and closes everything. Twice is fine. */
  stop(): Promise<void>
}

/** Not registered with IANA, and outside what systems hand out as ephemeral ports. */
export const DEFAULT_PORT = 7317

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

/** How often a list of sessions is sent to those who watch it, at most. */
const CHANGES_MS = 50

/**
 * Starts a host. Throws `data_dir_unusable`, `host_running`, `store_newer`, `store_damaged`, `port_in_use`,
 * `bind_refused`, `web_client_missing`; then nothing is left behind.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const bind = options.bind ?? '127.0.0.1'
  if (!LOOPBACK.has(bind))
    throw new CodedError(
      'bind_refused',
      `${bind} is not loopback; without pairing only 127.0.0.1 or ::1 is listened on`,
    )
  // Taken apart in the opposite order, whether at the end or because a later step failed.
  const undo: (() => unknown)[] = []
  const takeApart = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const dataDir = openDataDir(options.dataDir)
    undo.push(() => dataDir.release())
    const log = createLog(dataDir.log)
    undo.push(() => log.close())
    // The history is there before the sessions that wait for it.
    let caughtUp = () => {}
    const history = await History.open(dataDir.database, options.limits ?? DEFAULT_LIMITS, {
      trouble: (code, message) => log.error({ code }, message),
      well: () => log.info({}, 'the history is written again'),
      committed: () => caughtUp(),
    })
    undo.push(() => history.close())
    for (const left of history.leftovers) if (left.process) endLeftover(left.process)
    const screens = new ScreenPool(options.version)
    undo.push(() => screens.close())

    const connections = new Set<Connection>()
    let changes: NodeJS.Timeout | undefined
    const expiry = options.expiry ?? DEFAULT_EXPIRY
    const sessions: Sessions = new Sessions(
      {
        history,
        screens,
        shell: options.shell,
        home: options.home,
        env: options.env,
        single_client: options.single_client === true,
        expiry,
        now: Date.now,
      },
      {
        changed: () => {
          changes ??= setTimeout(() => {
            changes = undefined
            for (const connection of connections) connection.sessionsChanged()
          }, CHANGES_MS)
        },
        bell: session => {
          for (const connection of connections) connection.attention(session.session_id)
        },
      },
    )
    caughtUp = () => sessions.reconsider()
    undo.push(() => clearTimeout(changes))
    const expiring = setInterval(() => sessions.expire(), expiry.check_ms)
    expiring.unref()
    undo.push(() => clearInterval(expiring))

    const used = new Set<() => void>()
    const access = new Access(() => {
      for (const listener of used) listener()
    })
    let origin = ''
    const address = () => `${origin}/#v1.${access.newSecret()}`
    const accept = (transport: Transport, role: Role) => {
      const connection: Connection = new Connection({
        transport,
        role,
        sessions,
        log,
        address,
        host: {
          name: hostname(),
          pid: process.pid,
          version: options.version,
          platform: process.platform,
          shell: options.shell[0]!,
        },
        admit: hello => access.admit(hello),
        closed: () => connections.delete(connection),
      })
      connections.add(connection)
      return connection
    }

    let hosts: ReadonlySet<string> = new Set()
    const http = await serve(options, bind, () => hosts)
    undo.push(() => http.close())
    hosts = new Set([...loopbackHosts(http.port), ...(options.allow_hosts ?? [])])
    origin = `http://${bind === '::1' ? '[::1]' : '127.0.0.1'}:${http.port}`
    const sockets = serveSockets({
      server: http.server,
      hosts: () => hosts,
      accept: (transport, peer) => {
        const connection = accept(transport, 'device')
        peer.authenticated(() => connection.authenticated)
      },
    })
    undo.push(() => sockets.close())
    const local = await listenLocal(dataDir.socket, transport => accept(transport, 'local'))
    undo.push(() => local.close())
    undo.push(() => {
      for (const connection of connections) connection.close(new CodedError('host_stopping', 'the host is stopping'))
    })
    undo.push(() => sessions.stop('host_stopped'))
    dataDir.announce({ pid: process.pid, socket: dataDir.socket, version: options.version, started_at: Date.now() })
    log.info({ port: http.port, bind }, 'host started')

    let stopping: Promise<void> | undefined
    return {
      pid: process.pid,
      dataDir: dataDir.path,
      port: http.port,
      otherPort: options.port === undefined && http.port !== DEFAULT_PORT,
      address,
      onAddressUsed: listener => {
        used.add(listener)
        return () => used.delete(listener)
      },
      accept: transport => void accept(transport, 'local'),
      running: () => sessions.running().length,
      largestScreenLag: () => sessions.largestScreenLag,
      stop: () => {
        stopping ??= takeApart()
        return stopping
      },
    }
  } catch (error) {
    await takeApart()
    throw error
  }
}

async function serve(options: HostOptions, bind: string, hosts: () => ReadonlySet<string>) {
  const { webRoot, version } = options
  try {
    return await serveHttp({ bind, port: options.port ?? DEFAULT_PORT, webRoot, version, hosts })
  } catch (error) {
    const taken = error instanceof CodedError && error.code === 'port_in_use'
    if (!taken || options.port !== undefined) throw error
    return serveHttp({ bind, port: 0, webRoot, version, hosts })
  }
}
