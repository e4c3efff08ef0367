// Recorded sessions as rows: what ran, where, when, for how long, how it ended. Knows nothing of where they come from.
import './history-rows.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { SessionInfo } from '../../protocol/messages.ts'
import { stateClass } from '../sessions/session-list.tsx'
import { commandLine, formatBytes, printable, shortPath, stateText } from '../sessions/session-text.ts'
import { formatWhen, fullDateTime, sessionDuration } from './history-text.ts'
import type { HistoryState } from './use-history.ts'

export interface HistoryListProps {
  history: HistoryState
  latest: (session: SessionInfo) => SessionInfo
  /** Unix milliseconds. */
  now: number
  filtered: boolean
  clear: () => void
  open: (session: SessionInfo) => void
  /** More is asked for as soon as the end comes near. */
  prefetch?: boolean
}

export function HistoryList({
  history: past,
  latest: newest,
  now,
  filtered,
  clear,
  open,
  prefetch: ahead = false,
}: HistoryListProps) {
  const { sessions, loading, error, loadMore: more, retry: again } = past
  return (
    <>
      {error && (
        <p class="said bad" role="alert">
          The history cannot be read: {error.message}.
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {!sessions && loading && <p class="said">Reading the history…</p>}
      {sessions?.length === 0 && !loading && (
        <div class="nothing">
          <p>{filtered ? 'No session is like this.' : 'Nothing was recorded yet.'}</p>
          {filtered && (
            <button type="button" onClick={clear}>
              Clear filters
            </button>
          )}
        </div>
      )}
      <HistoryRows sessions={sessions ?? []} latest={newest} now={now} open={open} />
      {more && (
        <MoreButton prefetch={ahead} busy={loading} load={more}>
          {loading ? 'Reading…' : 'Show older'}
        </MoreButton>
      )}
    </>
  )
}

export interface HistoryRowsProps extends Pick<HistoryListProps, 'latest' | 'now' | 'open'> {
  sessions: readonly SessionInfo[]
}

export function HistoryRows({ sessions, latest: newest, now, open }: HistoryRowsProps) {
  return (
    <ul class="past">
      {sessions.map(newest).map(session => (
        <li key={session.session_id} data-past={session.session_id}>
          <button type="button" class="row" data-row onClick={() => open(session)}>
            <span class={`dot ${stateClass(session)}`} aria-hidden="true" />
            <span class="head">
              <bdi class="title">{printable(session.title) || 'untitled'}</bdi>
              <time dateTime={new Date(session.created_at).toISOString()} title={fullDateTime(session.created_at)}>
                {formatWhen(session.created_at, now)}
              </time>
            </span>
            <span class="what">
              <bdi>{commandLine(session.command)}</bdi>
              <bdi class="where">{shortPath(session.cwd, 48)}</bdi>
            </span>
            <span class="facts">
              <span class={stateClass(session)}>{stateText(session)}</span>
              <span>{sessionDuration(session, now)}</span>
              <span>{session.bytes === 0 ? 'no output' : formatBytes(session.bytes)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Two screens of a phone: what comes next is there before it is scrolled to. */
const AHEAD = '1500px'

interface MoreButtonProps {
  prefetch: boolean
  busy?: boolean
  load: () => void
  children: ComponentChildren
}

/** The button below a list that goes on. */
export function MoreButton({ prefetch: ahead, busy = false, load: ask, children }: MoreButtonProps) {
  const button = useRef<HTMLButtonElement>(null)
  const latest = useRef(ask)
  latest.current = ask
  useEffect(() => {
    if (!ahead || busy || !button.current) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), {
      // The box that scrolls: a margin around the window does not reach into it.
      root: button.current.closest('.items'),
      rootMargin: `0px 0px ${AHEAD}`,
    })
    observer.observe(button.current)
    return () => observer.disconnect()
    // Told once for each page: what is in sight already is told when it is looked for again.
  }, [ahead, busy, ask])
  return (
    <button ref={button} type="button" class="more" disabled={busy} onClick={ask}>
      {children}
    </button>
  )
}
