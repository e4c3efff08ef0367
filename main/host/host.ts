// A host: sessions, store, screens and the ways in, put together and taken apart. Knows no Electron, argv or terminal.
import { hostname } from 'node:os'
import { CodedError } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { openDataDir } from './data-dir.ts'
import { History } from './history/history.ts'
import type { HistoryLimits } from './history/types.ts'
import { createLog, type HostLog } from './log.ts'
import { type Bind, parseBind } from './net/addresses.ts'
import type { Address } from './net/candidates.ts'
import { Connection, type Role } from './net/connection.ts'
import { Desk } from './net/desk.ts'
import { Devices } from './net/devices.ts'
import { type Admit, Entrance } from './net/entrance.ts'
import { readHostKey } from './net/host-key.ts'
import { type HttpOptions, serveHttp } from './net/http.ts'
import { listenLocal } from './net/local-socket.ts'
import { tailscaleName } from './net/names.ts'
import { Pairing } from './net/pairing.ts'
import { tailscaleCertificate } from './net/tls.ts'
import { serveSockets } from './net/websocket.ts'
import { Past } from './past.ts'
import { ScreenPool } from './screen/screen-pool.ts'
import { endLeftover } from './session/process-group.ts'
import type { Session } from './session/session.ts'
import { type Expiry, Sessions } from './session/sessions.ts'
import { expiryOf, limitsOf, readSettings, type TlsSetting } from './settings.ts'

export interface HostOptions {
  dataDir: string
  webRoot: string
  version: string
  /** argv of the shell for sessions that name no command. */
  shell: string[]
  home: string
  env: NodeJS.ProcessEnv
  // All that follow stand in place of what `settings.json` says.
  /** Left out there too: DEFAULT_PORT, or any free one when that is taken. 0: any free one. */
  port?: number
  bind?: Bind
  /** Further names by which the host may be called, as a proxy or a tunnel has them. With a port unless it is 80 or 443. */
  allow_hosts?: string[]
  /** PEM files, or the certificate that Tailscale obtains. */
  tls?: TlsSetting
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
  /** Where its page is, the best address first. Who has no key gets nothing there. */
  addresses(): Address[]
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

/** How often a list of sessions is sent to those who watch it, at most. */
const CHANGES_MS = 50

/** And that a session rang: who did not hear the first bell of a second does not hear its thousandth. */
const ATTENTION_MS = 1_000

/** How often devices that were away for long are looked for; it is a matter of days. */
const DEVICES_CHECK_MS = 3_600_000

/**
 * Starts a host. Throws `data_dir_unusable`, `host_running`, `settings_invalid`, `host_key_damaged`, `devices_damaged`,
 * `store_newer`, `store_damaged`, `port_in_use`, `bind_refused`, `tls_unusable`, `web_client_missing`; then nothing is left
 * behind.
 */
export async function createHost(options: HostOptions): Promise<Host> {
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
    const past = new Past(history, sessions)
    undo.push(() => past.close())

    const tellPairing = () => {
      for (const connection of connections) connection.pairingChanged()
    }
    const tellDevices = () => {
      for (const connection of connections) connection.devicesChanged()
    }
    const of = (device_id: string) => [...connections].filter(connection => connection.device_id === device_id)
    const staticKey = readHostKey(dataDir.hostKey)
    const devices = new Devices({
      file: dataDir.devices,
      idle_ms: settings.device_days * 24 * 3_600_000,
      changed: tellDevices,
      ended: (device_id, why) => {
        for (const connection of of(device_id)) connection.close(why)
      },
      log: hostLog,
    })
    undo.push(() => devices.close())
    const forgetting = setInterval(() => devices.expire(device_id => of(device_id).length > 0), DEVICES_CHECK_MS)
    forgetting.unref()
    undo.push(() => clearInterval(forgetting))
    const pairing = new Pairing({
      admit: who => devices.admit(who),
      secretChanged: tellPairing,
      requestsChanged: tellDevices,
    })
    undo.push(() => pairing.close())
    let addresses: () => Address[] = () => []
    const desk = new Desk({
      hostKey: staticKey.publicKey,
      devices,
      pairing,
      addresses: () => addresses(),
      connected: device_id => of(device_id).length,
      pairingChanged: tellPairing,
    })

    const connect = (transport: Transport, role: Role, admit: Admit) => {
      // A transport may be closed already, or its first frame be refused: then that is told before there is a connection.
      let open = true
      let leave = () => {}
      const connection: Connection = new Connection({
        transport,
        role,
        sessions,
        past,
        log: hostLog,
        admit,
        desk,
        host: {
          name: hostname(),
          pid: process.pid,
          version: options.version,
          platform: process.platform,
          shell: options.shell[0]!,
        },
        admitted: () => {
          if (role === 'device') tellDevices()
        },
        closed: () => {
          open = false
          leave()
        },
      })
      if (!open) return
      connections.add(connection)
      leave = () => {
        connections.delete(connection)
        if (connection.device_id) tellDevices()
      }
    }
    const acceptLocal = (transport: Transport) => connect(transport, 'local', admitDesktop)
    const entrance = new Entrance({
      staticKey,
      devices,
      pairing,
      enter: (transport, admit) => connect(transport, 'device', admit),
      log: hostLog,
    })

    const port = options.port ?? settings.port
    const http = await serve(port, {
      bind: options.bind ?? parseBind(settings.bind),
      webRoot: options.webRoot,
      version: options.version,
      allow_hosts: options.allow_hosts ?? settings.allow_hosts,
      ...(await certificate(options.tls ?? settings.tls, dataDir.tls)),
      onPage: address => desk.pageAsked(address),
      onAddresses: tellPairing,
      log: hostLog,
    })
    entrances.push(() => http.close())
    addresses = http.addresses
    const sockets = serveSockets({
      server: http.server,
      secure: http.secure,
      names: http.names,
      accept: (transport, from) => entrance.accept(transport, from),
    })
    entrances.push(() => sockets.close())
    const local = await listenLocal(dataDir.socket, acceptLocal)
    entrances.push(() => local.close())
    dataDir.announce({ pid: process.pid, socket: dataDir.socket, version: options.version, started_at: Date.now() })
    hostLog.info({ port: http.port, secure: http.secure }, 'host started')

    let stopping: Promise<void> | undefined
    return {
      pid: process.pid,
      dataDir: dataDir.path,
      port: http.port,
      otherPort: port === undefined && http.port !== DEFAULT_PORT,
      addresses: () => addresses(),
      accept: acceptLocal,
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

/** Who reaches the local socket is this user, and may do everything. */
const admitDesktop: Admit = (_name, verdict) => {
  verdict.admitted(undefined)
  return () => {}
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
