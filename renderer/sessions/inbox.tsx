// The list of sessions in the window and in the popover: sessions that need attention come first,
// with their questions as cards.
import './inbox.css'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { asksOffScreen } from '../../protocol/session-attention.ts'
import { toast, toastError } from '../../ui/kit/toast.tsx'
import { QuestionCard } from '../../ui/sessions/question-card.tsx'
import { markQuestionSeen } from '../../ui/sessions/seen-questions.ts'
import { FilteredOut, filterSessions, SessionFilter } from '../../ui/sessions/session-filter.tsx'
import { SessionList, type SessionListProps } from '../../ui/sessions/session-list.tsx'
import { needsPerson, sortSessions } from '../../ui/sessions/session-order.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { shortcutKeys } from './shortcuts.ts'

export interface InboxProps extends Pick<SessionListProps, 'sessions' | 'now' | 'current' | 'open' | 'end'> {
  client: LocalClient
}

export function Inbox({ client, sessions, now, current, open, end }: InboxProps) {
  const shown = filterSessions(sessions)
  const markSeen = (session: SessionInfo) => markSessionSeen(client, session)
  const isOffline = client.state.name !== 'ready'
  return (
    <div class="inbox">
      <SessionFilter sessions={sessions} />
      {shown.length === 0 && sessions.length > 0 ? (
        <FilteredOut />
      ) : (
        <SessionList
          sessions={shown}
          now={now}
          current={current}
          open={open}
          end={end}
          markSeen={isOffline ? undefined : markSeen}
          // The question of the session beside the list is on its screen.
          questionCard={session =>
            (session.session_id !== current || asksOffScreen(session)) && (
              <QuestionCard
                session={session}
                now={now}
                answer={(...answer) => client.answer(...answer)}
                open={() => open(session)}
                markSeen={isOffline ? undefined : () => markSeen(session)}
                unavailable={isOffline ? 'offline' : undefined}
              />
            )
          }
        />
      )}
    </div>
  )
}

function markSessionSeen(client: LocalClient, session: SessionInfo): void {
  client.markSeen(session.session_id).then(
    () => markQuestionSeen(session),
    (error: unknown) => {
      if (toCoded(error).code !== 'session_unknown') toastError(error)
    },
  )
}

/** The session after `current` among those that need a person. */
export function nextNeedingPerson(
  sessions: readonly SessionInfo[],
  current: string | undefined,
): SessionInfo | undefined {
  const { running, ended } = sortSessions(sessions)
  const needing = [...running, ...ended].filter(needsPerson)
  const at = needing.findIndex(one => one.session_id === current)
  const next = needing[(at + 1) % (needing.length || 1)]
  return next?.session_id === current ? undefined : next
}

/** Marks the session whose row or card has the focus as seen; without one, the first that needs a person. */
export function markFocusedSeen(
  client: LocalClient,
  sessions: readonly SessionInfo[],
  current: string | undefined,
): void {
  const focused = document.activeElement?.closest<HTMLElement>('[data-session]')?.dataset.session
  const session =
    sessions.find(one => one.session_id === focused && needsPerson(one)) ??
    (focused === undefined ? nextNeedingPerson(sessions, current) : undefined)
  if (!session) return toast('Nothing to mark as seen.')
  markSessionSeen(client, session)
  toast(`“${printable(session.title) || 'untitled'}” is marked as seen.`)
}

/** Leads to the next session that needs a person; nothing while there is none. */
export function NextButton({ count, press }: { count: number; press: () => void }) {
  const keys = shortcutKeys('attention')
  return count === 0 ? null : (
    <button type="button" class="next" title={keys.title} aria-keyshortcuts={keys.aria} onClick={press}>
      {count === 1 ? '1 session needs you' : `${count} sessions need you`}
      <kbd>{keys.title}</kbd>
    </button>
  )
}
