// Entry of the desktop app: reads the environment, takes the single-instance lock, connects the parts.
import '../host/processes/no-debugger.ts'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { app, dialog, Menu, nativeTheme, powerMonitor } from 'electron'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { defaultDataDir } from '../host/files/host-info.ts'
import { LOG_LEVELS, type LogLevel, parseLogLevel } from '../host/log/logger.ts'
import { packageRoot } from '../host/package-root.ts'
import { loginShell } from '../host/session/shell.ts'
import { startNotifications } from './attention/notifications.ts'
import { startTroubleNotifications } from './attention/trouble-notifications.ts'
import { HostLink } from './host-link.ts'
import { allowAppScheme, serveApp } from './pages/app-protocol.ts'
import { guardContents, guardSession } from './pages/guards.ts'
import { acceptActions } from './pages/page-actions.ts'
import { acceptPorts } from './pages/page-ports.ts'
import { handlePreferences } from './pages/page-preferences.ts'
import { handleUpdates } from './pages/page-updates.ts'
import { startPairingAlert } from './pairing-alert.ts'
import { Quit } from './quit.ts'
import { KeepAwake } from './system/keep-awake.ts'
import { AT_LOGIN, setStartAtLogin, startsAtLogin } from './system/login-start.ts'
import { applyChange, readPreferences, writePreferences } from './system/preferences.ts'
import { Updates } from './updates/updates.ts'
import { MainWindow } from './windows/main-window.ts'
import { appMenu } from './windows/menu.ts'
import { Popover } from './windows/popover.ts'
import { startTray } from './windows/tray.ts'

const root = packageRoot()
const dataDir = defaultDataDir(process.env)
const assets = join(root.path, 'assets')

// Chromium's files are in the data folder too. Its single-instance lock belongs to this folder, so there is one app per
// data folder, and tests can run beside the user's app.
const profile = join(dataDir, 'desktop')

app.setName('On the Go')
app.setAppUserModelId('app.onthego.desktop')
// Otherwise Chromium asks for the keyring's password on Linux. Nothing is kept in its password store.
app.commandLine.appendSwitch('password-store', 'basic')
allowAppScheme()
guardContents()

if (!prepareProfile()) {
  fail(new CodedError('data_dir_unusable', `cannot create the data folder ${dataDir}; set OTG_DATA_DIR to another one`))
} else if (!app.requestSingleInstanceLock()) {
  process.stderr.write('On the Go is already running; its window comes to the front\n')
  app.quit()
} else {
  // Not awaited: Electron becomes ready only after this module is evaluated.
  app.whenReady().then(start).catch(fail)
}

function prepareProfile(): boolean {
  try {
    mkdirSync(profile, { recursive: true, mode: 0o700 })
  } catch {
    return false
  }
  app.setPath('userData', profile)
  return true
}

/** The level of `host.log`; one that does not exist is reported and ignored, because an app has to start. */
function readLogLevel({ OTG_LOG }: NodeJS.ProcessEnv): LogLevel | undefined {
  const level = OTG_LOG ? parseLogLevel(OTG_LOG) : undefined
  if (OTG_LOG && !level)
    process.stderr.write(`on-the-go: OTG_LOG takes ${LOG_LEVELS.join(', ')}, not ${OTG_LOG}; using info\n`)
  return level
}

async function start(): Promise<void> {
  const logLevel = readLogLevel(process.env)
  const link = new HostLink({
    dataDir,
    webRoot: root.webRoot,
    version: root.version,
    shell: loginShell(process.env),
    home: homedir(),
    env: process.env,
    login_environment: true,
    ...(logLevel === undefined ? {} : { log_level: logLevel }),
  })
  /** Titles of the running sessions. */
  let titles: string[] = []
  const quit = new Quit({ running: () => link.running(), titles: () => titles, stop: () => link.stop() })
  // The tray and the sessions need no window. Without a listener, Electron would quit.
  app.on('window-all-closed', () => {})
  Menu.setApplicationMenu(appMenu())

  await link.open()
  guardSession()
  serveApp(root.rendererRoot)
  acceptPorts(transport => link.serve(transport))
  const preload = join(import.meta.dirname, 'pages', 'preload.cjs')
  const window = new MainWindow({ preload, icon: join(assets, 'icon.png') })
  const popover = new Popover({ preload, changed: () => tray.refresh() })
  const client = link.client()
  client.on('sessions', sessions => {
    titles = sessions.filter(one => one.state === 'running').map(one => one.title || one.command.join(' '))
  })
  const updates = new Updates({
    env: process.env,
    changed: () => tray.refresh(),
    quit: (version, install) => void quit.request({ version, install }),
  })
  const isPresent = () => window.focused || popover.visible
  const tray = startTray({
    client,
    assets,
    open: location => window.open(location),
    popover,
    isPresent,
    update: () => ('version' in updates.state ? updates.state.version : undefined),
    quit: () => quit.request(),
  })
  window.onFocusChange(() => tray.refresh())
  startNotifications({
    client,
    icon: join(assets, 'icon.png'),
    open: location => window.open(location),
    isFocused: isPresent,
  })
  startTroubleNotifications({
    client,
    icon: join(assets, 'icon.png'),
    open: location => window.open(location),
    isFocused: isPresent,
  })
  handleUpdates(updates, root.version)
  acceptActions(action => {
    popover.hide()
    if (action.type === 'open') window.open(action.location === 'window' ? undefined : action.location)
    else if (action.type === 'quit') void quit.request()
  })
  startPreferences(client, updates)
  // After sleep, a connection can be dead without an event, and another process's host can be gone.
  powerMonitor.on('resume', () => client.probe())
  startPairingAlert(client, () => window.bringToFront('phone'))
  app.on('second-instance', () => window.open())
  app.on('activate', () => window.open())
  if (!process.argv.includes(AT_LOGIN)) window.open()
}

/** Applies the app's own preferences now and whenever a page changes them. */
function startPreferences(client: LocalClient, updates: Updates): void {
  const file = join(profile, 'preferences.json')
  const keepAwake = new KeepAwake()
  let preferences = readPreferences(file)
  const apply = () => {
    nativeTheme.themeSource = preferences.theme
    keepAwake.setWanted(preferences.keep_awake)
    updates.setFeed(preferences.update_feed)
  }
  apply()
  client.on('sessions', sessions => keepAwake.setRunning(sessions.filter(one => one.state === 'running').length))
  handlePreferences(({ start_at_login, ...change }) => {
    if (start_at_login !== undefined) setStartAtLogin(start_at_login, process.env)
    if (Object.keys(change).length > 0) {
      const next = applyChange(preferences, change)
      writePreferences(file, next)
      preferences = next
      apply()
    }
    return { ...preferences, start_at_login: startsAtLogin(process.env), awake: keepAwake.awake }
  })
}

/** Reports the error on standard error and in a dialog, because there may be no terminal, and exits. */
function fail(error: unknown): void {
  const { code, message } = toCoded(error)
  process.stderr.write(`on-the-go: ${message} (${code})\n`)
  app.whenReady().then(async () => {
    await dialog.showMessageBox({
      type: 'error',
      title: 'On the Go',
      message: 'On the Go cannot start',
      detail: message,
    })
    app.exit(1)
  })
}
