// The options with which otg history and otg search filter sessions.
import { type HistoryFilter, SessionState } from '../../../protocol/messages.ts'
import { UsageError } from './args.ts'
import type { ParsedArgs } from './command.ts'
import { parseTime } from './timestamps.ts'

/** Throws UsageError. */
export function readHistoryFilter({ values, command }: ParsedArgs): HistoryFilter {
  const name = command!.name
  const state = values.state?.split(',').map(one => {
    const known = SessionState.safeParse(one.trim().replaceAll(' ', '_'))
    if (!known.success) throw new UsageError(`--state takes ${SessionState.options.join(', ')}, not ${one}`, name)
    return known.data
  })
  return {
    ...(values.text !== undefined && { text: values.text }),
    ...(values.command !== undefined && { command: values.command }),
    ...(values.cwd !== undefined && { cwd: values.cwd }),
    ...(state && { state }),
    ...(values.after !== undefined && { after: parseTime(values.after, 'after', name) }),
    ...(values.before !== undefined && { before: parseTime(values.before, 'before', name) }),
  }
}
