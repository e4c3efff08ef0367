// The question of one session over another screen.
import { useEffect } from 'preact/hooks'
import { isBlocked } from '../../protocol/session-attention.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { QuestionCard } from '../../ui/sessions/question-card.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { cardProps } from './inbox.tsx'

/** Same as in the session list. */
const CLOCK_MS = 5_000

export interface QuestionSheetProps {
  link: HostLink
  session_id: string
  close: () => void
}

/** Closes when the question is gone, also when it was answered on another device. */
export function QuestionSheet({ link, session_id, close }: QuestionSheetProps) {
  const now = useNow(CLOCK_MS)
  const session = link.sessions.value?.find(one => one.session_id === session_id)
  const asks = session !== undefined && isBlocked(session)
  useEffect(() => {
    if (!asks) close()
  }, [asks])
  if (!asks) return null
  const props = cardProps(link, session)
  return (
    <Dialog title="Needs you" class="question-sheet" noAutofocus onClose={close}>
      <QuestionCard
        {...props}
        now={now}
        open={() => {
          close()
          props.open()
        }}
      />
    </Dialog>
  )
}
