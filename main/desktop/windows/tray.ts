// The tray icon and its menu. The only file that imports Electron's Tray.
import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { WindowLocation } from './main-window.ts'
import type { Popover } from './popover.ts'

export interface TrayOptions {
  client: LocalClient
  assets: string
  open(location?: WindowLocation): void
  popover: Pick<Popover, 'show' | 'toggle'>
  /** Whether the user is at a window of the app, so that the tray needs no mark. */
  isPresent(): boolean
  /** A newer version, if one is known. */
  update(): string | undefined
  quit(): void
}

/** Sessions in the menu; the window lists all. */
const MAX_SESSIONS = 10
const TITLE_CHARACTERS = 40

const mac = process.platform === 'darwin'

/** Kept here because Electron removes a tray icon that is garbage-collected. */
let tray: Tray | undefined

/** Call `seen` when the user has come to a window, which removes the mark, and `refresh` when `update` changes. */
export function startTray(options: TrayOptions): { seen(): void; refresh(): void } {
  const { client, assets, popover } = options
  tray = new Tray(trayImage(assets))
  // Some Linux panels report no click and only open the menu; none reports the icon's position.
  tray.on('click', (_event, icon) => popover.toggle(icon))
  // On macOS, a menu that is set takes every click, so there the right button opens it.
  let menu: Menu | undefined
  if (mac) tray.on('right-click', () => menu && tray?.popUpContextMenu(menu))
  let shown = ''
  let running: SessionInfo[] = []
  let waiting = 0
  /** Sessions that need attention since the user was last at a window. */
  const ringing = new Set<string>()
  let marked = false
  const show = () => {
    // The list changes with every line of output, but an open menu must not be replaced under the pointer.
    const attention = running.filter(session => ringing.has(session.session_id))
    const mark = attention.length > 0 || waiting > 0
    if (mark !== marked) {
      marked = mark
      tray?.setImage(trayImage(assets, mark))
    }
    const content = JSON.stringify([
      options.update(),
      waiting,
      attention.map(session => session.session_id),
      running.map(session => [session.session_id, session.title]),
    ])
    if (content === shown) return
    shown = content
    tray?.setToolTip(tooltip(running.length, attention))
    menu = Menu.buildFromTemplate(template(running, waiting, ringing, options))
    if (!mac) tray?.setContextMenu(menu)
  }
  client.on('sessions', sessions => {
    running = sessions.filter(session => session.state === 'running')
    show()
  })
  client.on('devices', ({ requests }) => {
    waiting = requests.length
    show()
  })
  client.on('attention', ({ session_id }) => {
    if (options.isPresent()) return
    ringing.add(session_id)
    show()
  })
  client.watch()
  client.watchDevices()
  show()
  return {
    seen: () => {
      ringing.clear()
      show()
    },
    refresh: show,
  }
}

function trayImage(assets: string, mark = false) {
  // macOS tints a template image to match its menu bar. Other systems do not report how dark the panel is, so there the icon
  // has its own background.
  const name = `tray${mark ? 'Attention' : ''}${mac ? 'Template' : ''}.png`
  return nativeImage.createFromPath(join(assets, 'tray', name))
}

function template(
  running: SessionInfo[],
  waiting: number,
  ringing: ReadonlySet<string>,
  { client, open, popover, update, quit }: TrayOptions,
): MenuItemConstructorOptions[] {
  // Newest first.
  const sessions = running.toReversed()
  const items = sessions.slice(0, MAX_SESSIONS).map(
    (session): MenuItemConstructorOptions => ({
      label: `${ringing.has(session.session_id) ? '● ' : ''}${label(session)}`,
      click: () => open({ session: session.session_id }),
    }),
  )
  if (items.length === 0) items.push({ label: 'No running sessions', enabled: false })
  if (sessions.length > MAX_SESSIONS)
    items.push({ label: `${sessions.length - MAX_SESSIONS} more…`, click: () => open() })
  // Without names, which strangers choose; the window shows them together with code and address.
  const requestsLabel = waiting === 1 ? '1 phone wants to pair…' : `${waiting} phones want to pair…`
  const requests: MenuItemConstructorOptions[] =
    waiting > 0 ? [{ label: requestsLabel, click: () => open('phone') }, { type: 'separator' }] : []
  const version = update()
  const newer: MenuItemConstructorOptions[] = version
    ? [{ label: `Update to ${version}…`, click: () => open('settings') }]
    : []
  return [
    ...requests,
    ...items,
    { type: 'separator' },
    {
      label: 'New session',
      click: () => {
        client.create({}).then(
          session => open({ session: session.session_id }),
          () => open(), // the window shows the error
        )
      },
    },
    { label: 'History', click: () => open('history') },
    { label: 'Pair a phone', click: () => open('phone') },
    { label: 'Show sessions', click: () => popover.show() },
    { label: 'Open window', click: () => open() },
    ...newer,
    { label: 'Settings', click: () => open('settings') },
    { type: 'separator' },
    { label: 'Quit', click: () => quit() },
  ]
}

function label(session: SessionInfo): string {
  // In a menu, an ampersand marks the next letter as its access key.
  return titleOf(session).replaceAll('&', '&&')
}

function titleOf(session: SessionInfo): string {
  const title = session.title || session.command.join(' ')
  return title.length > TITLE_CHARACTERS ? `${title.slice(0, TITLE_CHARACTERS - 1)}…` : title
}

function tooltip(running: number, attention: SessionInfo[]): string {
  const [first, ...more] = attention
  if (first && more.length === 0) return `On the Go: ${titleOf(first)} needs attention`
  if (first) return `On the Go: ${titleOf(first)} and ${more.length} more need attention`
  if (running === 0) return 'On the Go'
  return `On the Go: ${running} running ${running === 1 ? 'session' : 'sessions'}`
}
