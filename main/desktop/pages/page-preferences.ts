// The question that a page may ask the app itself: its preferences, and to change them. Knows nothing of what they do.
import { ipcMain } from 'electron'
import { toCoded } from '../../../protocol/errors.ts'
import { type PreferencesChange, parseChange } from '../system/preferences.ts'
import { isOurs } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:preferences'

/** Answers each change, also an empty one, with what holds then, or with what is wrong. Others get no answer at all. */
export function answerPreferences(change: (wanted: PreferencesChange) => object): void {
  ipcMain.handle(CHANNEL, (event, value: unknown) => {
    const ours = isOurs(event.senderFrame?.url) && event.senderFrame === event.sender.mainFrame
    if (!ours) throw new Error('not for this page')
    try {
      return change(parseChange(value))
    } catch (error) {
      const { code, message } = toCoded(error)
      return { error: { code, message } }
    }
  })
}
