// Sessions as rows: who calls, what runs, where, what it said last, who looks. Knows nothing of connections; taps are told
// to the page.
import './session-list.css'
import type { SessionInfo } from '../../protocol/messages.ts'
import { Icon } from '../kit/icons.tsx'
import { sortSessions } from './session-order.ts'
import { attentionText, commandLine, formatAge, printable, shortPath, stateText } from './session-text.ts'

export interface SessionListProps {
  sessions: readonly SessionInfo[]
  /** Unix milliseconds. */
  now: number
  open: (session: SessionInfo) => void
  /** Left out: for who may not end any. */
  end?: ((session: SessionInfo) => void) | undefined
  /** Marked as the one that is shown beside the list, or was lately. */
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
  const call = running ? session.attention : null
  const said = printable(session.last_line)
  const isCurrent = session.session_id === current
  return (
    <li
      class={`${isCurrent ? 'current' : ''} ${call ? 'calls' : ''}`.trim() || undefined}
      data-session={session.session_id}
    >
      <button type="button" class="row" aria-current={isCurrent ? 'true' : undefined} onClick={() => open(session)}>
        <span class={`dot ${call ? 'calling' : stateClass(session)}`} aria-hidden="true" />
        <span class="head">
          <bdi class="title">{title}</bdi>
          <span class="age">
            {running ? formatAge(now - session.created_at) : ago(now - (session.ended_at ?? now))}
          </span>
        </span>
        {call && (
          <span class="call">
            <bdi>{attentionText(call)}</bdi> <span class="age">{ago(now - call.at)}</span>
          </span>
        )}
        <span class="what">
          <bdi>{shortCommand(session.command)}</bdi>
          <bdi class="where">{shortPath(session.cwd, 27)}</bdi>
        </span>
        {said !== '' && (
          <bdi class="said" dir="auto">
            {said}
          </bdi>
        )}
        <span class="facts">
          <span class={stateClass(session)}>{stateText(session)}</span>
          {running && session.viewers.length > 0 && <bdi class="watchers">{watchers(session)}</bdi>}
        </span>
      </button>
      {running && end && (
        <button type="button" class="icon end" aria-label={`End ${title}`} onClick={() => end(session)}>
          <Icon name="close" />
        </button>
      )}
    </li>
  )
}

/** By name, where the host says who it is. */
function watchers({ viewers: watchers }: SessionInfo): string {
  return `seen by ${watchers.map(printable).join(', ')}`
}

function ago(milliseconds: number): string {
  const words = formatAge(milliseconds)
  return words === 'now' ? words : `${words} ago`
}

/** Where a program lies says little in a list. */
function shortCommand([program = '', ...rest]: readonly string[]): string {
  return commandLine([program.split(/[/\\]/).at(-1) || program, ...rest])
}

/** The class of the colour that says how it is. */
export function stateClass({ state, exit_code, signal }: SessionInfo): string {
  if (state === 'running') return 'running'
  return state === 'exited' && exit_code === 0 && !signal ? 'finished' : state === 'exited' ? 'failed' : 'finished'
}
