// The actions that a page may request: open a location in the main window, hide the popover, quit.
import { ipcMain } from 'electron'
import * as z from 'zod'
import { isFromOurPage } from './origin.ts'

/** As in preload.cts. */
const CHANNEL = 'otg:act'

const Action = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('open'),
    location: z.union([
      z.enum(['window', 'history', 'phone', 'settings', 'trouble']),
      z.strictObject({ session: z.string().min(1).max(64) }),
    ]),
  }),
  z.strictObject({ type: z.literal('hide') }),
  z.strictObject({ type: z.literal('quit') }),
])
export type Action = z.infer<typeof Action>

/** Passes each action of the app's own pages to `act`; drops anything else. */
export function acceptActions(act: (action: Action) => void): void {
  ipcMain.on(CHANNEL, (event, value: unknown) => {
    if (!isFromOurPage(event)) return
    const parsed = Action.safeParse(value)
    if (parsed.success) act(parsed.data)
  })
}
