// What a page may ask about updates: how it stands, and the steps that need a person's yes. Knows nothing of how they are done.
import { ipcMain } from 'electron'
import type { Updates } from '../updates/updates.ts'
import { isOurs } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:updates'

/** Answers each question with the state, at once: what takes longer is asked for again. */
export function answerUpdates(updates: Updates, version: string): void {
  ipcMain.handle(CHANNEL, (event, wanted: unknown) => {
    const ours = isOurs(event.senderFrame?.url) && event.senderFrame === event.sender.mainFrame
    if (!ours) throw new Error('not for this page')
    if (wanted === 'check') void updates.check()
    else if (wanted === 'download') void updates.download()
    else if (wanted === 'install') void updates.install()
    return { ...updates.state, able: updates.able, version_now: version }
  })
}
