// otg ls: lists sessions, one per line.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { shortId } from '../command/session-ids.ts'
import { stateText } from '../command/session-state.ts'
import { cut, printable, table, widthOf } from '../command/text-layout.ts'
import { formatAge } from '../command/timestamps.ts'

/** Longer titles would push the other columns out of sight. */
const TITLE_COLUMNS = 32

/** LAST LINE is shown if at least this many columns are left for it; the command is then cut to COMMAND_COLUMNS. */
const LAST_LINE_COLUMNS = 16
const COMMAND_COLUMNS = 24

export const ls: Command = async (context, parsed) => {
  const { json, output, program } = context
  const sessions = await withHost(context, client => client.list())
  const shown = parsed.flags.all ? sessions : sessions.filter(({ state }) => state === 'running')
  if (json) for (const session of shown) output.json(session)
  else if (shown.length > 0) for (const line of lines(shown, sessions, output.columns)) output.line(line)
  else output.note(`no ${parsed.flags.all ? '' : 'running '}sessions; start one with: ${program} run`)
  return 0
}

/** One line per session, at most `width` columns wide, with the last line of its screen if there is room. */
export function lines(shown: SessionInfo[], all: SessionInfo[], width: number, now = Date.now()): string[] {
  const ids = all.map(({ session_id }) => session_id)
  const rows = shown.map(session => [
    shortId(session.session_id, ids),
    (session.state === 'running' && session.clients > 0 ? `attached ${session.clients}` : stateText(session)) +
      (session.attention ? ' !' : ''),
    formatAge(now - session.created_at),
    `${session.cols}x${session.rows}`,
    cut(printable(session.title), TITLE_COLUMNS),
    session.command.map(quoted).join(' '),
  ])
  const head = ['ID', 'STATE', 'AGE', 'SIZE', 'TITLE', 'COMMAND']
  const short = rows.map(row => row.with(-1, cut(row.at(-1)!, COMMAND_COLUMNS)))
  const used = Math.max(...table([head, ...short], Number.POSITIVE_INFINITY).map(widthOf))
  if (width - used - 2 < LAST_LINE_COLUMNS || shown.every(({ last_line }) => last_line === ''))
    return table([head, ...rows], width)
  const wide = Number.isFinite(width) ? short : rows
  return table([[...head, 'LAST LINE'], ...wide.map((row, at) => [...row, printable(shown[at]!.last_line)])], width)
}

function quoted(argument: string): string {
  const text = printable(argument)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
