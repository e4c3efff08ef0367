// otg ls: lists sessions, one per line.
import { ActivityState, type SessionInfo, type Trouble } from '../../../protocol/messages.ts'
import { listOf } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { jsonLine } from '../command/json-line.ts'
import { shortId } from '../command/session-ids.ts'
import { stateText } from '../command/session-state.ts'
import { cut, printable, table, widthOf } from '../command/text-layout.ts'
import { formatAge } from '../command/timestamps.ts'

/** Longer titles would push the other columns out of sight. */
const TITLE_COLUMNS = 32

/** LAST LINE is shown if at least this many columns are left for it; the command is then cut to COMMAND_COLUMNS. */
const LAST_LINE_COLUMNS = 16
const COMMAND_COLUMNS = 24

/** In a narrower terminal, a list with activities leaves out sizes and commands. */
const ALL_COLUMNS = 110
const NARROW_TITLE_COLUMNS = 22

export const ls: Command = async (context, parsed) => {
  const { json, output, program } = context
  const states = listOf(parsed, 'state', ActivityState.options)
  const [sessions, troubles] = await withHost(context, client => Promise.all([client.list(), client.troubles()]))
  const listed = parsed.flags.all ? sessions : sessions.filter(({ state }) => state === 'running')
  const shown = listed.filter(({ activity }) => states.length === 0 || (activity && states.includes(activity.state)))
  // On standard error in both forms: the lines of standard output are sessions.
  for (const trouble of troubles)
    output.note(json ? jsonLine({ trouble }) : `otg: ${troubleLine(trouble)}; see: ${program} status`)
  if (json) for (const session of shown) output.json(session)
  else if (shown.length > 0) for (const line of lines(shown, sessions, output.columns)) output.line(line)
  else if (states.length > 0) output.note(`no sessions that are ${states.join(' or ')}`)
  else output.note(`no ${parsed.flags.all ? '' : 'running '}sessions; start one with: ${program} run`)
  return 0
}

function troubleLine({ title, since, past }: Trouble): string {
  const age = formatAge(Date.now() - since)
  return `${title} (${past ? `${age} ago` : `for ${age}`})`
}

/** One line per session, at most `width` columns wide, with the last line of its screen if there is room. */
export function lines(shown: SessionInfo[], all: SessionInfo[], width: number, now = Date.now()): string[] {
  const ids = all.map(({ session_id }) => session_id)
  // Plain shells have no activity; without any other session, the column would be empty.
  const hasActivity = shown.some(({ activity }) => activity)
  const isNarrow = hasActivity && width < ALL_COLUMNS
  const lastLines = shown.map(({ activity, last_line }) => printable(activity?.question?.text || last_line))
  const rows = shown.map(session => [
    shortId(session.session_id, ids),
    (session.state === 'running' && session.clients > 0 ? `attached ${session.clients}` : stateText(session)) +
      (session.attention ? ' !' : ''),
    ...(hasActivity ? [session.activity?.state ?? ''] : []),
    formatAge(now - session.created_at),
    ...(isNarrow ? [] : [`${session.cols}x${session.rows}`]),
    cut(printable(session.title), isNarrow ? NARROW_TITLE_COLUMNS : TITLE_COLUMNS),
    ...(isNarrow ? [] : [session.command.map(quoted).join(' ')]),
  ])
  const head = ['ID', 'STATE', ...(hasActivity ? ['ACTIVITY'] : []), 'AGE']
  // The question of a blocked session says more than its size and its command.
  if (isNarrow) return withLastLines([...head, 'TITLE'], rows, lastLines, width)
  head.push('SIZE', 'TITLE', 'COMMAND')
  const short = rows.map(row => row.with(-1, cut(row.at(-1)!, COMMAND_COLUMNS)))
  const used = Math.max(...table([head, ...short], Number.POSITIVE_INFINITY).map(widthOf))
  if (width - used - 2 < LAST_LINE_COLUMNS || lastLines.every(line => line === '')) return table([head, ...rows], width)
  return withLastLines(head, Number.isFinite(width) ? short : rows, lastLines, width)
}

function withLastLines(head: string[], rows: string[][], lastLines: string[], width: number): string[] {
  return table([[...head, 'LAST LINE'], ...rows.map((row, at) => [...row, lastLines[at]!])], width)
}

function quoted(argument: string): string {
  const text = printable(argument)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
