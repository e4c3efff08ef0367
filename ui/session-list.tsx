// Sessions as rows: what runs, where, for how long, who looks. Knows nothing of connections; taps are told to the page.
import './session-list.css'
import type { SessionInfo } from '../protocol/messages.ts'
import { Icon } from './icons.tsx'
import { commandLine, printable, shortPath, since, stateWords } from './words.ts'

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
  const running = sessions.filter(one => one.state === 'running').sort((a, b) => b.created_at - a.created_at)
  const ended = sessions
    .filter(one => one.state !== 'running')
    .sort((a, b) => (b.ended_at ?? b.created_at) - (a.ended_at ?? a.created_at))
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
  return (
    <li class={session.session_id === current ? 'current' : undefined} data-session={session.session_id}>
      <button type="button" class="row" onClick={() => open(session)}>
        <span class={`dot ${dotOf(session)}`} aria-hidden="true" />
        <span class="head">
          <bdi class="title">{title}</bdi>
          <span class="age">{running ? since(now - session.created_at) : ago(now - (session.ended_at ?? now))}</span>
        </span>
        <span class="what">
          <bdi>{shortCommand(session.command)}</bdi>
          <bdi class="where">{shortPath(session.cwd, 27)}</bdi>
        </span>
        <span class="facts">
          <span class={dotOf(session)}>{stateWords(session)}</span>
          <span>
            {session.cols} × {session.rows}
          </span>
          {running && <span>{watchers(session.clients)}</span>}
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

function watchers(clients: number): string {
  return clients === 0 ? 'detached' : `${clients} attached`
}

function ago(milliseconds: number): string {
  const words = since(milliseconds)
  return words === 'now' ? words : `${words} ago`
}

/** Where a program lies says little in a list. */
function shortCommand([program = '', ...rest]: readonly string[]): string {
  return commandLine([program.split(/[/\\]/).at(-1) || program, ...rest])
}

/** The class of the colour that says how it is. */
export function dotOf({ state, exit_code, signal }: SessionInfo): string {
  if (state === 'running') return 'running'
  return state === 'exited' && exit_code === 0 && !signal ? 'finished' : state === 'exited' ? 'failed' : 'finished'
}
