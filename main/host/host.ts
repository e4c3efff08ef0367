// A host, put together and taken apart: sessions, history, screens, and the two entrances for clients.
import { hostname } from 'node:os'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { type Admit, Authenticator } from './access/authenticator.ts'
import { ControlGrants } from './access/control-grants.ts'
import { DeviceAdmin } from './access/device-admin.ts'
import { Devices, deviceIdOf } from './access/devices.ts'
import { HostKey, SAVE_AGAIN_MS } from './access/host-key.ts'
import { type ClientAccess, LocalClients } from './access/local-clients.ts'
import { Pairing } from './access/pairing.ts'
import type { Role } from './access/permissions.ts'
import { markDescendants, processesByProc, processesByPs } from './access/processes.ts'
import { builtInRules } from './agents/rule-files.ts'
import { ScreenRules } from './agents/screen-rules.ts'
import { UserRules } from './agents/user-rules.ts'
import { AtRest } from './at-rest/at-rest.ts'
import { SystemKeystore } from './at-rest/keystore.ts'
import { Budgets } from './budget/device-budget.ts'
import { PacedTransport } from './budget/paced-transport.ts'
import { Connections, TITLES_MS } from './clients/connections.ts'
import { HistoryService } from './clients/history-service.ts'
import { systemClocks } from './clock/clocks.ts'
import { DeletionClock } from './clock/deletion-clock.ts'
import { FOLDER_CHECK_MS, openDataDir } from './data-folder/data-dir.ts'
import { createHealth } from './health/host-health.ts'
import { TROUBLES } from './health/troubles.ts'
import { History } from './history/write/history.ts'
import {
  checkShell,
  type Host,
  type HostOptions,
  listenConfig,
  loginEnvironment,
  overriddenSettings,
  sessionRules,
} from './host-options.ts'
import { statusSource } from './host-status.ts'
import { CLAIMED_LIMITS, HANDSHAKE_LIMITS, HandshakeLimit } from './listen/handshake-limit.ts'
import { listenLocal } from './listen/local-socket.ts'
import { Network } from './listen/network.ts'
import { canTellPeers, type Peer } from './listen/peer-process.ts'
import { FrameTrace } from './log/frame-trace.ts'
import { createLog } from './log/host-log.ts'
import { notificationAdmin } from './notification-admin.ts'
import { Notifier } from './notify/notifier.ts'
import { NotifySecrets } from './notify/secrets.ts'
import { maySeeTrouble, TroubleNotices, troubleOf } from './notify/trouble-notices.ts'
import { Parts } from './parts.ts'
import { beginRun, endRun, runToText } from './processes/host-run.ts'
import { bootId } from './processes/identity.ts'
import { Leftovers } from './processes/leftovers.ts'
import { SessionProcesses } from './processes/session-processes.ts'
import { Push } from './push/push.ts'
import { pushNotificationOf, pushNotificationOfTrouble } from './push/push-message.ts'
import { PUSH_SERVICES } from './push/push-services.ts'
import { ScreenPool } from './screen/screen-pool.ts'
import { lookAtSession, Sessions } from './session/sessions.ts'
import {
  limitsOf,
  notifierSettingsOf,
  parseSettings,
  readSettingsFile,
  type Settings,
  uploadLimitsOf,
} from './settings/settings.ts'
import { SettingsStore } from './settings/settings-store.ts'
import { Upkeep } from './upkeep/upkeep.ts'
import { Uploads } from './uploads/uploads.ts'

export type { Host, HostOptions } from './host-options.ts'
export { DEFAULT_PORT } from './listen/network.ts'

/** How often devices that did not connect for long are removed; the limit is a matter of days. */
const DEVICES_CHECK_MS = 3_600_000

