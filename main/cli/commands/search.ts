// otg search: lines of all sessions that have these words. Knows no other command.
import type { FoundHit } from '../../../protocol/client/history-client.ts'
import { MAX_CONTEXT, MAX_HITS } from '../../../protocol/limits.ts'
import { numberOf, UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { cut, plain } from '../command/output.ts'
import { shortId } from '../command/session-ids.ts'
import { stamp } from '../command/timestamps.ts'
import { filterOf } from './history-options.ts'

const LIMIT = 20
const CONTEXT = 1

const NOTHING_FOUND = 1

export const search: Command = async (context, given) => {
  const { json, output } = context
  const query = given.operands.join(' ')
  if (query.trim() === '') throw new UsageError('search needs a word to look for', 'search')
  const filter = filterOf(given)
  const limit = numberOf(given, 'limit', 1_000_000) ?? LIMIT
  const lines = numberOf(given, 'context', MAX_CONTEXT) ?? CONTEXT
  let found = 0
  let more = false
  let unindexed = 0
  await withHost(context, async client => {
    const { session } = given.values
    // The host knows what it is the beginning of.
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
      unindexed = page.indexed.of - page.indexed.bytes
      more = page.cursor !== null
      if (page.cursor === null) break
      cursor = page.cursor
    }
  })
  if (json) return found > 0 ? 0 : NOTHING_FOUND
  if (found === 0) output.note('no line has all of that')
  else if (more) output.note('there may be more; see --limit')
  // Output that no terminal has drawn yet is searched as it was printed; what a program painted may look different.
  if (unindexed > 1e6) output.note(`${(unindexed / 1e6).toFixed(0)} MB are not in the index yet`)
  return found > 0 ? 0 : NOTHING_FOUND
}

function objectOf({ session, ...hit }: FoundHit): object {
  return { ...hit, time: session.created_at + hit.at, title: session.title }
}

function linesOf(hit: FoundHit, width: number, isTerminal: boolean): string[] {
  const { session } = hit
  const head = `${shortId(session.session_id)}  ${stamp(session.created_at + hit.at)}  ${plain(session.title)}`
  const around = (text: string) => cut(`    ${plain(text)}`, width)
  return [
    isTerminal ? `\x1b[1m${cut(head, width)}\x1b[m` : head,
    ...hit.before.map(around),
    isTerminal ? marked(hit, width) : `  > ${plain(hit.line)}`,
    ...hit.after.map(around),
    '',
  ]
}

/** What was found stands out, as far as the line fits. */
function marked({ line, ranges }: FoundHit, width: number): string {
  let text = ''
  let at = 0
  // Two columns for any character, so that the line surely fits.
  const end = Math.max(
    20,
    line.length * 2 + 4 <= width ? line.length : Math.floor((width - 4) * (/^[\x20-\x7e]*$/.test(line) ? 1 : 0.5)),
  )
  for (const [from, to] of ranges) {
    if (from >= end) break
    text += `${plain(line.slice(at, from))}\x1b[1;31m${plain(line.slice(from, Math.min(to, end)))}\x1b[m`
    at = to
  }
  return `  > ${text}${plain(line.slice(at, Math.max(at, end)))}`
}
