// The tray icon and its menu. The only file that imports Electron's Tray.
import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { SessionInfo, Trouble } from '../../../protocol/messages.ts'
import { linesOf } from '../../../protocol/shown-question.ts'
import {
  answerOrOpen,
  approvalOf,
  isUnseen,
  optionText,
  reasonOf,
  summarize,
  titleOf,
  waitingSessions,
} from '../attention/waits.ts'
import type { WindowLocation } from './main-window.ts'
import type { Popover } from './popover.ts'

export interface TrayOptions {
  client: LocalClient
  assets: string
  open(location?: WindowLocation): void
  popover: Pick<Popover, 'show' | 'toggle'>
  /** Whether the user is at a window of the app, which shows what needs attention: the tray needs no mark. */
  isPresent(): boolean
  /** A newer version, if one is known. */
  update(): string | undefined
  quit(): void
}

/** Sessions in the menu; the window lists all. */
const MAX_SESSIONS = 10

/** Lines of a question that can be answered in the menu; a longer one is read in the window. */
const MAX_LINES = 9

const mac = process.platform === 'darwin'

/** Kept here because Electron removes a tray icon that is garbage-collected. */
let tray: Tray | undefined

/** Call `refresh` when `isPresent` or `update` changes. */
export function startTray(options: TrayOptions): { refresh(): void } {
  const { client, assets, popover } = options
  tray = new Tray(trayImage(assets))
  // Some Linux panels report no click and only open the menu; none reports the icon's position.
  tray.on('click', (_event, icon) => popover.toggle(icon))
  // On macOS, a menu that is set takes every click, so there the right button opens it.
  let menu: Menu | undefined
  if (mac) tray.on('right-click', () => menu && tray?.popUpContextMenu(menu))
  let shown = ''
  let sessions: readonly SessionInfo[] = []
  let phones = 0
  let troubles: readonly Trouble[] = []
  let marked = false
  const show = () => {
    // While the app quits, windows close after the tray is gone.
    if (!tray || tray.isDestroyed()) return
    const waiting = waitingSessions(sessions)
    const running = sessions.filter(session => session.state === 'running')
    const mark = phones > 0 || troubles.length > 0 || (waiting.some(isUnseen) && !options.isPresent())
    if (mark !== marked) {
      marked = mark
      tray.setImage(trayImage(assets, mark))
    }
    // The list changes with every line of output, but an open menu must not be replaced under the pointer.
    const content = JSON.stringify([
      options.update(),
      phones,
      troubles.map(({ title }) => title),
      waiting.map(session => [
        session.session_id,
        session.attention?.kind,
        reasonOf(session),
        approvalOf(session, MAX_LINES)?.question_id,
      ]),
      running.map(session => [session.session_id, session.title]),
    ])
    if (content === shown) return
    shown = content
    tray.setToolTip(tooltip(running.length, waiting, troubles))
    menu = Menu.buildFromTemplate(template(running, waiting, { phones, troubles }, options))
    if (!mac) tray.setContextMenu(menu)
  }
  client.on('sessions', list => {
    sessions = list
    show()
  })
  client.on('devices', ({ requests }) => {
    phones = requests.length
    show()
  })
  client.on('troubles', list => {
    troubles = list
    show()
  })
  client.watch()
  client.watchHealth()
  client.watchDevices()
  show()
  return { refresh: show }
}

function trayImage(assets: string, mark = false) {
  // macOS tints a template image to match its menu bar. Other systems do not report how dark the panel is, so there the icon
  // has its own background.
  const name = `tray${mark ? 'Attention' : ''}${mac ? 'Template' : ''}.png`
  return nativeImage.createFromPath(join(assets, 'tray', name))
}

function template(
  running: SessionInfo[],
  waiting: SessionInfo[],
  { phones, troubles }: { phones: number; troubles: readonly Trouble[] },
  options: TrayOptions,
): MenuItemConstructorOptions[] {
  const { client, open, popover, update, quit } = options
  // Newest first.
  const others = running.filter(session => !waiting.includes(session)).toReversed()
  const sessions = [...waiting, ...others]
  const items = sessions
    .slice(0, MAX_SESSIONS)
    .map(session => (waiting.includes(session) ? waitingItem(session, options) : sessionItem(session, options)))
  if (items.length === 0) items.push({ label: 'No running sessions', enabled: false })
  if (sessions.length > MAX_SESSIONS)
    items.push({ label: `${sessions.length - MAX_SESSIONS} more…`, click: () => open() })
  // Without names, which strangers choose; the window shows them together with code and address.
  const requestsLabel = phones === 1 ? '1 phone wants to pair…' : `${phones} phones want to pair…`
  const requests: MenuItemConstructorOptions[] =
    phones > 0 ? [{ label: requestsLabel, click: () => open('phone') }, { type: 'separator' }] : []
  const version = update()
  const newer: MenuItemConstructorOptions[] = version
    ? [{ label: `Update to ${version}…`, click: () => open('settings') }]
    : []
  const wrong: MenuItemConstructorOptions[] = troubles.map(({ title }) => ({
    label: label(`⚠ ${title}…`),
    click: () => open('trouble'),
  }))
  if (wrong.length > 0) wrong.push({ type: 'separator' })
  return [
    ...wrong,
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

function sessionItem(session: SessionInfo, { open }: TrayOptions): MenuItemConstructorOptions {
  return { label: label(titleOf(session)), click: () => open({ session: session.session_id }) }
}

/** A session that needs a person. An approval can be given here: its options are in a submenu. */
function waitingItem(session: SessionInfo, options: TrayOptions): MenuItemConstructorOptions {
  const { client, open } = options
  const { session_id, attention } = session
  const openIt = () => open({ session: session_id })
  const text = `● ${label(`${titleOf(session)}: ${reasonOf(session)}`)}`
  const question = approvalOf(session, MAX_LINES)
  if (!question) return { label: text, click: openIt }
  const { question_id } = question
  const about = linesOf(question).map(line => ({ label: label(line), enabled: false }))
  const seen = { label: 'Mark as seen', click: () => void client.markSeen(session_id).catch(() => {}) }
  return {
    label: text,
    submenu: [
      ...about,
      ...question.options.map((option, index) => ({
        label: label(optionText(option)),
        click: () => answerOrOpen(options, { session_id, question_id, option: index }),
      })),
      { type: 'separator' },
      { label: 'Open', click: openIt },
      ...(attention ? [seen] : []),
    ],
  }
}

/** In a menu, an ampersand marks the next letter as its access key. */
function label(text: string): string {
  return text.replaceAll('&', '&&')
}

function tooltip(running: number, waiting: SessionInfo[], troubles: readonly Trouble[]): string {
  if (troubles[0]) return `On the Go: ${troubles[0].title}`
  if (waiting.length > 0) return `On the Go: ${summarize(waiting)}`
  if (running === 0) return 'On the Go'
  return `On the Go: ${running} running ${running === 1 ? 'session' : 'sessions'}`
}
