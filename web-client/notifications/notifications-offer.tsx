// Offers notifications where they matter: a session in the list calls for somebody. Loaded then; knows no list.
import { IconButton } from '../../ui/kit/icon-button.tsx'
import './notifications-offer.css'
import { toast } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { notificationState, saveChoice } from './notifications.ts'
import { pushState, turnOn } from './push.ts'

export function NotificationsOffer({ link }: { link: HostLink }) {
  return (
    <aside class="notifications-offer" aria-label="Notifications">
      <span>Be told when a session calls you</span>
      <button
        type="button"
        class="plain"
        // The browser asks, so the tap itself has to do it.
        onClick={() => void turnOn(link).then(() => toast(answer()))}
      >
        Turn on
      </button>
      <IconButton icon="close" label="Not now" onClick={() => saveChoice('off')} />
    </aside>
  )
}

function answer(): string {
  if (notificationState.value === 'denied') return 'Blocked in this browser’s settings for the page.'
  if (notificationState.value !== 'granted') return 'Not turned on. “About this connection” has it later, too.'
  return pushState.value.name === 'on'
    ? 'You will be told, also when this page is closed.'
    : 'You will be told while this page is in the background.'
}
