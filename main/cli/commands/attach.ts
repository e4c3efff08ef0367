// otg attach: comes back to a session. Knows no other command.
import { joinTerminal } from '../attached-terminal.ts'
import type { Command } from '../command.ts'
import { withHost } from '../connect.ts'
import { part, readKey } from '../parting.ts'

export const attach: Command = (context, given) => {
  const detachKey = readKey(context, given)
  const joining = {
    read_only: given.flags['read-only'] === true,
    detachKey,
    fresh: false,
    inside: context.env.OTG_SESSION_ID,
  }
  return withHost(context, async client => part(context, await joinTerminal(client, given.operands[0]!, joining)))
}
