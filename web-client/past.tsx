// Everything that was recorded, to find something in it. Knows nothing of how it is asked for.
import type { HostLink } from './host-link.ts'
import { back } from './route.ts'

export function Past({ link }: { link: HostLink }) {
  return (
    <div class="page past">
      <button type="button" class="icon" onClick={back}>
        {link.host.value?.name}
      </button>
    </div>
  )
}
