// otg notify, where options precede its name; otherwise otg.ts runs it without loading the command line.
import type { Command } from '../command/command.ts'
import { notify as report } from '../notify/notify.ts'

export const notify: Command = async (context, { flags, values, operands }) => {
  const { state, text, agent, event } = values
  await report(
    {
      state,
      text,
      agent,
      event,
      json: operands[0],
      dataDir: context.dataDir,
      verbose: flags.verbose === true,
    },
    context.env,
  )
  return 0
}
