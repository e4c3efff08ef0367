// A host: sessions, store, screens and the ways in, put together and taken apart. Knows no Electron, argv or terminal.
import { hostname } from 'node:os'
import { CodedError } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { openDataDir } from './data-dir.ts'
import { History } from './history/history.ts'
import type { HistoryLimits } from './history/types.ts'
import { createLog, type HostLog } from './log.ts'
import { Access } from './net/access.ts'
import { Connection, type Role } from './net/connection.ts'
import { serveHttp } from './net/http.ts'
import { listenLocal } from './net/local-socket.ts'
import { serveSockets } from './net/websocket.ts'
import { ScreenPool } from './screen/screen-pool.ts'
import { endLeftover } from './session/process-group.ts'
import type { Session } from './session/session.ts'
import { type Expiry, Sessions } from './session/sessions.ts'
import { expiryOf, limitsOf, readSettings } from './settings.ts'

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
  /** These three in place of what `settings.json` says. */
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

/** And that a session rang: who did not hear the first bell of a second does not hear its thousandth. */
const ATTENTION_MS = 1_000

/**
 * Starts a host. Throws `data_dir_unusable`, `host_running`, `settings_invalid`, `store_newer`, `store_damaged`, `port_in_use`,
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
  /** What clients come in by. */
  const entrances: (() => unknown)[] = []
  let log: HostLog | undefined
  const takeApart = async (steps: (() => unknown)[]) => {
    for (const step of steps.splice(0).reverse())
      try {
        await step()
      } catch (error) {
        // What comes after it, the processes and the lock on the folder, matters more than what failed.
        log?.error({ err: error }, 'a part of the host could not be taken apart')
      }
  }
  try {
    const dataDir = openDataDir(options.dataDir)
    undo.push(() => dataDir.release())
    const settings = readSettings(dataDir.settings)
    const hostLog = createLog(dataDir.log)
    log = hostLog
    undo.push(() => hostLog.close())
    // The history is there before the sessions that wait for it.
    let caughtUp = () => {}
    const history = await History.open(dataDir.database, options.limits ?? limitsOf(settings), {
      trouble: (code, message) => hostLog.error({ code }, message),
      well: () => hostLog.info({}, 'the history is written again'),
      committed: () => caughtUp(),
    })
    undo.push(() => history.close())
    for (const left of history.leftovers) if (left.process) endLeftover(left.process)
    const screens = new ScreenPool(options.version)
    undo.push(() => screens.close())

    const connections = new Set<Connection>()
    const rang = new WeakMap<Session, number>()
    let changes: NodeJS.Timeout | undefined
    const expiry = options.expiry ?? expiryOf(settings)
    const sessions: Sessions = new Sessions(
      {
        history,
        screens,
        shell: options.shell,
        home: options.home,
        env: options.env,
        single_client: options.single_client ?? settings.single_client,
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
          const now = performance.now()
          if (now - (rang.get(session) ?? Number.NEGATIVE_INFINITY) < ATTENTION_MS) return
          rang.set(session, now)
          for (const connection of connections) connection.attention(session.session_id)
        },
      },
    )
    caughtUp = () => sessions.reconsider()
    undo.push(() => clearTimeout(changes))
    const expiring = setInterval(() => sessions.expire(), expiry.check_ms)
    expiring.unref()
    undo.push(() => clearInterval(expiring))
    // As soon as there can be sessions. Clients see them end and are told why, and only then lose their connections.
    undo.push(() => takeApart(entrances))
    undo.push(() => {
      for (const connection of connections) connection.close(new CodedError('host_stopping', 'the host is stopping'))
    })
    undo.push(() => sessions.stop('host_stopped'))

    const used = new Set<() => void>()
    const access = new Access(() => {
      for (const listener of used) listener()
    })
    let origin = ''
    const address = () => `${origin}/#v1.${access.newSecret()}`
    const accept = (transport: Transport, role: Role) => {
      // A transport may be closed already, or its first frame be refused: then that is told before there is a connection.
      let open = true
      let leave = () => {}
      const connection: Connection = new Connection({
        transport,
        role,
        sessions,
        log: hostLog,
        address,
        host: {
          name: hostname(),
          pid: process.pid,
          version: options.version,
          platform: process.platform,
          shell: options.shell[0]!,
        },
        admit: hello => access.admit(hello),
        closed: () => {
          open = false
          leave()
        },
      })
      if (open) {
        connections.add(connection)
        leave = () => connections.delete(connection)
      }
      return connection
    }

    const http = await serve(options, bind, hostLog)
    entrances.push(() => http.close())
    origin = `http://${bind === '::1' ? '[::1]' : '127.0.0.1'}:${http.port}`
    const sockets = serveSockets({
      server: http.server,
      names: http.names,
      accept: (transport, peer) => {
        const connection = accept(transport, 'device')
        peer.authenticated(() => connection.authenticated)
      },
    })
    entrances.push(() => sockets.close())
    const local = await listenLocal(dataDir.socket, transport => accept(transport, 'local'))
    entrances.push(() => local.close())
    dataDir.announce({ pid: process.pid, socket: dataDir.socket, version: options.version, started_at: Date.now() })
    hostLog.info({ port: http.port, bind }, 'host started')

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
        stopping ??= takeApart(undo)
        return stopping
      },
    }
  } catch (error) {
    await takeApart(undo)
    throw error
  }
}

async function serve({ port, webRoot, version, allow_hosts = [] }: HostOptions, bind: string, log: HostLog) {
  const http = { bind: bind === 'localhost' ? ('loopback' as const) : [bind], webRoot, version, allow_hosts, log }
  try {
    return await serveHttp({ ...http, port: port ?? DEFAULT_PORT })
  } catch (error) {
    const taken = error instanceof CodedError && error.code === 'port_in_use'
    if (!taken || port !== undefined) throw error
    return serveHttp({ ...http, port: 0 })
  }
}
