// One session as a row of a list.
import type { SessionInfo } from '../../protocol/messages.ts'
import { ATTENTION_TEXTS, isBlocked } from '../../protocol/session-attention.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { Icon } from '../kit/icons.tsx'
import { needsPerson } from './session-order.ts'
import { attentionText, commandLine, formatAge, printable, shortPath, stateText } from './session-text.ts'
import { useSwipeAway } from './swipe-away.ts'

export interface RowActions {
  open: (session: SessionInfo) => void
  /** Left out for users who may not end sessions. */
  end?: ((session: SessionInfo) => void) | undefined
  /** Left out for users who may not. Also by a swipe. */
  markSeen?: ((session: SessionInfo) => void) | undefined
}

interface SessionRowProps extends RowActions {
  session: SessionInfo
  now: number
  current?: string | undefined
}

export function SessionRow({ session, now, open, end, markSeen, current }: SessionRowProps) {
  const title = printable(session.title) || 'untitled'
  const needed = needsPerson(session)
  const isCurrent = session.session_id === current
  const seen = needed && markSeen ? () => markSeen(session) : undefined
  const swipe = useSwipeAway(() => seen?.())
  const content = (
    <>
      <button type="button" class="row" aria-current={isCurrent ? 'true' : undefined} onClick={() => open(session)}>
        <RowText session={session} title={title} now={now} />
      </button>
      {((session.state === 'running' && end) || seen) && (
        <span class="side">
          {session.state === 'running' && end && (
            <IconButton icon="close" label={`End ${title}`} class="end" onClick={() => end(session)} />
          )}
          {seen && <IconButton icon="check" label={`Mark ${title} as seen`} class="seen" onClick={seen} />}
        </span>
      )}
    </>
  )
  return (
    <li
      class={`${isCurrent ? 'current' : ''} ${needed ? `needs-attention ${tone(session)}` : ''}`.trim() || undefined}
      data-session={session.session_id}
    >
      {seen ? (
        <>
          {swipe.pulled !== 0 && (
            <span
              class={`pulled ${swipe.pulled > 0 ? 'right' : 'left'}${swipe.willAct ? ' will-act' : ''}`}
              aria-hidden="true"
            >
              <Icon name="check" /> Seen
            </span>
          )}
          <div
            class="slide"
            style={swipe.pulled === 0 ? undefined : { transform: `translateX(${swipe.pulled}px)` }}
            {...swipe.handlers}
          >
            {content}
          </div>
        </>
      ) : (
        content
      )}
    </li>
  )
}

function RowText({ session, title, now }: { session: SessionInfo; title: string; now: number }) {
  const running = session.state === 'running'
  const reason = running || needsPerson(session) ? reasonOf(session) : undefined
  const lastLine = printable(session.last_line)
  const state = stateWord(session)
  return (
    <>
      <span class={`dot ${dotClass(session)}`} aria-hidden="true" />
      <span class="head">
        <bdi class="title">{title}</bdi>
        <span class="age">{running ? formatAge(now - session.created_at) : ago(now - (session.ended_at ?? now))}</span>
      </span>
      {reason && (
        <span class="attention">
          <bdi>{reason.text}</bdi> <span class="age">{ago(now - reason.at)}</span>
        </span>
      )}
      <span class="what">
        <bdi>{shortCommand(session.command)}</bdi>
        <bdi class="where">{shortPath(session.cwd, 27)}</bdi>
      </span>
      {lastLine !== '' && !isBlocked(session) && (
        <bdi class="last-line" dir="auto">
          {lastLine}
        </bdi>
      )}
      <span class="facts">
        <span class={state.shown ? stateClass(session) : 'unseen'}>{state.text}</span>
        {running && session.may_control && <span>may control other sessions</span>}
        {running && session.viewers.length > 0 && <bdi class="viewers">{viewersText(session)}</bdi>}
      </span>
    </>
  )
}

/** What the session asks, or what happened in it. */
function reasonOf(session: SessionInfo): { text: string; at: number } | undefined {
  const { activity, attention } = session
  if (isBlocked(session) && activity)
    return { text: printable(activity.question?.text ?? '') || ATTENTION_TEXTS.blocked, at: activity.since }
  if (attention) return { text: attentionText(attention), at: attention.at }
  return activity?.state === 'done'
    ? { text: `${printable(activity.agent) || 'It'} finished`, at: activity.since }
    : undefined
}

/** Shown for exceptions only; screen readers hear it always. */
function stateWord(session: SessionInfo): { text: string; shown: boolean } {
  const { state, activity } = session
  if (state !== 'running') return { text: stateText(session), shown: !needsPerson(session) }
  switch (activity?.state) {
    case 'blocked':
      return { text: 'waits for an answer', shown: false }
    case 'done':
      return { text: 'done', shown: false }
    case 'working':
      return { text: 'working', shown: false }
    case 'idle':
      return { text: 'idle', shown: false }
    default:
      return { text: stateText(session), shown: false }
  }
}

function dotClass(session: SessionInfo): string {
  if (session.state !== 'running' && !needsPerson(session)) return stateClass(session)
  if (needsPerson(session) || isBlocked(session)) return `attention ${tone(session)}`.trim()
  return session.activity?.state === 'working' ? 'running working' : 'running'
}

/** Questions and notifications are amber; something that is over is blue, or red. */
function tone(session: SessionInfo): '' | 'is-done' | 'is-failed' {
  const { activity, attention } = session
  if (isBlocked(session)) return ''
  if (attention?.kind === 'failed') return 'is-failed'
  return activity?.state === 'done' || attention?.kind === 'done' || attention?.kind === 'ended' ? 'is-done' : ''
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
