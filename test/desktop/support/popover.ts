// Opens the popover, and asks Electron about its window.
import type { ElectronApplication, Page } from '@playwright/test'
import { expect } from './app.ts'
import { press } from './tray.ts'

/** Opens the popover and waits until it is shown. */
export async function openPopover(app: ElectronApplication, open = () => press(app, 'Show sessions')): Promise<Page> {
  // The main window takes the focus some time later, and losing the focus hides the popover.
  await expect.poll(() => isSettled(app)).toBe(true)
  const [page] = await Promise.all([app.waitForEvent('window'), open()])
  await expect(page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  await expectVisible(app, true)
  return page
}

function isSettled(app: ElectronApplication): Promise<boolean> {
  return app.evaluate(({ BrowserWindow }) => {
    const main = BrowserWindow.getAllWindows().find(one => one.webContents.getURL().endsWith('/index.html'))
    return !main || main.isFocused()
  })
}

/** Asks Electron, because the page cannot tell whether the window is visible. */
export function popover(app: ElectronApplication) {
  return app.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows().find(one => one.webContents.getURL().endsWith('/popover.html'))
    return window && { visible: window.isVisible(), bounds: window.getBounds() }
  })
}

export async function expectVisible(app: ElectronApplication, visible: boolean): Promise<void> {
  await expect.poll(async () => (await popover(app))?.visible).toBe(visible)
}
