// A session as text. Knows nothing of how it is asked for.
import type { HostLink } from './host-link.ts'
import { back } from './route.ts'

export function Reading({ link, session_id }: { link: HostLink; session_id: string; offset: number | undefined }) {
  return (
    <div class="page reading">
      <button type="button" class="icon" onClick={back}>
        {link.host.value?.name} {session_id}
      </button>
    </div>
  )
}
