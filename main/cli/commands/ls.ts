// otg ls: the sessions, one a line. Knows no other command.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { age, cut, plain, table, widthOf } from '../command/output.ts'
import { shortId } from '../command/session-ids.ts'

/** Longer titles would push the rest of the line out of sight. */
const TITLE_COLUMNS = 32

/** What a terminal has to have left for the last line, and what the command may take then. */
const LAST_LINE_COLUMNS = 16
const COMMAND_COLUMNS = 24

export const ls: Command = async (context, given) => {
  const { json, output, program } = context
  const sessions = await withHost(context, client => client.list())
  const shown = given.flags.all ? sessions : sessions.filter(({ state }) => state === 'running')
  if (json) for (const session of shown) output.json(session)
  else if (shown.length > 0) for (const line of lines(shown, sessions, output.columns)) output.line(line)
  else output.note(`no session ${given.flags.all ? 'is there' : 'runs'}; start one with: ${program} run`)
  return 0
}

/** A line for each session, at most `width` columns; what they printed last where there is room for it. */
export function lines(shown: SessionInfo[], all: SessionInfo[], width: number, now = Date.now()): string[] {
  const ids = all.map(({ session_id }) => session_id)
  const rows = shown.map(session => [
    shortId(session.session_id, ids),
    stateOf(session) + (session.attention ? ' !' : ''),
    age(now - session.created_at),
    `${session.cols}x${session.rows}`,
    plain(session.title).slice(0, TITLE_COLUMNS),
    session.command.map(quoted).join(' '),
  ])
  const head = ['ID', 'STATE', 'AGE', 'SIZE', 'TITLE', 'COMMAND']
  const short = rows.map(row => row.with(-1, cut(row.at(-1)!, COMMAND_COLUMNS)))
  const used = Math.max(...table([head, ...short], Number.POSITIVE_INFINITY).map(widthOf))
  if (width - used - 2 < LAST_LINE_COLUMNS || shown.every(({ last_line }) => last_line === ''))
    return table([head, ...rows], width)
  const wide = Number.isFinite(width) ? short : rows
  return table([[...head, 'LAST LINE'], ...wide.map((row, at) => [...row, plain(shown[at]!.last_line)])], width)
}

function stateOf({ state, clients, exit_code, signal }: SessionInfo): string {
  if (state === 'running') return clients > 0 ? `attached ${clients}` : 'running'
  if (state !== 'exited') return state.replace('_', ' ')
  return signal ?? `exited ${exit_code ?? ''}`.trimEnd()
}

function quoted(argument: string): string {
  const text = plain(argument)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
