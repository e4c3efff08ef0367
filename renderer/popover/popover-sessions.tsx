// The running sessions as rows of the popover; arrow keys move between them.
import type { SessionInfo } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { commandLine, formatAge, printable, shortPath } from '../../ui/sessions/session-text.ts'

/** Ages are shown in minutes. */
const CLOCK_MS = 30_000

export interface PopoverSessionsProps {
  sessions: readonly SessionInfo[]
  open: (session: SessionInfo) => void
}

export function PopoverSessions({ sessions, open }: PopoverSessionsProps) {
  const now = useNow(CLOCK_MS)
  // Sessions that need attention come first, because the list can be longer than the window.
  const running = sessions
    .filter(one => one.state === 'running')
    .sort((a, b) => Number(b.attention !== null) - Number(a.attention !== null) || b.created_at - a.created_at)
  if (running.length === 0)
    return (
      <div class="none">
        <Icon name="terminal" />
        <p>No running sessions</p>
      </div>
    )
  return (
    <ul onKeyDown={moveFocus}>
      {running.map(session => (
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
  const viewers = viewersText(session)
  return (
    <button type="button" class={attention ? 'row attention' : 'row'} onClick={() => open(session)}>
      <span class="dot" aria-hidden="true" />
      <span class="head">
        <bdi class="title">{printable(session.title) || commandLine(session.command)}</bdi>
        <bdi class="where">{shortPath(session.cwd, 24)}</bdi>
        <span class="age">{formatAge(now - session.created_at)}</span>
      </span>
      {attention && (
        <span class="reason">
          <Icon name="bell" />
          <span>
            Needs attention
            {attention.text && (
              <>
                : <bdi>{printable(attention.text)}</bdi>
              </>
            )}
          </span>
        </span>
      )}
      {line && <bdi class="line">{line}</bdi>}
      {viewers && (
        <span class="viewers">
          <Icon name="eye" />
          <span class="unseen">Viewed by </span>
          <bdi>{viewers}</bdi>
        </span>
      )}
    </button>
  )
}

function viewersText({ viewers: watchers, clients }: SessionInfo): string {
  // An older host only counts them.
  if (watchers.length === 0) return clients === 0 ? '' : `${clients} attached`
  return watchers.map(printable).join(', ')
}

/** Arrow keys, Home and End move within the list; Tab moves as usual. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  rows[Math.max(0, Math.min(to, rows.length - 1))]?.focus()
}
