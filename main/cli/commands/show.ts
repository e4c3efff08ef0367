// otg show: prints a session's current screen as plain text.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'

export const show: Command = async (context, parsed) => {
  const { session_id, cols, rows, lines } = await withHost(context, client => client.screen(parsed.operands[0]!))
  if (context.json) {
    context.output.json({ session_id, cols, rows, lines })
    return 0
  }
  // Empty rows below the last text are left out.
  const end = lines.findLastIndex(line => line.trim() !== '') + 1
  for (const line of lines.slice(0, end)) context.output.line(line)
  return 0
}
