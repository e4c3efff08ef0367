// Desktop notifications of sessions that need a person. The only file that imports Electron's Notification.
import { Notification, powerMonitor } from 'electron'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { linesOf } from '../../../protocol/shown-question.ts'
import { NotifiedWaits } from './notified-waits.ts'
import {
  answerOrOpen,
  approvalOf,
  escapeMarkup,
  isUnseen,
  LINE_CHARACTERS,
  optionText,
  reasonOf,
  shorten,
  titleOf,
} from './waits.ts'

export interface NotificationOptions {
  client: LocalClient
  icon: string
  open(location: { session: string }): void
  /** Whether a window of the app has the focus: it shows what needs attention. */
  isFocused(): boolean
}

/** More would cover the screen. The oldest one leaves; the tray's menu lists all. */
const MAX_SHOWN = 8

/** Windows shows five buttons at most. Of a question with more options, none is shown. */
const MAX_BUTTONS = 5

/** What systems show of a notification at once. */
const MAX_LINES = 4

/** After this long without input to the computer, a window that has the focus does not count as seen. */
const AWAY_SECONDS = 180

export function startNotifications(options: NotificationOptions): void {
  const { client } = options
  const notified = new NotifiedWaits()
  /** Kept here, too, because Electron forgets the clicks of a notification that is garbage-collected. */
  const shown = new Map<string, Notification>()
  const close = (session_id: string) => {
    const notification = shown.get(session_id)
    shown.delete(session_id)
    notification?.close()
  }
  const show = (session: SessionInfo, silent: boolean) => {
    const { session_id } = session
    close(session_id)
    if (!Notification.isSupported()) return
    const [oldest] = shown.keys()
    if (oldest !== undefined && shown.size >= MAX_SHOWN) close(oldest)
    const notification = notificationOf(session, silent, options)
    shown.set(session_id, notification)
    notification.on('close', () => {
      if (shown.get(session_id) === notification) shown.delete(session_id)
    })
    notification.show()
  }
  client.on('state', ({ name }) => {
    if (name !== 'ready') notified.reset()
  })
  client.on('sessions', sessions => {
    const { begun, changed, ended } = notified.update(sessions)
    for (const session_id of ended) close(session_id)
    // After a reconnect, NotifiedWaits does not know what was answered meanwhile.
    const waiting = new Set(sessions.filter(isUnseen).map(one => one.session_id))
    for (const session_id of shown.keys()) if (!waiting.has(session_id)) close(session_id)
    for (const session of changed) if (shown.has(session.session_id)) show(session, true)
    for (const session of begun) {
      const isPresent = options.isFocused() && powerMonitor.getSystemIdleTime() < AWAY_SECONDS
      // The host knows the user's choice of kinds, sessions and quiet hours.
      if (!isPresent && !session.attention?.silent) show(session, false)
      // What it says is no longer what the session waits for.
      else close(session.session_id)
    }
  })
}

function notificationOf(session: SessionInfo, silent: boolean, { client, icon, open }: NotificationOptions) {
  const { session_id, activity } = session
  const approval = approvalOf(session, MAX_LINES)
  const buttons = approval && approval.options.length <= MAX_BUTTONS ? approval.options : []
  const question = activity?.question
  const lines = question ? linesOf(question).slice(-MAX_LINES) : []
  const body = lines.map(line => shorten(line, LINE_CHARACTERS)).join('\n') || reasonOf(session, LINE_CHARACTERS)
  const notification = new Notification({
    title: titleOf(session),
    // On Linux, Electron passes markup on: a program could hide text, or draw links.
    body: process.platform === 'linux' ? escapeMarkup(body) : body,
    icon,
    silent,
    urgency: 'normal',
    // A question stays until it is answered, which closes it.
    timeoutType: question ? 'never' : 'default',
    // macOS and Windows only; a click opens the question on all systems.
    actions: buttons.map(option => ({ type: 'button', text: optionText(option) })),
  })
  notification.on('click', () => open({ session: session_id }))
  notification.on('action', ({ actionIndex }) => {
    if (!approval || actionIndex >= buttons.length) open({ session: session_id })
    else answerOrOpen({ client, open }, { session_id, question_id: approval.question_id, option: actionIndex })
  })
  return notification
}
