// Lets a page read the state of updates, and check, download and install.
import { ipcMain } from 'electron'
import type { Updates } from '../updates/updates.ts'
import { isFromOurPage } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:updates'

/** Replies at once with the state; the page polls for steps that take longer. */
export function handleUpdates(updates: Updates, version: string): void {
  ipcMain.handle(CHANNEL, (event, wanted: unknown) => {
    if (!isFromOurPage(event)) throw new Error('not for this page')
    if (wanted === 'check') void updates.check()
    else if (wanted === 'download') void updates.download()
    else if (wanted === 'install') void updates.install()
    return { ...updates.state, can_install: updates.canInstall, version_now: version }
  })
}
