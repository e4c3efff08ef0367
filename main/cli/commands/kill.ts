// otg kill: ends sessions. Knows no other command.
import { toCoded } from '../../../protocol/errors.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { fullId } from '../command/session-ids.ts'

export const kill: Command = (context, given) => {
  const { json, output } = context
  return withHost(context, async client => {
    let failed = false
    // One after the other, and all of them, like kill(1).
    for (const id of given.operands) {
      try {
        const session_id = fullId(id, await client.list())
        await client.kill(session_id)
        if (json) output.json({ session_id, killed: true })
      } catch (error) {
        failed = true
        const { code, message } = toCoded(error)
        output.error(code, message)
      }
    }
    return failed ? 1 : 0
  })
}
