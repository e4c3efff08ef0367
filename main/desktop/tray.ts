// The tray icon and its menu. The only file that knows Electron's Tray; knows nothing of windows or the host's inside.
import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import type { HostClient } from '../../protocol/client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import type { Place } from './windows.ts'

export interface TrayOptions {
  client: HostClient
  assets: string
  open(place?: Place): void
  quit(): void
}

/** A tray menu is read at a glance; the window lists all. */
const MOST_SESSIONS = 10
const TITLE_CHARACTERS = 40

/** Electron removes a tray icon that nobody refers to. */
let tray: Tray | undefined

export function startTray(options: TrayOptions): void {
  const { client, assets } = options
  tray = new Tray(trayImage(assets))
  // On macOS a click opens the menu, and should open nothing else.
  if (process.platform !== 'darwin') tray.on('click', () => options.open())
  let shown = ''
  let running: SessionInfo[] = []
  let waiting = 0
  const show = () => {
    // The list changes with every line that a session prints; a menu that is open must not be replaced under the pointer.
    const what = JSON.stringify([waiting, running.map(session => [session.session_id, session.title])])
    if (what === shown) return
    shown = what
    tray?.setToolTip(tooltip(running.length))
    tray?.setContextMenu(Menu.buildFromTemplate(template(running, waiting, options)))
  }
  client.on('sessions', sessions => {
    running = sessions.filter(session => session.state === 'running')
    show()
  })
  client.on('devices', ({ requests }) => {
    waiting = requests.length
    show()
  })
  client.watch()
  client.watchDevices()
  show()
}

function trayImage(assets: string) {
  // macOS tints a template image to fit its menu bar; elsewhere nobody says how dark the panel is, so the icon has its own ground.
  const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'
  return nativeImage.createFromPath(join(assets, 'tray', name))
}

function template(
  running: SessionInfo[],
  waiting: number,
  { client, open, quit }: TrayOptions,
): MenuItemConstructorOptions[] {
  // The newest first: it is the one that a person means.
  const sessions = running.toReversed()
  const items = sessions.slice(0, MOST_SESSIONS).map(
    (session): MenuItemConstructorOptions => ({
      label: label(session),
      click: () => open({ session: session.session_id }),
    }),
  )
  if (items.length === 0) items.push({ label: 'No sessions', enabled: false })
  if (sessions.length > MOST_SESSIONS)
    items.push({ label: `${sessions.length - MOST_SESSIONS} more…`, click: () => open() })
  // Without their names, which strangers chose: the window shows those with what tells them apart.
  const asks = waiting === 1 ? '1 phone asks to be let in…' : `${waiting} phones ask to be let in…`
  const asking: MenuItemConstructorOptions[] =
    waiting > 0 ? [{ label: asks, click: () => open('phone') }, { type: 'separator' }] : []
  return [
    ...asking,
    ...items,
    { type: 'separator' },
    {
      label: 'New Session',
      click: () => {
        client.create({}).then(
          session => open({ session: session.session_id }),
          () => open(), // the window says what is wrong with the host
        )
      },
    },
    { label: 'History', click: () => open('history') },
    { label: 'Show QR Code', click: () => open('phone') },
    { label: 'Open Window', click: () => open() },
    { type: 'separator' },
    { label: 'Quit', click: () => quit() },
  ]
}

function label(session: SessionInfo): string {
  const title = session.title || session.command.join(' ')
  const short = title.length > TITLE_CHARACTERS ? `${title.slice(0, TITLE_CHARACTERS - 1)}…` : title
  // An ampersand in a menu marks the next letter as its key.
  return short.replaceAll('&', '&&')
}

function tooltip(running: number): string {
  if (running === 0) return 'On the Go'
  return running === 1 ? 'On the Go: 1 session runs' : `On the Go: ${running} sessions run`
}
