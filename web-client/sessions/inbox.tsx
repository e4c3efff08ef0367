// The list of sessions on the phone: sessions that need attention come first, with
// their questions as cards that can be answered.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { asksOffScreen, isBlocked } from '../../protocol/session-attention.ts'
import { toastError } from '../../ui/kit/toast.tsx'
import type { QuestionCardProps } from '../../ui/sessions/question-card.tsx'
import { markQuestionSeen } from '../../ui/sessions/seen-questions.ts'
import { FilteredOut, filterSessions, SessionFilter } from '../../ui/sessions/session-filter.tsx'
import { SessionList, type SessionListProps } from '../../ui/sessions/session-list.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { lazyExtra } from '../page/lazy.tsx'
import { openTerminal } from '../page/route.ts'

/** A tap is dispatched within this after its finger was lifted. */
const TAP_MS = 100

/** Until it has loaded, questions are rows. */
const QuestionCard = lazyExtra(() => import('../../ui/sessions/question-card.tsx').then(module => module.QuestionCard))

export interface InboxProps extends Pick<SessionListProps, 'now' | 'current' | 'open' | 'end'> {
  link: HostLink
  sessions: readonly SessionInfo[]
}

export function Inbox({ link, sessions: latest, now, ...rest }: InboxProps) {
  const { sessions, press } = useHeldWhilePressed(latest)
  const shown = filterSessions(sessions)
  const hasCards = useQuestionCards(latest.some(isBlocked), link.state.value.name)
  const canMark = !link.readOnly.value && link.state.value.name === 'ready'
  return (
    <div class="inbox" onPointerDown={press}>
      <SessionFilter sessions={sessions} />
      {shown.length === 0 ? (
        <FilteredOut />
      ) : (
        <SessionList
          {...rest}
          sessions={shown}
          now={now}
          markSeen={canMark ? session => markSeen(link, session) : undefined}
          questionCard={
            hasCards
              ? // The question of the session beside the list is on its screen.
                session =>
                  (session.session_id !== rest.current || asksOffScreen(session)) && (
                    <QuestionCard
                      {...cardProps(link, session)}
                      now={now}
                      markSeen={canMark ? () => markSeen(link, session) : undefined}
                    />
                  )
              : undefined
          }
        />
      )}
    </div>
  )
}

/** Whether cards can be rendered. `connection`: what failed to load is tried again when it changes. */
function useQuestionCards(needed: boolean, connection: string): boolean {
  const has = useSignal(QuestionCard.isLoaded())
  const fetch = () =>
    void QuestionCard.fetch().then(isLoaded => {
      has.value = isLoaded
    })
  useEffect(() => {
    if (needed) fetch()
  }, [needed, connection])
  // Ahead of time: a question may come when the network is slow.
  useEffect(() => whenIdle(fetch), [])
  return has.value
}

/** What a card of this page needs, wherever it is shown. */
export function cardProps(
  link: HostLink,
  session: SessionInfo,
): Pick<QuestionCardProps, 'session' | 'answer' | 'open' | 'unavailable'> {
  return {
    session,
    answer: (session_id, question_id, answer) => link.client.answer(session_id, question_id, answer),
    open: () => openTerminal(session.session_id),
    unavailable: link.readOnly.value ? 'read_only' : link.state.value.name === 'ready' ? undefined : 'offline',
  }
}

function markSeen(link: HostLink, session: SessionInfo): void {
  link.client.markSeen(session.session_id).then(
    () => markQuestionSeen(session),
    (error: unknown) => {
      if (toCoded(error).code !== 'session_unknown') toastError(error)
    },
  )
}

/** The list as it was when a finger went down on it, until it is lifted: rows do not move away under it. */
function useHeldWhilePressed(latest: readonly SessionInfo[]) {
  const held = useSignal<readonly SessionInfo[] | undefined>(undefined)
  const stop = useRef(() => {})
  useEffect(() => () => stop.current(), [])
  return {
    sessions: held.value ?? latest,
    press: () => {
      stop.current()
      held.value = latest
      let timer: ReturnType<typeof setTimeout> | undefined
      // At once: a tap may be over before the next frame.
      const lifted = () => {
        clearTimeout(timer)
        timer = setTimeout(() => stop.current(), TAP_MS)
      }
      for (const name of ENDS) window.addEventListener(name, lifted)
      stop.current = () => {
        clearTimeout(timer)
        for (const name of ENDS) window.removeEventListener(name, lifted)
        held.value = undefined
      }
    },
  }
}

const ENDS = ['pointerup', 'pointercancel', 'blur'] as const
