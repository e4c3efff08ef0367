// otg ls: the sessions, one a line. Knows no other command.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Command } from '../command.ts'
import { withHost } from '../connect.ts'
import { shortId } from '../ids.ts'
import { age, plain, table } from '../output.ts'

/** Longer titles would push the rest of the line out of sight. */
const TITLE_COLUMNS = 32

export const ls: Command = async (context, given) => {
  const { json, output, program } = context
  const sessions = await withHost(context, client => client.list())
  const shown = given.flags.all ? sessions : sessions.filter(({ state }) => state === 'running')
  if (json) for (const session of shown) output.json(session)
  else if (shown.length > 0) for (const line of lines(shown, sessions, output.columns)) output.line(line)
  else output.note(`no session ${given.flags.all ? 'is there' : 'runs'}; start one with: ${program} run`)
  return 0
}

function lines(shown: SessionInfo[], all: SessionInfo[], width: number): string[] {
  const ids = all.map(({ session_id }) => session_id)
  const now = Date.now()
  const rows = shown.map(session => [
    shortId(session.session_id, ids),
    stateOf(session),
    age(now - session.created_at),
    `${session.cols}x${session.rows}`,
    plain(session.title).slice(0, TITLE_COLUMNS),
    session.command.map(quoted).join(' '),
  ])
  return table([['ID', 'STATE', 'AGE', 'SIZE', 'TITLE', 'COMMAND'], ...rows], width)
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
