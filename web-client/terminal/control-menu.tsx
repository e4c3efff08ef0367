// The menu entry that says whether a session's programs may control other sessions without asking.
import { Icon } from '../../ui/kit/icons.tsx'
import { toastError } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'

export function ControlMenu({ link, session_id, close }: { link: HostLink; session_id: string; close: () => void }) {
  const allowed = link.sessions.value?.find(one => one.session_id === session_id)?.may_control === true
  const toggle = () => {
    close()
    link.client.allowControl(session_id, !allowed).catch(toastError)
  }
  return (
    <button type="button" aria-pressed={allowed} onClick={toggle}>
      <Icon name="share" /> Let it control other sessions{allowed && <span class="state">On</span>}
    </button>
  )
}