/**
 * Starts a host. Throws `data_dir_unusable`, `host_running`, `settings_invalid`, `host_key_damaged`, `devices_damaged`,
 * `keystore_unavailable`, `keystore_locked`, `keystore_key_missing`, `store_newer`, `store_damaged`, `port_in_use`, `bind_refused`, `tls_unusable`, `trace_unusable`, `web_client_missing`;
 * then nothing is left behind.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  // Taken apart at the end, or because a later part failed.
  const undo = new Parts()
  const entrances = new Parts()
  try {
    const marking = markDescendants()
    const run = beginRun()
    undo.push(() => endRun(run))
    const dataDir = openDataDir(options.dataDir, run)
    undo.push(() => dataDir.release())
    const initialSettings = parseSettings(readSettingsFile(dataDir.settings), dataDir.settings)
    const hostLog = createLog(dataDir.log, options.log_level ?? initialSettings.log_level)
    undo.log = entrances.log = hostLog
    undo.push(() => hostLog.close())
    const trace = options.trace === undefined ? undefined : new FrameTrace(options.trace, hostLog)
    undo.push(() => trace?.close())
    const clocks = options.clocks ?? systemClocks()
    const connections = new Connections(hostLog, trace)
    let notices: TroubleNotices | undefined
    const hostHealth = createHealth({
      file: dataDir.health,
      log: hostLog,
      changed: () => connections.healthChanged(),
      began: kind => notices?.began(kind),
    })
    const { health } = hostHealth
    hostLog.onFailing(hostHealth.logFailing)
    const login = loginEnvironment(options, hostHealth.loginEnvironment, hostLog)
    undo.push(hostHealth.close, () => login?.close())
    let settings: SettingsStore | undefined
    // The history opens before the sessions that wait for it.
    let historyCaughtUp = () => {}
    let recordAgain = (_isNew: boolean) => {}
    let historyService: HistoryService | undefined
    const atRest = await AtRest.open({
      folder: dataDir.path,
      database: dataDir.database,
      files: [dataDir.hostKey, dataDir.devices, dataDir.pushKey, dataDir.subscriptions, dataDir.notifySecrets],
      mode: initialSettings.keystore,
      keystore: options.keystore ?? new SystemKeystore(),
      saved: hostHealth.saved,
      log: hostLog,
    })
    const { file: database, error: notConverted } = await atRest.prepareHistory()
    if (notConverted !== undefined) health.begin('history_not_converted', { message: notConverted })
    const plainCopies = atRest.plainCopies()
    if (plainCopies.length > 0)
      health.begin('copies_not_encrypted', { path: dataDir.path, message: plainCopies.join(', ') })
    const history = await History.open(database, options.limits ?? limitsOf(initialSettings), {
      ...hostHealth.recording,
      committed: () => historyCaughtUp(),
      reopening: async () => historyService?.reopening(),
      reopened: isNew => {
        recordAgain(isNew)
        historyService?.reopened()
      },
    })
    undo.push(() => history.close())
    const deletionClock = new DeletionClock({
      file: dataDir.clock,
      clocks,
      boot_id: bootId(),
      newest: history.newest,
      health,
      log: hostLog,
    })
    undo.push(() => deletionClock.close())
    const date = () => deletionClock.date()
    deletionClock.start(at => history.setDeletionTime(at))
    const uploads: Uploads = new Uploads({
      folder: dataDir.uploads,
      limits: () => uploadLimitsOf(settings?.values ?? initialSettings),
      log: hostLog,
    })
    undo.push(() => uploads.close())
    const processes = new SessionProcesses(dataDir.processes, hostLog)
    const leftovers = new Leftovers({
      dataDir: dataDir.path,
      records: processes,
      health,
      log: hostLog,
      kill_after_ms: options.timing?.kill_after_ms,
    })
    undo.push(() => leftovers.stop())
    leftovers.begin(history.leftovers)
    undo.every(FOLDER_CHECK_MS, () => dataDir.check(health))
    const ruleFiles = builtInRules()
    const screens = new ScreenPool(options.version, ruleFiles, { died: hostHealth.screensDied })
    undo.push(() => screens.close())
    const screenRules = new ScreenRules(ruleFiles)
    const userRules = new UserRules({
      folder: dataDir.rules,
      builtIn: ruleFiles,
      changed: files => {
        screenRules.replace(files)
        screens.setRules(files)
      },
      log: hostLog,
    })
    undo.push(() => userRules.close())

    let push: Push | undefined
    let notifier: Notifier | undefined
    const rules = sessionRules(options, initialSettings)
    const sessions: Sessions = new Sessions(
      {
        history,
        screens,
        rules: screenRules,
        home: options.home,
        env: options.env,
        login: () => ((settings?.values ?? initialSettings).login_environment ? login : undefined),
        dataDir: dataDir.path,
        run: runToText(run),
        processes,
        ...rules,
        clocks,
        date,
        log: hostLog,
        timing: options.timing,
      },
      {
        changed: () => connections.sessionsChanged(),
        retitled: () => connections.sessionsChanged(TITLES_MS),
        attention: ({ session_id }, text) => connections.attention(session_id, text),
        needsAttention: (session, kind) => {
          const isDue = notifier?.decide(kind, session.notifyChoice) ?? true
          if (isDue) notifier?.notify(session.session_id)
          return isDue
        },
        isWatched: () => connections.isWatched(),
        ended: session_id => health.sessionEnded(session_id),
      },
    )
    historyCaughtUp = () => sessions.historyCaughtUp()
    recordAgain = isNew => sessions.recordAgain(isNew)
    undo.push(() => connections.dispose())
    undo.every(rules.expiry.check_ms, () => sessions.expire())
    // From here on there can be sessions. Clients see them end, with the reason, and only then lose their connections.
    undo.push(() => entrances.takeApart())
    undo.push(() => connections.closeAll(new CodedError('host_stopping', 'the host is stopping')))
    undo.push(() => sessions.stop('host_stopped'))
    uploads.startSweeping(id => history.session(id), hostHealth.isHistoryLost)
    const requests = new HistoryService(history, sessions, uploads, hostHealth.lookupsDied)
    historyService = requests
    undo.push(() => requests.close())

    const applySettings = (next: Settings, before: Settings) => {
      if (!options.limits && JSON.stringify(limitsOf(next)) !== JSON.stringify(limitsOf(before)))
        history.setLimits(limitsOf(next))
      sessions.applyRules(sessionRules(options, next))
      hostLog.setLevel(options.log_level ?? next.log_level)
      if (next.login_environment && !before.login_environment) void login?.renew()
    }
    settings = new SettingsStore(initialSettings, {
      file: dataDir.settings,
      fixed: overriddenSettings(options),
      check: next => checkShell(next.shell, options),
      apply: async (next, before) => {
        // The steps that can fail come first.
        const revert = await atRest.change(next.keystore)
        let restore: (() => Promise<void>) | undefined
        try {
          restore = await network?.reconfigure(listenConfig(options, next))
        } catch (error) {
          await revert()
          throw error
        }
        applySettings(next, before)
        return async () => {
          applySettings(before, next)
          await revert()
          await restore?.()
        }
      },
      changed: () => {
        expireDevices()
        localClients.recheck()
        connections.settingsChanged()
      },
      log: hostLog,
    })
    const settingsStore = settings
    undo.push(() => settingsStore.close())
    const devicesChanged = () => connections.devicesChanged()
    const hostKey = HostKey.open(dataDir.hostKey, atRest)
    undo.every(SAVE_AGAIN_MS, () => hostKey.trySave())
    const devices = new Devices({
      file: dataDir.devices,
      files: atRest,
      idle_ms: () => settings.values.device_days * 24 * 3_600_000,
      ask_again_ms: () => settings.values.ask_again_days * 24 * 3_600_000,
      now: date,
      deletionTime: () => deletionClock.now(),
      changed: devicesChanged,
      ended: (device_id, why) => {
        connections.closeDevice(device_id, why)
        sessions.dropInput(device_id)
        localClients.deviceChanged(device_id)
        if (why.code !== 'device_revoked') return
        pairing.revoke(key => deviceIdOf(key) === device_id)
        // No request waits for this; and its error message must not reach a client that is no longer a device.
        try {
          push?.deviceRevoked(device_id)
        } catch (error) {
          hostLog.error({ code: toCoded(error).code }, 'the list of push subscriptions could not be written')
        }
      },
      log: hostLog,
    })
    undo.push(() => devices.close())
    const pushNotifications = new Push({
      keyFile: dataDir.pushKey,
      file: dataDir.subscriptions,
      files: atRest,
      services: options.push?.services ?? PUSH_SERVICES,
      ca: options.push?.ca,
      enabled: () => settings.values.push,
      devices: () => devices.list().map(device => ({ ...device, is_let_in: devices.isLetIn(device) })),
      isPresent: device_id => connections.isPresent(device_id),
      maySeeTrouble: (id, device) => maySeeTrouble(id, device, health),
      notificationOf: session_id => {
        const trouble = troubleOf(session_id, health)
        if (trouble) return pushNotificationOfTrouble(TROUBLES[trouble.kind].title)
        const info = sessions.find(session_id)?.info()
        return info && pushNotificationOf(info)
      },
      changed: devicesChanged,
      log: hostLog,
    })
    push = pushNotifications
    undo.push(() => pushNotifications.close())
    const secrets = new NotifySecrets(dataDir.notifySecrets, hostLog, atRest)
    notifier = new Notifier({
      settings: () => notifierSettingsOf(settingsStore.values),
      secrets,
      sessionOf: session_id => sessions.find(session_id)?.info(),
      health,
      push: pushNotifications,
      ca: options.notify_ca,
      log: hostLog,
    })
    const outgoing = notifier
    undo.push(() => outgoing.close())
    notices = new TroubleNotices({
      health,
      mayTell: () => outgoing.mayTellTrouble(),
      tell: id => outgoing.notify(id),
      tell_after_ms: options.timing?.tell_trouble_ms,
    })
    undo.push(() => notices?.close())
    const notifications = notificationAdmin(settingsStore, secrets, outgoing, () => connections.settingsChanged())
    const expireDevices = () => devices.expire(device_id => connections.count(device_id) > 0)
    undo.every(DEVICES_CHECK_MS, expireDevices)
    const pairing = new Pairing({
      clocks,
      admit: candidate => devices.admit(candidate),
      secretChanged: () => connections.pairingChanged(),
      requestsChanged: devicesChanged,
    })
    undo.push(() => pairing.close())
    let network: Network | undefined
    const addresses = () => network?.addresses() ?? []
    const deviceAdmin = new DeviceAdmin({
      hostKey,
      devices,
      pairing,
      addresses,
      connected: device_id => connections.count(device_id),
      notified: device_id => pushNotifications.has(device_id),
      pairingChanged: () => connections.pairingChanged(),
    })

    const linux = process.platform === 'linux'
    // Every session's processes bear the mark: it is set before there can be one.
    const mark = await marking
    if (linux && mark === undefined) hostLog.warn({}, 'processes of sessions cannot be marked: prlimit is missing')
    const localClients = new LocalClients({
      processes: linux ? processesByProc(mark) : processesByPs(),
      host: process.pid,
      leaders: () => sessions.running(),
      grants: new ControlGrants({
        session: id => sessions.running().find(({ session_id }) => session_id === id),
        allowsAll: () => settings.values.agents_may_control,
        allowAll: () => settings.change({ agents_may_control: true }),
        now: () => performance.now(),
      }),
      look: id => lookAtSession(id, sessions, history),
      canTellPeers,
      isUnlimited: device_id =>
        devices.list().some(one => one.device_id === device_id && !one.read_only && !one.sessions),
    })
    outgoing.rootOf = session_id => localClients.rootOf(session_id)
    const upkeep = new Upkeep({
      folder: dataDir.path,
      database,
      files: atRest,
      version: options.version,
      history,
      health,
    })
    undo.push(() => upkeep.close())
    const started_at = Date.now()
    const status = statusSource({
      started_at,
      health,
      history,
      login: () => (settings.values.login_environment ? login : undefined),
      addresses,
      running: () => sessions.running().length,
      devices: () => devices.list(),
      isConnected: device_id => connections.count(device_id) > 0,
      folder: dataDir,
    })
    const budgets = new Budgets()
    const connect = (
      id: number,
      transport: Transport,
      socket: PacedTransport,
      role: Role,
      admit: Admit,
      access: ClientAccess,
    ) =>
      connections.connect(id, {
        transport,
        socket,
        budgets,
        role,
        access,
        sessions,
        history: requests,
        uploads,
        admit,
        deviceAdmin,
        settings,
        push: pushNotifications,
        notifications,
        health: { health, status },
        upkeep,
        host: {
          name: hostname(),
          pid: process.pid,
          version: options.version,
          platform: process.platform,
          shell: sessionRules(options, settings.values).shell[0]!,
        },
      })
    const acceptLocal = (transport: Transport, access: ClientAccess) => {
      const socket = new PacedTransport(transport)
      connect(connections.nextId(), socket, socket, 'local', admitLocal, access)
    }
    const authenticator = new Authenticator({
      staticKey: hostKey.pair,
      devices,
      pairing,
      nextId: () => connections.nextId(),
      connect: (id, channel, socket, admit) => connect(id, channel, socket, 'device', admit, localClients.unrestricted),
      handshake_ms: options.timing?.handshake_ms,
      log: hostLog,
    })

    const listening = await Network.open(listenConfig(options, initialSettings), {
      webRoot: options.webRoot,
      version: options.version,
      tlsFolder: dataDir.tls,
      onPage: address => deviceAdmin.pageRequested(address),
      onAddresses: () => connections.pairingChanged(),
      hostKey: hostKey.publicKey,
      handshakes: {
        strangers: new HandshakeLimit(options.handshakes ?? HANDSHAKE_LIMITS),
        claimed: new HandshakeLimit(options.handshakes ?? CLAIMED_LIMITS),
      },
      timing: options.timing,
      accept: (transport, peer, progress) => authenticator.accept(transport, peer, progress),
      log: hostLog,
      health,
      notAccepted: hostHealth.notAccepted,
    })
    network = listening
    entrances.push(() => listening.close())
    const acceptPeer = (transport: Transport, peer: Peer) => acceptLocal(transport, localClients.of(peer))
    const local = await listenLocal(dataDir.socket, acceptPeer, hostHealth.notAccepted)
    entrances.push(() => local.close())
    history.started()
    dataDir.announce({ pid: process.pid, socket: dataDir.socket, version: options.version, started_at })
    hostLog.info({ port: listening.port, secure: listening.secure }, 'host started')
    if (settings.values.login_environment) void login?.renew()

    let stopping: Promise<void> | undefined
    return {
      pid: process.pid,
      dataDir: dataDir.path,
      get port() {
        return listening.port
      },
      get otherPort() {
        return listening.otherPort
      },
      addresses,
      accept: transport => acceptLocal(transport, localClients.unrestricted),
      running: () => sessions.running().length,
      largestScreenLag: () => sessions.largestScreenLag,
      pragma: pragma => history.pragma(pragma),
      stop: () => {
        stopping ??= undo.takeApart()
        return stopping
      },
    }
  } catch (error) {
    await undo.takeApart()
    throw error
  }
}

/** Only this user can open the local socket, and has every permission. */
const admitLocal: Admit = (_name, verdict) => {
  verdict.admitted(undefined)
  return () => {}
}
