// otg reset: resets the terminals of sessions.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { forEachOperand } from '../command/for-each.ts'
import { fullId } from '../command/session-ids.ts'

export const reset: Command = (context, { operands }) => {
  const { json, output } = context
  return withHost(context, client =>
    forEachOperand(operands, output, async id => {
      const session_id = fullId(id, await client.list())
      await client.resetTerminal(session_id)
      if (json) output.json({ session_id, reset: true })
    }),
  )
}
