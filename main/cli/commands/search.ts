// otg search: finds lines in the output of all sessions.
import type { SearchHit } from '../../../protocol/client/history-client.ts'
import { MAX_CONTEXT, MAX_HITS } from '../../../protocol/limits.ts'
import { numberOf, UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { readHistoryFilter } from '../command/history-options.ts'
import { shortId } from '../command/session-ids.ts'
import { cut, printable } from '../command/text-layout.ts'
import { formatTime } from '../command/timestamps.ts'

const LIMIT = 20
const CONTEXT = 1

const NOTHING_FOUND = 1

export const search: Command = async (context, parsed) => {
  const { json, output } = context
  const query = parsed.operands.join(' ')
  if (query.trim() === '') throw new UsageError('search needs a word to look for', 'search')
  const filter = readHistoryFilter(parsed)
  const limit = numberOf(parsed, 'limit', 1_000_000) ?? LIMIT
  const lines = numberOf(parsed, 'context', MAX_CONTEXT) ?? CONTEXT
  let found = 0
  let more = false
  let unindexed = 0
  await withHost(context, async client => {
    const { session } = parsed.values
    // The host resolves a shortened ID.
    if (session !== undefined) filter.session_id = (await client.history.timeline(session, 1)).session_id
    let cursor: string | undefined
    while (found < limit) {
      const page = await client.history.search(query, {
        filter,
        limit: Math.min(MAX_HITS, limit - found),
        context: lines,
        cursor,
      })
      for (const hit of page.hits) {
        if (json) output.json(objectOf(hit))
        else for (const line of linesOf(hit, output.columns, output.isTerminal)) output.line(line)
      }
      found += page.hits.length
      unindexed = page.indexed.total - page.indexed.bytes
      more = page.cursor !== null
      if (page.cursor === null) break
      cursor = page.cursor
    }
  })
  if (json) return found > 0 ? 0 : NOTHING_FOUND
  if (found === 0) output.note('no line matches')
  else if (more) output.note('there may be more matches; use --limit')
  // Output that is not rendered yet is searched as printed. What a full-screen program drew may look different.
  if (unindexed > 1e6) output.note(`${(unindexed / 1e6).toFixed(0)} MB are not indexed yet`)
  return found > 0 ? 0 : NOTHING_FOUND
}

function objectOf({ session, ...hit }: SearchHit): object {
  return { ...hit, time: session.created_at + hit.at, title: session.title }
}

function linesOf(hit: SearchHit, width: number, isTerminal: boolean): string[] {
  const { session } = hit
  const head = `${shortId(session.session_id)}  ${formatTime(session.created_at + hit.at)}  ${printable(session.title)}`
  const around = (text: string) => cut(`    ${printable(text)}`, width)
  return [
    isTerminal ? `\x1b[1m${cut(head, width)}\x1b[m` : head,
    ...hit.before.map(around),
    isTerminal ? highlight(hit, width) : `  > ${printable(hit.line)}`,
    ...hit.after.map(around),
    '',
  ]
}

/** The line with its matches highlighted, cut to `width` columns. */
function highlight({ line, ranges }: SearchHit, width: number): string {
  let text = ''
  let at = 0
  // Two columns for each character outside ASCII, so that the line is sure to fit.
  const end = Math.max(
    20,
    line.length * 2 + 4 <= width ? line.length : Math.floor((width - 4) * (/^[\x20-\x7e]*$/.test(line) ? 1 : 0.5)),
  )
  for (const [from, to] of ranges) {
    if (from >= end) break
    text += `${printable(line.slice(at, from))}\x1b[1;31m${printable(line.slice(from, Math.min(to, end)))}\x1b[m`
    at = to
  }
  return `  > ${text}${printable(line.slice(at, Math.max(at, end)))}`
}
