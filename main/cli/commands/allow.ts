// otg allow: lets the programs of sessions control other sessions, or no longer does.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { forEachOperand } from '../command/for-each.ts'
import { fullId } from '../command/session-ids.ts'

export const allow: Command = (context, { operands, flags }) => {
  const { json, output } = context
  const allowed = !flags.revoke
  return withHost(context, client =>
    forEachOperand(operands, output, async id => {
      const session_id = fullId(id, await client.list())
      await client.allowControl(session_id, allowed)
      if (json) output.json({ session_id, may_control: allowed })
    }),
  )
}
