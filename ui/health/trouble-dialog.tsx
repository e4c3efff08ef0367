// Everything that is wrong with the host: what happens, since when, what is lost, what to do.
import './trouble-dialog.css'
import type { HostClient } from '../../protocol/client/client.ts'
import type { SessionInfo, Trouble } from '../../protocol/messages.ts'
import { Dialog } from '../kit/dialog.tsx'
import { Icon } from '../kit/icons.tsx'
import { toastError } from '../kit/toast.tsx'
import { useNow } from '../kit/use-now.ts'
import { formatBytes, formatRoughDuration, printable } from '../sessions/session-text.ts'
import { worstFirst } from './troubles.ts'

/** Durations are shown in one unit, in seconds at first. */
const CLOCK_MS = 1_000

/** Titles of affected sessions; more would fill the dialog. */
const MAX_TITLES = 5

export interface TroubleDialogProps {
  client: Pick<HostClient, 'dismissTrouble'>
  troubles: readonly Trouble[]
  sessions: readonly SessionInfo[]
  close: () => void
}

export function TroubleDialog({ client, troubles, sessions, close }: TroubleDialogProps) {
  const now = useNow(CLOCK_MS)
  const title = troubles.length === 0 ? 'The trouble is over' : 'Trouble on your computer'
  return (
    <Dialog title={title} class="trouble-dialog" onClose={close}>
      {troubles.length === 0 && <p>Everything works again.</p>}
      {worstFirst(troubles).map(trouble => (
        <Item key={trouble.kind} client={client} trouble={trouble} sessions={sessions} now={now} />
      ))}
      <div class="actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

interface ItemProps extends Pick<TroubleDialogProps, 'client' | 'sessions'> {
  trouble: Trouble
  now: number
}

function Item({ client, trouble, sessions, now }: ItemProps) {
  const { kind, severity, title, happens, todo, since, bytes, path, message, past, dismissible } = trouble
  const affected = titlesOf(trouble, sessions)
  return (
    <section class={severity === 'error' ? 'bad' : ''}>
      <h3>
        <Icon name="warning" />
        {title}
      </h3>
      <p class="since">
        {past ? `${formatRoughDuration(now - since)} ago, on ` : `For ${formatRoughDuration(now - since)}, since `}
        {new Date(since).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}
      </p>
      <p>{happens}</p>
      {bytes !== undefined && bytes > 0 && <p>{`${past ? 'Lost' : 'Lost so far'}: ${formatBytes(bytes)}.`}</p>}
      {affected && <p>Sessions: {affected}.</p>}
      <p class="todo">{todo}</p>
      {(path || message) && (
        <details>
          <summary>Details</summary>
          {path && <p class="detail">{printable(path)}</p>}
          {message && <p class="detail">{printable(message)}</p>}
        </details>
      )}
      {dismissible && (
        <button type="button" onClick={() => client.dismissTrouble(kind).catch(toastError)}>
          I have read this
        </button>
      )}
    </section>
  )
}

function titlesOf({ sessions: ids }: Trouble, sessions: readonly SessionInfo[]): string {
  const titles = ids.map(id => printable(sessions.find(one => one.session_id === id)?.title ?? '') || id.slice(0, 8))
  const more = titles.length - MAX_TITLES
  return more > 0 ? `${titles.slice(0, MAX_TITLES).join(', ')} and ${more} more` : titles.join(', ')
}
