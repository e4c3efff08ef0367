// The sessions that run, as rows of the window at the tray; arrow keys go through them. Knows no connection.
import type { SessionInfo } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { commandLine, formatAge, printable, shortPath } from '../../ui/sessions/session-text.ts'

/** Ages are told in minutes. */
const CLOCK_MS = 30_000

export interface PopoverSessionsProps {
  sessions: readonly SessionInfo[]
  open: (session: SessionInfo) => void
}

export function PopoverSessions({ sessions, open }: PopoverSessionsProps) {
  const now = useNow(CLOCK_MS)
  // Who calls comes first: the list may be longer than the window.
  const live = sessions
    .filter(one => one.state === 'running')
    .sort((a, b) => Number(b.attention !== null) - Number(a.attention !== null) || b.created_at - a.created_at)
  if (live.length === 0)
    return (
      <div class="none">
        <Icon name="terminal" />
        <p>No session runs</p>
      </div>
    )
  return (
    <ul onKeyDown={moveFocus}>
      {live.map(session => (
        <li key={session.session_id} data-session={session.session_id}>
          <Row session={session} now={now} open={open} />
        </li>
      ))}
    </ul>
  )
}

function Row({ session, now, open }: { session: SessionInfo; now: number; open: PopoverSessionsProps['open'] }) {
  const { attention } = session
  const line = printable(session.last_line)
  const who = watchersOf(session)
  return (
    <button type="button" class={attention ? 'row calls' : 'row'} onClick={() => open(session)}>
      <span class="dot" aria-hidden="true" />
      <span class="head">
        <bdi class="title">{printable(session.title) || commandLine(session.command)}</bdi>
        <bdi class="where">{shortPath(session.cwd, 24)}</bdi>
        <span class="age">{formatAge(now - session.created_at)}</span>
      </span>
      {attention && (
        <span class="call">
          <Icon name="bell" />
          <span>
            Calls for you
            {attention.text && (
              <>
                : <bdi>{printable(attention.text)}</bdi>
              </>
            )}
          </span>
        </span>
      )}
      {line && <bdi class="line">{line}</bdi>}
      {who && (
        <span class="who">
          <Icon name="eye" />
          <span class="unseen">Looked at by </span>
          <bdi>{who}</bdi>
        </span>
      )}
    </button>
  )
}

function watchersOf({ viewers: watchers, clients }: SessionInfo): string {
  // A host of an older version counts them only.
  if (watchers.length === 0) return clients === 0 ? '' : `${clients} attached`
  return watchers.map(printable).join(', ')
}

/** Tab goes through the window's parts as everywhere; within the list the arrows are nearer. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  rows[Math.max(0, Math.min(to, rows.length - 1))]?.focus()
}
