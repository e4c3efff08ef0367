// Desktop notifications of the host's trouble, each once.
import { Notification } from 'electron'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { Trouble } from '../../../protocol/messages.ts'

export interface TroubleNotificationOptions {
  client: LocalClient
  icon: string
  /** Opens the window with what is wrong. */
  open(location: 'trouble'): void
  /** Whether a window of the app has the focus: it shows the trouble. */
  isFocused(): boolean
}

export function startTroubleNotifications({ client, icon, open, isFocused }: TroubleNotificationOptions): void {
  /** Kept here, too, because Electron forgets the clicks of a notification that is garbage-collected. */
  const shown = new Map<string, Notification>()
  /** Those that people were notified of; undefined: not known since the app was connected. */
  let told: ReadonlySet<string> | undefined
  client.on('state', ({ name }) => {
    if (name !== 'ready') told = undefined
  })
  client.on('troubles', troubles => {
    const now = new Map(troubles.filter(trouble => trouble.told).map(trouble => [keyOf(trouble), trouble]))
    for (const [key, notification] of shown) {
      if (now.has(key)) continue
      shown.delete(key)
      notification.close()
    }
    // What was told before the app was connected is in the window and the tray.
    for (const [key, { title, happens }] of told ? now : []) {
      if (told?.has(key) || isFocused() || !Notification.isSupported()) continue
      const notification = new Notification({ title, body: happens, icon, urgency: 'normal' })
      notification.on('click', () => open('trouble'))
      notification.on('close', () => shown.delete(key))
      shown.set(key, notification)
      notification.show()
    }
    told = new Set(now.keys())
  })
}

const keyOf = ({ kind, since }: Trouble) => `${kind} ${since}`
