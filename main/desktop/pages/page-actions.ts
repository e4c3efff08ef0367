// What a page may ask the app to do: lead the main window somewhere, hide the popover, quit. Knows nothing of how it is done.
import { ipcMain } from 'electron'
import * as z from 'zod'
import { isOurs } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:act'

const Action = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('open'),
    place: z.union([
      z.enum(['window', 'history', 'phone', 'settings']),
      z.strictObject({ session: z.string().min(1).max(64) }),
    ]),
  }),
  z.strictObject({ type: z.literal('hide') }),
  z.strictObject({ type: z.literal('quit') }),
])
export type Action = z.infer<typeof Action>

/** Hands each action of a page of ours to `act`; anything else is dropped. */
export function acceptActions(act: (action: Action) => void): void {
  ipcMain.on(CHANNEL, (event, value: unknown) => {
    if (!isOurs(event.senderFrame?.url) || event.senderFrame !== event.sender.mainFrame) return
    const parsed = Action.safeParse(value)
    if (parsed.success) act(parsed.data)
  })
}
