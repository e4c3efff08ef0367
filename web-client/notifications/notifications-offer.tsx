// Offers notifications where they matter: a session in the list calls for somebody. Loaded then; knows no list.
import './notifications-offer.css'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { allowed, wishFor } from './notifications.ts'
import { push, turnOn } from './push.ts'

export function NoticesOffer({ link }: { link: HostLink }) {
  return (
    <aside class="notices-offer" aria-label="Notifications">
      <span>Be told when a session calls you</span>
      <button
        type="button"
        class="plain"
        // The browser asks, so the tap itself has to do it.
        onClick={() => void turnOn(link).then(() => toast(answer()))}
      >
        Turn on
      </button>
      <button type="button" class="icon" aria-label="Not now" onClick={() => wishFor('off')}>
        <Icon name="close" />
      </button>
    </aside>
  )
}

function answer(): string {
  if (allowed.value === 'denied') return 'Blocked in this browser’s settings for the page.'
  if (allowed.value !== 'granted') return 'Not turned on. “About this connection” has it later, too.'
  return push.value.name === 'on'
    ? 'You will be told, also when this page is closed.'
    : 'You will be told while this page is in the background.'
}
