// A host: sessions, store, screens and the ways in, put together and taken apart. Knows no Electron, argv or terminal.
import { hostname } from 'node:os'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { type Admit, Authenticator } from './access/authenticator.ts'
import { DeviceAdmin } from './access/device-admin.ts'
import { Devices } from './access/devices.ts'
import { readHostKey } from './access/host-key.ts'
import { Pairing } from './access/pairing.ts'
import { Connection, type Role } from './clients/connection.ts'
import { HistoryService } from './clients/history-service.ts'
import { openDataDir } from './files/data-dir.ts'
import { History } from './history/write/history.ts'
import type { HistoryLimits } from './history/write/worker-protocol.ts'
import type { Bind } from './listen/addresses.ts'
import type { Address } from './listen/candidates.ts'
import { HandshakeLimit, type HandshakeLimits } from './listen/handshake-limit.ts'
import { listenLocal } from './listen/local-socket.ts'
import { Network, type Place, placeOf, type TlsSetting } from './listen/network.ts'
import { createLog, type HostLog } from './log.ts'
import { Push } from './push/push.ts'
import { PUSH_SERVICES } from './push/push-services.ts'
import { ScreenPool } from './screen/screen-pool.ts'
import { endLeftover } from './session/process-group.ts'
import { findProgram } from './session/pty.ts'
import { type Expiry, type SessionRules, Sessions } from './session/sessions.ts'
import {
  expiryOf,
  limitsOf,
  parseSettings,
  readGiven,
  type Settings,
  shellOf,
  uploadLimitsOf,
} from './settings/settings.ts'
import { SettingsStore } from './settings/settings-store.ts'
import { Uploads } from './uploads/uploads.ts'

export { DEFAULT_PORT } from './listen/network.ts'

export interface HostOptions {
  dataDir: string
  webRoot: string
  version: string
  /** argv of the shell for sessions that name no command, unless the settings name one. */
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
  /** Left out: HANDSHAKE_LIMITS. */
  handshakes?: HandshakeLimits
  /** Push services that phones may be notified through, and who signs their certificates (PEM). Left out: PUSH_SERVICES. */
  push?: { services: readonly string[]; ca: string }
}

export interface Host {
  readonly pid: number
  readonly dataDir: string
  readonly port: number
  /** True when DEFAULT_PORT was wanted, is taken, and another one is used. */
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

/** How often a list of sessions is sent to those who watch it, at most. */
const CHANGES_MS = 50

/** How often files are removed whose session was forgotten for its age. */
const SWEEP_MS = 3_600_000

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
    const read = parseSettings(readGiven(dataDir.settings), dataDir.settings)
    const hostLog = createLog(dataDir.log)
    log = hostLog
    undo.push(() => hostLog.close())
    let settings: SettingsStore | undefined
    // The history is there before the sessions that wait for it.
    let caughtUp = () => {}
    const history = await History.open(dataDir.database, options.limits ?? limitsOf(read), {
      trouble: (code, message) => hostLog.error({ code }, message),
      well: () => hostLog.info({}, 'the history is written again'),
      committed: () => caughtUp(),
    })
    undo.push(() => history.close())
    const uploads: Uploads = new Uploads({
      folder: dataDir.uploads,
      limits: () => uploadLimitsOf(settings?.values ?? read),
      log: hostLog,
    })
    undo.push(() => uploads.close())
    for (const left of history.leftovers) if (left.process) endLeftover(left.process)
    const screens = new ScreenPool(options.version)
    undo.push(() => screens.close())

    const connections = new Set<Connection>()
    let push: Push | undefined
    let changes: NodeJS.Timeout | undefined
    const rules = rulesOf(options, read)
    const sessions: Sessions = new Sessions(
      {
        history,
        screens,
        home: options.home,
        env: options.env,
        ...rules,
        now: Date.now,
      },
      {
        changed: () => {
          changes ??= setTimeout(() => {
            changes = undefined
            for (const connection of connections) connection.sessionsChanged()
          }, CHANGES_MS)
        },
        attention: ({ session_id }, text) => {
          for (const connection of connections) connection.attention(session_id, text)
        },
        needsAttention: ({ session_id }) => push?.called(session_id),
        isWatched: () => [...connections].some(connection => connection.watching),
      },
    )
    caughtUp = () => sessions.historyCaughtUp()
    undo.push(() => clearTimeout(changes))
    const expiring = setInterval(() => sessions.expire(), rules.expiry.check_ms)
    expiring.unref()
    undo.push(() => clearInterval(expiring))
    // As soon as there can be sessions. Clients see them end and are told why, and only then lose their connections.
    undo.push(() => takeApart(entrances))
    undo.push(() => {
      for (const connection of connections) connection.close(new CodedError('host_stopping', 'the host is stopping'))
    })
    undo.push(() => sessions.stop('host_stopped'))
    const knows = (id: string) =>
      history.session(id).then(
        () => true,
        error => toCoded(error).code !== 'session_unknown',
      )
    const sweep = () => void uploads.sweep(knows).catch(error => hostLog.error({ err: error }, 'uploads stay'))
    sweep()
    const sweeping = setInterval(sweep, SWEEP_MS)
    sweeping.unref()
    undo.push(() => clearInterval(sweeping))
    const past = new HistoryService(history, sessions, uploads)
    undo.push(() => past.close())

