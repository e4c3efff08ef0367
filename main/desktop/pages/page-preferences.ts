// Lets a page read and change the app's own preferences.
import { ipcMain } from 'electron'
import { toCoded } from '../../../protocol/errors.ts'
import { type PreferencesChange, parseChange } from '../system/preferences.ts'
import { isFromOurPage } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:preferences'

/** Replies to each change, even an empty one, with all preferences or an error. Foreign pages are rejected. */
export function handlePreferences(change: (wanted: PreferencesChange) => object): void {
  ipcMain.handle(CHANNEL, (event, value: unknown) => {
    if (!isFromOurPage(event)) throw new Error('not for this page')
    try {
      return change(parseChange(value))
    } catch (error) {
      const { code, message } = toCoded(error)
      return { error: { code, message } }
    }
  })
}
