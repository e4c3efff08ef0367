// The tray icon and its menu. The only file that knows Electron's Tray; knows nothing of windows or the host's inside.
import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import type { HostClient } from '../../../protocol/client/client.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Place } from './main-window.ts'
import type { Popover } from './popover.ts'

export interface TrayOptions {
  client: HostClient
  assets: string
  open(place?: Place): void
  popover: Pick<Popover, 'show' | 'toggle'>
  /** A person looks at a window now: what rings there needs no mark. */
  looking(): boolean
  /** A newer version, if one is known. */
  update(): string | undefined
  quit(): void
}

/** A tray menu is read at a glance; the window lists all. */
const MOST_SESSIONS = 10
const TITLE_CHARACTERS = 40

const mac = process.platform === 'darwin'

/** Electron removes a tray icon that nobody refers to. */
let tray: Tray | undefined

/** `seen`: the person has come, and the mark goes. `refresh`: `update` may say something else. */
export function startTray(options: TrayOptions): { seen(): void; refresh(): void } {
  const { client, assets, popover } = options
  tray = new Tray(trayImage(assets))
  // Some of Linux' panels tell no click, only open the menu, and none says where the icon is.
  tray.on('click', (_event, icon) => popover.toggle(icon))
  // A menu that is set takes every click on macOS; so there it is opened by the other button.
  let menu: Menu | undefined
  if (mac) tray.on('right-click', () => menu && tray?.popUpContextMenu(menu))
  let shown = ''
  let running: SessionInfo[] = []
  let waiting = 0
  /** Sessions that rang since the window was seen last. */
  const rang = new Set<string>()
  let marked = false
  const show = () => {
    // The list changes with every line that a session prints; a menu that is open must not be replaced under the pointer.
    const ringing = running.filter(session => rang.has(session.session_id))
    const mark = ringing.length > 0 || waiting > 0
    if (mark !== marked) {
      marked = mark
      tray?.setImage(trayImage(assets, mark))
    }
    const what = JSON.stringify([
      options.update(),
      waiting,
      ringing.map(session => session.session_id),
      running.map(session => [session.session_id, session.title]),
    ])
    if (what === shown) return
    shown = what
    tray?.setToolTip(tooltip(running.length, ringing))
    menu = Menu.buildFromTemplate(template(running, waiting, rang, options))
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
    if (options.looking()) return
    rang.add(session_id)
    show()
  })
  client.watch()
  client.watchDevices()
  show()
  return {
    seen: () => {
      rang.clear()
      show()
    },
    refresh: show,
  }
}

function trayImage(assets: string, mark = false) {
  // macOS tints a template image to fit its menu bar; elsewhere nobody says how dark the panel is, so the icon has its own ground.
  const name = `tray${mark ? 'Attention' : ''}${mac ? 'Template' : ''}.png`
  return nativeImage.createFromPath(join(assets, 'tray', name))
}

function template(
  running: SessionInfo[],
  waiting: number,
  rang: ReadonlySet<string>,
  { client, open, popover, update, quit }: TrayOptions,
): MenuItemConstructorOptions[] {
  // The newest first: it is the one that a person means.
  const sessions = running.toReversed()
  const items = sessions.slice(0, MOST_SESSIONS).map(
    (session): MenuItemConstructorOptions => ({
      label: `${rang.has(session.session_id) ? '● ' : ''}${label(session)}`,
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
  const version = update()
  const newer: MenuItemConstructorOptions[] = version
    ? [{ label: `Version ${version} is there…`, click: () => open('settings') }]
    : []
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
    { label: 'Show Sessions', click: () => popover.show() },
    { label: 'Open Window', click: () => open() },
    ...newer,
    { label: 'Settings', click: () => open('settings') },
    { type: 'separator' },
    { label: 'Quit', click: () => quit() },
  ]
}

function label(session: SessionInfo): string {
  // An ampersand in a menu marks the next letter as its key.
  return titleOf(session).replaceAll('&', '&&')
}

function titleOf(session: SessionInfo): string {
  const title = session.title || session.command.join(' ')
  return title.length > TITLE_CHARACTERS ? `${title.slice(0, TITLE_CHARACTERS - 1)}…` : title
}

function tooltip(running: number, ringing: SessionInfo[]): string {
  const [first, ...more] = ringing
  if (first) return `On the Go: ${titleOf(first)} rang${more.length > 0 ? `, and ${more.length} more` : ''}`
  if (running === 0) return 'On the Go'
  return running === 1 ? 'On the Go: 1 session runs' : `On the Go: ${running} sessions run`
}
