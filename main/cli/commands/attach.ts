// otg attach: comes back to a session. Knows no other command.

import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { joinTerminal } from '../terminal/attached-terminal.ts'
import { part, readKey } from '../terminal/session-exit.ts'

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
