// The list of running sessions over a terminal.
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { SessionList } from '../../ui/sessions/session-list.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { openTerminal } from '../page/route.ts'

/** Same as in the session list. */
const CLOCK_MS = 5_000

export interface SwitcherProps {
  link: HostLink
  session_id: string | undefined
  close: () => void
}

export function Switcher({ link, session_id, close }: SwitcherProps) {
  const now = useNow(CLOCK_MS)
  const sessions = (link.sessions.value ?? []).filter(one => one.state === 'running')
  return (
    <Dialog title="Switch session" class="switcher" onClose={close}>
      {sessions.length === 0 ? (
        <p>No sessions are running.</p>
      ) : (
        <SessionList
          sessions={sessions}
          now={Math.max(now, ...sessions.map(one => one.created_at))}
          current={session_id}
          open={session => {
            close()
            if (session.session_id !== session_id) openTerminal(session.session_id)
          }}
        />
      )}
      {!link.readOnly.value && (
        <div class="actions">
          <button
            type="button"
            class="primary"
            disabled={link.state.value.name !== 'ready'}
            onClick={() => {
              close()
              openTerminal(null)
            }}
          >
            <Icon name="plus" /> New session
          </button>
        </div>
      )}
    </Dialog>
  )
}
