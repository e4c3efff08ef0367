// Whether people are notified of a session: on all devices, and through every channel.
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { NotifyChoice, SessionInfo } from '../../protocol/messages.ts'
import { toastError } from '../../ui/kit/toast.tsx'

const CHOICES: Record<NotifyChoice, string> = {
  default: 'Notify as set',
  when_ended: 'Notify when it ends',
  muted: 'Muted',
}

export function NotifyChoiceField({ client, session }: { client: LocalClient; session: SessionInfo }) {
  const choice = session.notify ?? 'default'
  return (
    <select
      class="notify-choice"
      aria-label="Notifications of this session"
      value={choice}
      onChange={event => {
        const wanted = event.currentTarget.value as NotifyChoice
        event.currentTarget.value = choice
        client.notifySession(session.session_id, wanted).catch(toastError)
      }}
    >
      {Object.entries(CHOICES).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  )
}
