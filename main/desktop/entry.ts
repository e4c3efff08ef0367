// The desktop app's start: reads the environment, takes the lock, puts the parts together. Knows no part's inside.
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { app, dialog, Menu, nativeTheme, powerMonitor } from 'electron'
import type { HostClient } from '../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { defaultDataDir } from '../host/files/data-dir.ts'
import { packageRoot } from '../host/package-root.ts'
import { loginShell } from '../host/session/shell.ts'
import { HostLink } from './host-link.ts'
import { allowAppScheme, serveApp } from './pages/app-protocol.ts'
import { guardContents, guardSession } from './pages/guards.ts'
import { acceptActions } from './pages/page-actions.ts'
import { acceptPorts } from './pages/page-ports.ts'
import { answerPreferences } from './pages/page-preferences.ts'
import { answerUpdates } from './pages/page-updates.ts'
import { startDoorbell } from './pairing-alert.ts'
import { Quit } from './quit.ts'
import { KeepAwake } from './system/keep-awake.ts'
import { AT_LOGIN, setStartAtLogin, startsAtLogin } from './system/login-start.ts'
import { changed, readPreferences, writePreferences } from './system/preferences.ts'
import { Updates } from './updates/updates.ts'
import { MainWindow } from './windows/main-window.ts'
import { appMenu } from './windows/menu.ts'
import { Popover } from './windows/popover.ts'
import { startTray } from './windows/tray.ts'

const root = packageRoot()
const dataDir = defaultDataDir(process.env)
const assets = join(root.path, 'assets')

// Chromium's own files lie in the data folder too, and its single-instance lock goes by this folder: so there is one app
// per data folder, and one for tests beside the one that a person uses.
const profile = join(dataDir, 'desktop')

app.setName('On the Go')
app.setAppUserModelId('app.onthego.desktop')
// On Linux the system's keyring is asked for a password otherwise; nothing here is kept in Chromium's store.
app.commandLine.appendSwitch('password-store', 'basic')
allowAppScheme()
guardContents()

if (!prepareProfile()) {
  fail(
    new CodedError('data_dir_unusable', `the data folder ${dataDir} cannot be created; name another in OTG_DATA_DIR`),
  )
} else if (!app.requestSingleInstanceLock()) {
  process.stderr.write('On the Go runs already; its window comes to the front\n')
  app.quit()
} else {
  // Not awaited at the top level: Electron becomes ready only after this module has been evaluated.
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

async function start(): Promise<void> {
  const link = new HostLink({
    dataDir,
    webRoot: root.webRoot,
    version: root.version,
    shell: loginShell(process.env),
    home: homedir(),
    env: process.env,
  })
  /** What runs in this process, called as a person knows it. */
  let titles: string[] = []
  const quit = new Quit({ running: () => link.running(), titles: () => titles, stop: () => link.stop() })
  // Also without windows there is something to do: the tray, and the sessions. Without a listener Electron would quit.
  app.on('window-all-closed', () => {})
  Menu.setApplicationMenu(appMenu())

  await link.open()
  guardSession()
  serveApp(root.rendererRoot)
  acceptPorts(transport => link.serve(transport))
  const preload = join(import.meta.dirname, 'pages', 'preload.cjs')
  const window = new MainWindow({ preload, icon: join(assets, 'icon.png') })
  const popover = new Popover({ preload, seen: () => tray.seen() })
  const client = link.client()
  client.on('sessions', sessions => {
    titles = sessions.filter(one => one.state === 'running').map(one => one.title || one.command.join(' '))
  })
  const updates = new Updates({
    env: process.env,
    changed: () => tray.refresh(),
    leave: (version, install) => void quit.ask({ version, install }),
  })
  const tray = startTray({
    client,
    assets,
    open: place => window.open(place),
    popover,
    looking: () => window.focused || popover.visible,
    update: () => ('version' in updates.state ? updates.state.version : undefined),
    quit: () => quit.ask(),
  })
  window.onSeen(() => tray.seen())
  answerUpdates(updates, root.version)
  acceptActions(action => {
    popover.hide()
    if (action.type === 'open') window.open(action.place === 'window' ? undefined : action.place)
    else if (action.type === 'quit') void quit.ask()
  })
  startPreferences(client, updates)
  // After sleep a connection may be dead without having been told; a joined host may be gone.
  powerMonitor.on('resume', () => client.probe())
  startDoorbell(client, () => window.call('phone'))
  app.on('second-instance', () => window.open())
  app.on('activate', () => window.open())
  if (!process.argv.includes(AT_LOGIN)) window.open()
}

/** The app's own preferences, in force now and whenever a page changes them. */
function startPreferences(client: HostClient, updates: Updates): void {
  const file = join(profile, 'preferences.json')
  const keepAwake = new KeepAwake()
  let preferences = readPreferences(file)
  const follow = () => {
    nativeTheme.themeSource = preferences.theme
    keepAwake.want(preferences.keep_awake)
    updates.use(preferences.update_feed)
  }
  follow()
  client.on('sessions', sessions => keepAwake.sessions(sessions.filter(one => one.state === 'running').length))
  answerPreferences(({ start_at_login, ...change }) => {
    if (start_at_login !== undefined) setStartAtLogin(start_at_login, process.env)
    if (Object.keys(change).length > 0) {
      const next = changed(preferences, change)
      writePreferences(file, next)
      preferences = next
      follow()
    }
    return { ...preferences, start_at_login: startsAtLogin(process.env), awake: keepAwake.awake }
  })
}

/** There is nobody to answer a protocol error to, and perhaps no terminal: said in both places, then out. */
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
