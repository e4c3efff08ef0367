// Sessions as rows: which need a person, what runs, where, its last line, its viewers.
import './session-list.css'
import type { ComponentChildren } from 'preact'
import type { SessionInfo } from '../../protocol/messages.ts'
import { isBlocked } from '../../protocol/session-attention.ts'
import { useKeptFocus } from './keep-focus.ts'
import { needsPerson, sortSessions } from './session-order.ts'
import { type RowActions, SessionRow } from './session-row.tsx'

export { stateClass } from './session-row.tsx'

export interface SessionListProps extends RowActions {
  sessions: readonly SessionInfo[]
  /** Unix milliseconds. */
  now: number
  /** Highlighted: the session that is open beside the list, or was last. */
  current?: string | undefined
  /** Renders a session that asks a question, in place of a row; nothing: as a row. */
  questionCard?: ((session: SessionInfo) => ComponentChildren) | undefined
}

export function SessionList({ sessions, ...rest }: SessionListProps) {
  const list = useKeptFocus<HTMLDivElement>()
  const sorted = sortSessions(sessions)
  const needing = [...sorted.running, ...sorted.ended].filter(needsPerson)
  const others = sorted.running.filter(one => !needsPerson(one))
  const ended = sorted.ended.filter(one => !needsPerson(one))
  return (
    <div class="session-list" ref={list}>
      {needing.length > 0 && (
        <>
          <h2 tabIndex={-1}>Needs you</h2>
          <Items sessions={needing} areNeeding {...rest} />
        </>
      )}
      {others.length > 0 && (
        <>
          {needing.length > 0 && <h2 tabIndex={-1}>Running</h2>}
          <Items sessions={others} {...rest} />
        </>
      )}
      {ended.length > 0 && (
        <>
          <h2 tabIndex={-1}>Ended</h2>
          <Items sessions={ended} {...rest} />
        </>
      )}
    </div>
  )
}

function Items({ sessions, questionCard, areNeeding, ...rest }: SessionListProps & { areNeeding?: boolean }) {
  return (
    <ul class={areNeeding ? 'needing' : undefined}>
      {sessions.map(session => {
        const card =
          isBlocked(session) && needsPerson(session) && session.activity?.question ? questionCard?.(session) : undefined
        return card ? (
          <li key={session.session_id} class="asks" data-session={session.session_id}>
            {card}
          </li>
        ) : (
          <SessionRow key={session.session_id} session={session} {...rest} />
        )
      })}
    </ul>
  )
}
