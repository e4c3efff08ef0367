// otg history: lists all recorded sessions, running and ended.
import { MAX_PAGE } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { numberOf } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { readHistoryFilter } from '../command/history-options.ts'
import { shortId } from '../command/session-ids.ts'
import { stateText } from '../command/session-state.ts'
import { cut, printable, shortBytes, table } from '../command/text-layout.ts'
import { formatDuration, formatTime } from '../command/timestamps.ts'

const LIMIT = 50
const TITLE_COLUMNS = 32

export const history: Command = async (context, parsed) => {
  const { json, output } = context
  const filter = readHistoryFilter(parsed)
  const limit = parsed.flags.all ? Number.POSITIVE_INFINITY : (numberOf(parsed, 'limit', 1_000_000) ?? LIMIT)
  const sessions: SessionInfo[] = []
  let more = false
  await withHost(context, async client => {
    let cursor: string | undefined
    while (sessions.length < limit) {
      const page = await client.history.sessions({ filter, limit: Math.min(MAX_PAGE, limit - sessions.length), cursor })
      sessions.push(...page.sessions)
      more = page.cursor !== null
      if (!page.cursor) break
      cursor = page.cursor
    }
  })
  if (json) for (const session of sessions) output.json(session)
  else if (sessions.length > 0) for (const line of lines(sessions, output.columns)) output.line(line)
  else output.note('no session matches')
  if (more && !json) output.note('there are more sessions; use --limit or --all')
  return 0
}

function lines(sessions: SessionInfo[], width: number): string[] {
  const ids = sessions.map(({ session_id }) => session_id)
  const rows = sessions.map(session => [
    shortId(session.session_id, ids),
    stateText(session),
    formatTime(session.created_at).slice(0, -3),
    formatDuration((session.ended_at ?? session.last_activity) - session.created_at),
    shortBytes(session.bytes),
    cut(printable(session.title), TITLE_COLUMNS),
    printable(session.command.join(' ')),
  ])
  return table([['ID', 'STATE', 'STARTED', 'DURATION', 'OUTPUT', 'TITLE', 'COMMAND'], ...rows], width)
}
