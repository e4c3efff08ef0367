// Reads the tray's menu and presses its items through Electron.
import type { ElectronApplication } from '@playwright/test'

/**
 * Stores the menu that the app gives its tray in `globalThis.trayMenu`, from the next change on. Electron does not expose
 * the menu of a tray, and the app should not need an API for tests.
 */
export async function watchTray(app: ElectronApplication): Promise<void> {
  await app.evaluate(({ Tray }) => {
    const { setContextMenu } = Tray.prototype
    const { setImage, setToolTip } = Tray.prototype
    Tray.prototype.setImage = function (image) {
      Object.assign(globalThis, { trayImages: ((globalThis as { trayImages?: number }).trayImages ?? 0) + 1 })
      setImage.call(this, image)
    }
    Tray.prototype.setToolTip = function (text) {
      Object.assign(globalThis, { trayTip: text })
      setToolTip.call(this, text)
    }
    Tray.prototype.setContextMenu = function (menu) {
      Object.assign(globalThis, { tray: this, trayMenu: menu })
      setContextMenu.call(this, menu)
    }
  })
}

export function labels(app: ElectronApplication): Promise<string[]> {
  return app.evaluate(() => {
    const { trayMenu } = globalThis as unknown as { trayMenu?: Electron.Menu }
    return trayMenu?.items.map(item => (item.type === 'separator' ? '-' : item.label)) ?? []
  })
}

/** The entries of the submenu of the item that begins with `beginning`. */
export function sublabels(app: ElectronApplication, beginning: string): Promise<string[]> {
  return app.evaluate((_electron, wanted) => {
    const { trayMenu } = globalThis as unknown as { trayMenu: Electron.Menu }
    const item = trayMenu.items.find(one => one.label.startsWith(wanted))
    return item?.submenu?.items.map(one => (one.type === 'separator' ? '-' : one.label)) ?? []
  }, beginning)
}

/** Presses an item; with two labels, an item of the submenu of the item that begins with the first one. */
export function press(app: ElectronApplication, ...labels: [string] | [string, string]): Promise<void> {
  return app.evaluate((_electron, [first, second]) => {
    const { trayMenu } = globalThis as unknown as { trayMenu: Electron.Menu }
    const item =
      second === undefined
        ? trayMenu.items.find(one => one.label === first)
        : trayMenu.items.find(one => one.label.startsWith(first))?.submenu?.items.find(one => one.label === second)
    if (!item) throw new Error(`the menu has no ${second ?? first}`)
    item.click()
  }, labels)
}

/** Clicks the icon. `icon`: its position, if the system reports it. */
export function clickTray(app: ElectronApplication, icon = { x: 0, y: 0, width: 0, height: 0 }): Promise<void> {
  return app.evaluate((_electron, icon) => {
    const { tray } = globalThis as unknown as { tray: Electron.Tray }
    tray.emit('click', {}, icon, { x: 0, y: 0 })
  }, icon)
}

/** The tray's tooltip since `watchTray`, and how often its picture changed: an odd number means that it is marked. */
export async function trayMark(app: ElectronApplication): Promise<{ tip: string; marked: boolean }> {
  return app.evaluate(() => {
    const { trayTip = '', trayImages = 0 } = globalThis as { trayTip?: string; trayImages?: number }
    return { tip: trayTip, marked: trayImages % 2 === 1 }
  })
}
