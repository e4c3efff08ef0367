// Recorded sessions as rows: what ran, where, when, for how long, and how it ended.
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
  /** The session as the host lists it now, if it does: newer than the history's. */
  latest: (session: SessionInfo) => SessionInfo
  /** Unix milliseconds. */
  now: number
  filtered: boolean
  clear: () => void
  open: (session: SessionInfo) => void
  /** Loads more as soon as the end is near. */
  prefetch?: boolean
}

export function HistoryList({ history, latest, now, filtered, clear, open, prefetch = false }: HistoryListProps) {
  const { sessions, loading, error, loadMore, retry } = history
  return (
    <>
      {error && (
        <p class="said bad" role="alert">
          The history cannot be loaded: {error.message}.
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      {!sessions && loading && <p class="said">Loading the history…</p>}
      {sessions?.length === 0 && !loading && (
        <div class="nothing">
          <p>{filtered ? 'No session matches the filters.' : 'Nothing has been recorded yet.'}</p>
          {filtered && (
            <button type="button" onClick={clear}>
              Clear filters
            </button>
          )}
        </div>
      )}
      <HistoryRows sessions={sessions ?? []} latest={latest} now={now} open={open} />
      {loadMore && (
        <MoreButton prefetch={prefetch} busy={loading} load={loadMore}>
          {loading ? 'Loading…' : 'Show older'}
        </MoreButton>
      )}
    </>
  )
}

export interface HistoryRowsProps extends Pick<HistoryListProps, 'latest' | 'now' | 'open'> {
  sessions: readonly SessionInfo[]
}

export function HistoryRows({ sessions, latest, now, open }: HistoryRowsProps) {
  return (
    <ul class="recorded">
      {sessions.map(latest).map(session => (
        <li key={session.session_id} data-recorded={session.session_id}>
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

/** Two screens of a phone. */
const PREFETCH_MARGIN = '1500px'

interface MoreButtonProps {
  prefetch: boolean
  busy?: boolean
  load: () => void
  children: ComponentChildren
}

/** The button below a list that continues; with `prefetch` it presses itself when it comes near. */
export function MoreButton({ prefetch, busy = false, load, children }: MoreButtonProps) {
  const button = useRef<HTMLButtonElement>(null)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    if (!prefetch || busy || !button.current) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), {
      // The element that scrolls: a margin around the window does not reach into it.
      root: button.current.closest('.items'),
      rootMargin: `0px 0px ${PREFETCH_MARGIN}`,
    })
    observer.observe(button.current)
    return () => observer.disconnect()
    // A new observer for each page: it reports a button that is near already.
  }, [prefetch, busy, load])
  return (
    <button ref={button} type="button" class="more" disabled={busy} onClick={load}>
      {children}
    </button>
  )
}
