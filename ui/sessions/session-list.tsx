// Sessions as rows: which need attention, what runs, where, its last line, its viewers.
import './session-list.css'
import type { SessionInfo } from '../../protocol/messages.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { sortSessions } from './session-order.ts'
import { attentionText, commandLine, formatAge, printable, shortPath, stateText } from './session-text.ts'

export interface SessionListProps {
  sessions: readonly SessionInfo[]
  /** Unix milliseconds. */
  now: number
  open: (session: SessionInfo) => void
  /** Left out for users who may not end sessions. */
  end?: ((session: SessionInfo) => void) | undefined
  /** Highlighted: the session that is open beside the list, or was last. */
  current?: string | undefined
}

export function SessionList({ sessions, ...rest }: SessionListProps) {
  const { running, ended } = sortSessions(sessions)
  return (
    <div class="session-list">
      {running.length > 0 && <Rows sessions={running} {...rest} />}
      {ended.length > 0 && (
        <>
          <h2>Ended</h2>
          <Rows sessions={ended} {...rest} />
        </>
      )}
    </div>
  )
}

function Rows({ sessions, ...rest }: SessionListProps) {
  return (
    <ul>
      {sessions.map(session => (
        <Row key={session.session_id} session={session} {...rest} />
      ))}
    </ul>
  )
}

function Row({ session, now, open, end, current }: { session: SessionInfo } & Omit<SessionListProps, 'sessions'>) {
  const running = session.state === 'running'
  const title = printable(session.title) || 'untitled'
  const attention = running ? session.attention : null
  const lastLine = printable(session.last_line)
  const isCurrent = session.session_id === current
  return (
    <li
      class={`${isCurrent ? 'current' : ''} ${attention ? 'needs-attention' : ''}`.trim() || undefined}
      data-session={session.session_id}
    >
      <button type="button" class="row" aria-current={isCurrent ? 'true' : undefined} onClick={() => open(session)}>
        <span class={`dot ${attention ? 'attention' : stateClass(session)}`} aria-hidden="true" />
        <span class="head">
          <bdi class="title">{title}</bdi>
          <span class="age">
            {running ? formatAge(now - session.created_at) : ago(now - (session.ended_at ?? now))}
          </span>
        </span>
        {attention && (
          <span class="attention">
            <bdi>{attentionText(attention)}</bdi> <span class="age">{ago(now - attention.at)}</span>
          </span>
        )}
        <span class="what">
          <bdi>{shortCommand(session.command)}</bdi>
          <bdi class="where">{shortPath(session.cwd, 27)}</bdi>
        </span>
        {lastLine !== '' && (
          <bdi class="last-line" dir="auto">
            {lastLine}
          </bdi>
        )}
        <span class="facts">
          <span class={stateClass(session)}>{stateText(session)}</span>
          {running && session.viewers.length > 0 && <bdi class="viewers">{viewersText(session)}</bdi>}
        </span>
      </button>
      {running && end && <IconButton icon="close" label={`End ${title}`} class="end" onClick={() => end(session)} />}
    </li>
  )
}

function viewersText({ viewers }: SessionInfo): string {
  return `viewed by ${viewers.map(printable).join(', ')}`
}

function ago(milliseconds: number): string {
  const age = formatAge(milliseconds)
  return age === 'now' ? age : `${age} ago`
}

/** Without the program's folder, which says little in a list. */
function shortCommand([program = '', ...rest]: readonly string[]): string {
  return commandLine([program.split(/[/\\]/).at(-1) || program, ...rest])
}

/** The CSS class that colors a session by its state. */
export function stateClass({ state, exit_code, signal }: SessionInfo): string {
  if (state === 'running') return 'running'
  return state === 'exited' && exit_code === 0 && !signal ? 'finished' : state === 'exited' ? 'failed' : 'finished'
}