    const follow = (next: Settings, before: Settings) => {
      if (!options.limits && JSON.stringify(limitsOf(next)) !== JSON.stringify(limitsOf(before)))
        history.setLimits(limitsOf(next))
      sessions.applyRules(rulesOf(options, next))
    }
    settings = new SettingsStore(read, {
      file: dataDir.settings,
      fixed: fixedBy(options),
      check: next => checkShell(next.shell, options),
      apply: async (next, before) => {
        // What can fail first; the rest cannot.
        const moveBack = await network?.move(placeFor(options, next))
        follow(next, before)
        return async () => {
          follow(before, next)
          await moveBack?.()
        }
      },
      changed: () => {
        forget()
        for (const connection of connections) connection.settingsChanged()
      },
      log: hostLog,
    })
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
      idle_ms: () => settings.values.device_days * 24 * 3_600_000,
      changed: tellDevices,
      ended: (device_id, why) => {
        for (const connection of of(device_id)) connection.close(why)
        if (why.code !== 'device_revoked') return
        // Nobody waits for an answer; and what it says is not sent to who is no device.
        try {
          push?.revoked(device_id)
        } catch (error) {
          hostLog.error({ code: toCoded(error).code }, 'the list of push subscriptions could not be written')
        }
      },
      log: hostLog,
    })
    undo.push(() => devices.close())
    const notifying = new Push({
      keyFile: dataDir.pushKey,
      file: dataDir.subscriptions,
      services: options.push?.services ?? PUSH_SERVICES,
      ca: options.push?.ca,
      enabled: () => settings.values.push,
      devices: () => devices.list(),
      present: device_id => of(device_id).some(connection => connection.present),
      calling: session_id => {
        const { title, attention } = sessions.find(session_id)?.info() ?? {}
        return attention ? { title: title ?? '', text: attention.text } : undefined
      },
      changed: tellDevices,
      log: hostLog,
    })
    push = notifying
    undo.push(() => notifying.close())
    const forget = () => devices.expire(device_id => of(device_id).length > 0)
    const forgetting = setInterval(forget, DEVICES_CHECK_MS)
    forgetting.unref()
    undo.push(() => clearInterval(forgetting))
    const pairing = new Pairing({
      admit: who => devices.admit(who),
      secretChanged: tellPairing,
      requestsChanged: tellDevices,
    })
    undo.push(() => pairing.close())
    let network: Network | undefined
    const addresses = () => network?.addresses() ?? []
    const desk = new DeviceAdmin({
      hostKey: staticKey.publicKey,
      devices,
      pairing,
      addresses,
      connected: device_id => of(device_id).length,
      notified: device_id => notifying.has(device_id),
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
        uploads,
        log: hostLog,
        admit,
        desk,
        settings,
        push: notifying,
        host: {
          name: hostname(),
          pid: process.pid,
          version: options.version,
          platform: process.platform,
          shell: rulesOf(options, settings.values).shell[0]!,
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
    const entrance = new Authenticator({
      staticKey,
      devices,
      pairing,
      enter: (transport, admit) => connect(transport, 'device', admit),
      log: hostLog,
    })

    network = await Network.open(placeFor(options, read), {
      webRoot: options.webRoot,
      version: options.version,
      tlsFolder: dataDir.tls,
      onPage: address => desk.pageRequested(address),
      onAddresses: tellPairing,
      handshakes: new HandshakeLimit(options.handshakes),
      accept: (transport, from) => entrance.accept(transport, from),
      log: hostLog,
    })
    const served = network
    entrances.push(() => served.close())
    const local = await listenLocal(dataDir.socket, acceptLocal)
    entrances.push(() => local.close())
    dataDir.announce({ pid: process.pid, socket: dataDir.socket, version: options.version, started_at: Date.now() })
    hostLog.info({ port: network.port, secure: network.secure }, 'host started')

    let stopping: Promise<void> | undefined
    return {
      pid: process.pid,
      dataDir: dataDir.path,
      get port() {
        return served.port
      },
      get otherPort() {
        return served.otherPort
      },
      addresses,
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

/** Options stand in place of settings. */
function rulesOf(options: HostOptions, settings: Settings): SessionRules {
  return {
    shell: shellOf(settings) ?? options.shell,
    single_client: options.single_client ?? settings.single_client,
    expiry: options.expiry ?? expiryOf(settings),
  }
}

function placeFor(options: HostOptions, settings: Settings): Place {
  const place = placeOf(settings)
  return {
    port: options.port ?? place.port,
    bind: options.bind ?? place.bind,
    allow_hosts: options.allow_hosts ?? place.allow_hosts,
    tls: options.tls ?? place.tls,
  }
}

/** The settings that mean nothing to a host with these options. */
function fixedBy(options: HostOptions): string[] {
  return [
    ...(['port', 'bind', 'allow_hosts', 'tls', 'single_client'] as const).filter(name => options[name] !== undefined),
    ...(options.limits ? ['session_megabytes', 'total_megabytes', 'retention_days'] : []),
    ...(options.expiry ? ['idle_hours', 'end_busy'] : []),
  ]
}

/** A shell that is not there would be noticed only by the next session, on a phone. */
function checkShell(shell: Settings['shell'], { home, env }: HostOptions): void {
  const [program] = shellOf({ shell }) ?? []
  if (program === undefined) return
  try {
    findProgram(program, home, env.PATH ?? '')
  } catch (cause) {
    throw new CodedError('settings_invalid', `shell: ${toCoded(cause).message}`, { cause })
  }
}
