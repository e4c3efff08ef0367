// The options by which otg history and otg search choose sessions. Knows neither command.
import { type HistoryFilter, SessionState } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import type { Given } from '../command/command.ts'
import { momentOf } from '../command/timestamps.ts'

/** Throws UsageError. */
export function filterOf({ values, command }: Given): HistoryFilter {
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
    ...(values.after !== undefined && { after: momentOf(values.after, 'after', name) }),
    ...(values.before !== undefined && { before: momentOf(values.before, 'before', name) }),
  }
}
