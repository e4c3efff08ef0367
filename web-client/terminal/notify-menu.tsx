// The menu entries that say whether people are notified of a session: on all devices, and through every channel.
import type { NotifyChoice } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { toastError } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'

export function NotifyMenu({ link, session_id, close }: { link: HostLink; session_id: string; close: () => void }) {
  const choice = link.sessions.value?.find(one => one.session_id === session_id)?.notify ?? 'default'
  const toggle = (wanted: NotifyChoice) => () => {
    close()
    link.client.notifySession(session_id, choice === wanted ? 'default' : wanted).catch(toastError)
  }
  return (
    <>
      <button type="button" aria-pressed={choice === 'when_ended'} onClick={toggle('when_ended')}>
        <Icon name="bell" /> Notify me when it ends{choice === 'when_ended' && <span class="state">On</span>}
      </button>
      <button type="button" aria-pressed={choice === 'muted'} onClick={toggle('muted')}>
        <Icon name="blocked" /> Mute notifications{choice === 'muted' && <span class="state">On</span>}
      </button>
    </>
  )
}
