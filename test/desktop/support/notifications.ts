// Records the app's desktop notifications, because a display for tests has no service that shows them.
import type { ElectronApplication } from '@playwright/test'

export interface ShownNotification {
  title: string
  body: string
  buttons: string[]
  silent: boolean
  open: boolean
}

type Recorded = Electron.Notification & { isOpen: boolean }

/** From now on. */
export async function watchNotifications(app: ElectronApplication): Promise<void> {
  await app.evaluate(({ Notification, powerMonitor }) => {
    // A test types into the page, not into the display: that has been idle since the suite began.
    powerMonitor.getSystemIdleTime = () => 0
    const recorded: Recorded[] = []
    Object.assign(globalThis, { notifications: recorded })
    Notification.isSupported = () => true
    Notification.prototype.show = function (this: Recorded) {
      this.isOpen = true
      recorded.push(this)
    }
    Notification.prototype.close = function (this: Recorded) {
      this.isOpen = false
      this.emit('close', {})
    }
  })
}

export function notifications(app: ElectronApplication): Promise<ShownNotification[]> {
  return app.evaluate(() =>
    (globalThis as unknown as { notifications: Recorded[] }).notifications.map(one => ({
      title: one.title,
      body: one.body,
      buttons: one.actions.map(action => action.text ?? ''),
      silent: one.silent,
      open: one.isOpen,
    })),
  )
}

/** Clicks the latest notification, or presses its button. */
export function clickNotification(app: ElectronApplication, button?: number): Promise<void> {
  return app.evaluate((_electron, actionIndex) => {
    const latest = (globalThis as unknown as { notifications: Recorded[] }).notifications.at(-1)!
    if (actionIndex === undefined) latest.emit('click', {})
    else latest.emit('action', { actionIndex })
  }, button)
}
