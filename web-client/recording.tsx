// A recorded session as it is played. Knows nothing of how it is asked for.
import type { Place } from '../protocol/messages.ts'
import type { HostLink } from './host-link.ts'
import { back } from './route.ts'

export function Recording({ link, session_id }: { link: HostLink; session_id: string; place: Place | undefined }) {
  return (
    <div class="page recording">
      <button type="button" class="icon" onClick={back}>
        {link.host.value?.name} {session_id}
      </button>
    </div>
  )
}
