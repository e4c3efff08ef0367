// Which sessions a phone sees: all, or chosen ones.
import './session-limit-dialog.css'
import { useEffect, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { toCoded } from '../../protocol/errors.ts'
import { MAX_DEVICE_SESSIONS } from '../../protocol/limits.ts'
import type { DeviceInfo, SessionInfo } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { printable, shortPath } from '../../ui/sessions/session-text.ts'

export interface SessionLimitDialogProps {
  client: LocalClient
  device: DeviceInfo
  close: () => void
}

export function SessionLimitDialog({ client, device, close }: SessionLimitDialogProps) {
  const [sessions, setSessions] = useState<readonly SessionInfo[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(device.sessions))
  const name = printable(device.name)
  useEffect(() => {
    client.list().then(setSessions, showError)
  }, [client])
  // Those that are only in the history stay chosen.
  const older = [...chosen].filter(id => !sessions.some(({ session_id }) => session_id === id)).length
  const choose = (session_id: string, isChosen: boolean) => {
    const next = new Set(chosen)
    if (isChosen) next.add(session_id)
    else next.delete(session_id)
    setChosen(next)
  }
  const save = (limit: readonly string[] | null) =>
    client.updateDevice(device.device_id, { sessions: limit }).then(close, showError)
  return (
    <Dialog title={`Sessions of “${name}”`} class="session-limit" noAutofocus onClose={close}>
      <p>
        It sees the sessions that you choose{device.read_only ? '' : ', and those that it starts itself'}. For it, there
        are no others.
      </p>
      <fieldset class="choices" aria-label="Sessions">
        {sessions.map(({ session_id, title, cwd }) => (
          <label key={session_id}>
            <input
              type="checkbox"
              checked={chosen.has(session_id)}
              disabled={!chosen.has(session_id) && chosen.size >= MAX_DEVICE_SESSIONS}
              onChange={event => choose(session_id, event.currentTarget.checked)}
            />
            <bdi class="title">{printable(title)}</bdi>
            <bdi class="folder">{printable(shortPath(cwd))}</bdi>
          </label>
        ))}
      </fieldset>
      {sessions.length === 0 && <p class="none">There are no sessions now.</p>}
      {older > 0 && <p class="none">{`${older} older ${older === 1 ? 'session stays' : 'sessions stay'} chosen.`}</p>}
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" onClick={() => save(null)}>
          Show all sessions
        </button>
        <button type="button" class="primary" onClick={() => save([...chosen])}>
          Show only these
        </button>
      </div>
    </Dialog>
  )
}

function showError(error: unknown): void {
  const { message } = toCoded(error)
  toast(message.charAt(0).toUpperCase() + message.slice(1), true)
}
