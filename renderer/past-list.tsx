// Recorded sessions as rows: what ran, where, when, for how long, how it ended. Knows nothing of where they come from.
import type { SessionInfo } from '../protocol/messages.ts'
import { dotOf } from '../ui/session-list.tsx'
import { amount, commandLine, printable, shortPath, stateWords } from '../ui/words.ts'
import { exactly, lasted, when } from './history-words.ts'
import type { Past } from './use-past.ts'

export interface PastListProps {
  past: Past
  newest: (session: SessionInfo) => SessionInfo
  /** Unix milliseconds. */
  now: number
  filtered: boolean
  clear: () => void
  open: (session: SessionInfo) => void
}

export function PastList({ past, newest, now, filtered, clear, open }: PastListProps) {
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
        <button type="button" class="more" disabled={loading} onClick={more}>
          {loading ? 'Reading…' : 'Show older'}
        </button>
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
