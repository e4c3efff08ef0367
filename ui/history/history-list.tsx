// Recorded sessions as rows: what ran, where, when, for how long, how it ended. Knows nothing of where they come from.
import './history-rows.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { SessionInfo } from '../../protocol/messages.ts'
import { dotOf } from '../sessions/session-list.tsx'
import { amount, commandLine, printable, shortPath, stateWords } from '../sessions/session-text.ts'
import { exactly, lasted, when } from './history-text.ts'
import type { Past } from './use-history.ts'

export interface PastListProps {
  past: Past
  newest: (session: SessionInfo) => SessionInfo
  /** Unix milliseconds. */
  now: number
  filtered: boolean
  clear: () => void
  open: (session: SessionInfo) => void
  /** More is asked for as soon as the end comes near. */
  ahead?: boolean
}

export function PastList({ past, newest, now, filtered, clear, open, ahead = false }: PastListProps) {
  const { sessions, loading, error, more, again } = past
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
      <PastRows sessions={sessions ?? []} newest={newest} now={now} open={open} />
      {more && (
        <More ahead={ahead} busy={loading} ask={more}>
          {loading ? 'Reading…' : 'Show older'}
        </More>
      )}
    </>
  )
}

export interface PastRowsProps extends Pick<PastListProps, 'newest' | 'now' | 'open'> {
  sessions: readonly SessionInfo[]
}

export function PastRows({ sessions, newest, now, open }: PastRowsProps) {
  return (
    <ul class="past">
      {sessions.map(newest).map(session => (
        <li key={session.session_id} data-past={session.session_id}>
          <button type="button" class="row" data-row onClick={() => open(session)}>
            <span class={`dot ${dotOf(session)}`} aria-hidden="true" />
            <span class="head">
              <bdi class="title">{printable(session.title) || 'untitled'}</bdi>
              <time dateTime={new Date(session.created_at).toISOString()} title={exactly(session.created_at)}>
                {when(session.created_at, now)}
              </time>
            </span>
            <span class="what">
              <bdi>{commandLine(session.command)}</bdi>
              <bdi class="where">{shortPath(session.cwd, 48)}</bdi>
            </span>
            <span class="facts">
              <span class={dotOf(session)}>{stateWords(session)}</span>
              <span>{lasted(session, now)}</span>
              <span>{session.bytes === 0 ? 'no output' : amount(session.bytes)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Two screens of a phone: what comes next is there before it is scrolled to. */
const AHEAD = '1500px'

interface MoreProps {
  ahead: boolean
  busy?: boolean
  ask: () => void
  children: ComponentChildren
}

/** The button below a list that goes on. */
export function More({ ahead, busy = false, ask, children }: MoreProps) {
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
