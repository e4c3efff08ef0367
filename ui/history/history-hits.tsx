// Search hits by session: lines with the lines around them. Output is untrusted text and is never rendered as markup.
import './history-rows.css'
import type { ComponentChildren } from 'preact'
import type { SearchHit } from '../../protocol/client/history-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { timeCode } from '../player/time-code.ts'
import type { PlayFrom } from '../player/use-recording.ts'
import { commandLine, printable, shortPath } from '../sessions/session-text.ts'
import { HistoryRows, MoreButton } from './history-list.tsx'
import { formatWhen, fullDateTime } from './history-text.ts'
import type { Search } from './use-search.ts'

export interface HistoryHitsProps {
  search: Search
  /** As in `HistoryList`. */
  latest: (session: SessionInfo) => SessionInfo
  /** Unix milliseconds. */
  now: number
  filtered: boolean
  clear: () => void
  open: (session: SessionInfo, from?: PlayFrom) => void
  /** Loads more as soon as the end is near. */
  prefetch?: boolean
}

/** Less is searched in no time; running sessions always have some output that is not indexed yet. */
const NOTABLE_BYTES = 16_000_000

export function HistoryHits({ search, latest, now, filtered, clear, open, prefetch = false }: HistoryHitsProps) {
  const { hits, matchingSessions, searching, stopped, indexed, error, loadMore } = search
  const isEmpty = hits.length === 0 && matchingSessions.length === 0
  return (
    <>
      <div class="said" role="status">
        <span>{statusOf(search)}</span>
        {searching && (
          <button type="button" onClick={search.stop}>
            Stop
          </button>
        )}
      </div>
      {searching && <progress class="busy" aria-label="Searching" />}
      {indexed && indexed.total - indexed.bytes >= NOTABLE_BYTES && (
        <p class="said">
          {percent(indexed.bytes, indexed.total)} of the history is indexed so far. Searching the rest takes longer.
        </p>
      )}
      {error && (
        <p class="said bad" role="alert">
          The search failed: {error.message}.
          <button type="button" onClick={search.retry}>
            Try again
          </button>
        </p>
      )}
      {isEmpty && !searching && !error && !stopped && (
        <div class="nothing">
          <p>{filtered ? 'No matches in the filtered sessions.' : 'No output matches.'}</p>
          <p class="hint">
            All words must be in one line. Quotes keep words together: <code>"exit code"</code>
          </p>
          {filtered && (
            <button type="button" onClick={clear}>
              Clear filters
            </button>
          )}
        </div>
      )}
      {matchingSessions.length > 0 && (
        <section aria-labelledby="named-heading">
          <h2 id="named-heading">Matching sessions</h2>
          <HistoryRows sessions={matchingSessions} latest={latest} now={now} open={open} />
        </section>
      )}
      {groupBySession(hits).map(([session, own]) => (
        <Group key={session.session_id} session={latest(session)} hits={own} now={now} open={open} />
      ))}
      {loadMore && (
        // A stopped search continues only by hand.
        <MoreButton prefetch={prefetch && !stopped} load={loadMore}>
          {stopped ? 'Continue searching' : 'Show more'}
        </MoreButton>
      )}
    </>
  )
}

interface GroupProps extends Pick<HistoryHitsProps, 'now' | 'open'> {
  session: SessionInfo
  hits: SearchHit[]
}

function Group({ session, hits, now, open }: GroupProps) {
  const title = printable(session.title) || 'untitled'
  return (
    <section class="group" aria-label={title} data-found={session.session_id}>
      <h2>
        <bdi class="title">{title}</bdi>
        <span class="what">
          <bdi>{commandLine(session.command)}</bdi> <bdi class="where">{shortPath(session.cwd, 40)}</bdi>
        </span>
      </h2>
      <ul>
        {hits.map(hit => {
          const at = session.created_at + hit.at
          return (
            <li key={`${hit.offset} ${hit.line}`}>
              <button type="button" class="hit" data-row onClick={() => open(session, { hit })}>
                <span class="at">
                  <time dateTime={new Date(at).toISOString()} title={fullDateTime(at)}>
                    {formatWhen(at, now)}
                  </time>
                  <span class="code">{timeCode(hit.at)}</span>
                </span>
                <span class="lines" dir="auto">
                  <Around lines={hit.before} />
                  <span class="line">{highlighted(hit.line, hit.ranges)}</span>
                  <Around lines={hit.after} />
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Around({ lines }: { lines: readonly string[] }) {
  return (
    <>
      {lines.map((line, at) => (
        <span key={at} class="around">
          {spaced(line) || ' '}
        </span>
      ))}
    </>
  )
}

/** Splits first, then makes the parts printable: the ranges refer to the text from the host. */
function highlighted(line: string, ranges: SearchHit['ranges']): ComponentChildren[] {
  const parts: ComponentChildren[] = []
  let at = 0
  for (const [from, to] of ranges) {
    if (from < at || to <= from) continue
    parts.push(spaced(line.slice(at, from)), <mark key={from}>{spaced(line.slice(from, to))}</mark>)
    at = to
  }
  parts.push(spaced(line.slice(at)))
  return parts
}

/** Like `printable`, but keeps the blanks at both ends. */
function spaced(text: string): string {
  const [, before = '', after = ''] = /^(\s*).*?(\s*)$/su.exec(text) ?? []
  return text.trim() === ''
    ? ' '.repeat(text.length)
    : ' '.repeat(before.length) + printable(text) + ' '.repeat(after.length)
}

/** Hits by session, in the order of each session's first hit: roughly newest first. */
function groupBySession(hits: readonly SearchHit[]): [SessionInfo, SearchHit[]][] {
  const groups = new Map<string, [SessionInfo, SearchHit[]]>()
  for (const hit of hits) {
    const group = groups.get(hit.session_id)
    if (group) group[1].push(hit)
    else groups.set(hit.session_id, [hit.session, [hit]])
  }
  return [...groups.values()]
}

function statusOf({ hits, searching, stopped, error, loadMore }: Search): string {
  const lines = hits.length === 1 ? '1 line' : `${hits.length} lines`
  if (searching) return hits.length === 0 ? 'Searching…' : `${lines} so far, searching…`
  if (stopped) return `Stopped after ${lines}`
  if (hits.length === 0) return error ? '' : 'No lines found'
  return loadMore ? `The newest ${lines}` : `${lines} found`
}

function percent(part: number, of: number): string {
  return `${Math.floor((100 * part) / of)}%`
}
