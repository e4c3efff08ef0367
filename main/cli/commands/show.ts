// otg show: a session's present screen as plain text. Knows no other command.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'

export const show: Command = async (context, given) => {
  const { session_id, cols, rows, lines } = await withHost(context, client => client.show(given.operands[0]!))
  if (context.json) {
    context.output.json({ session_id, cols, rows, lines })
    return 0
  }
  // Rows below the last text are not text.
  const end = lines.findLastIndex(line => line.trim() !== '') + 1
  for (const line of lines.slice(0, end)) context.output.line(line)
  return 0
}
