// otg attach: attaches this terminal to a session.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { attachTerminal } from '../terminal/attached-terminal.ts'
import { readDetachOption, reportEnd } from '../terminal/session-exit.ts'

export const attach: Command = (context, parsed) => {
  const detachKey = readDetachOption(context, parsed)
  const options = {
    read_only: parsed.flags['read-only'] === true,
    detachKey,
    fresh: false,
    ownSessionId: context.env.OTG_SESSION_ID,
  }
  return withHost(context, async client =>
    reportEnd(context, await attachTerminal(client, parsed.operands[0]!, options)),
  )
}
