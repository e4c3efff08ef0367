// Offers notifications in the session list, once a session needs attention.
import './notifications-offer.css'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { notificationState, saveChoice } from './notifications.ts'
import { pushState, turnOn } from './push.ts'

export function NotificationsOffer({ link }: { link: HostLink }) {
  return (
    <aside class="notifications-offer" aria-label="Notifications">
      <span>Notify me when input is needed</span>
      <button
        type="button"
        class="plain"
        // Browsers show their permission prompt only after a tap.
        onClick={() => void turnOn(link).then(() => toast(resultText()))}
      >
        Turn on
      </button>
      <IconButton icon="close" label="Dismiss" onClick={() => saveChoice('off')} />
    </aside>
  )
}

function resultText(): string {
  if (notificationState.value === 'denied')
    return 'Blocked. Allow notifications in the browser’s settings for this page.'
  if (notificationState.value !== 'granted') return 'Not turned on. You can do it later in About this connection.'
  return pushState.value.name === 'on'
    ? 'Notifications are on, even when this page is closed.'
    : 'Notifications are on while this page is in the background.'
}
