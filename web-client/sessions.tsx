// The list of sessions, and the button that starts one. Knows nothing of terminals.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { toCoded } from '../protocol/errors.ts'
import type { SessionInfo } from '../protocol/messages.ts'
import { ConnectionBanner } from '../ui/connection-banner.tsx'
import { Question } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { SessionList } from '../ui/session-list.tsx'
import { toast } from '../ui/toast.tsx'
import { commandLine, printable } from '../ui/words.ts'
import { Forgetful } from './entry.tsx'
import type { HostLink } from './host-link.ts'
import { lazy } from './lazy.tsx'
import { openTerminal } from './route.ts'

const About = lazy(() => import('./about.tsx').then(({ About }) => About))

/** Ages are shown in minutes; a new session's in seconds. */
const CLOCK_MS = 5_000

export function Sessions({ link }: { link: HostLink }) {
  const now = useSignal(Date.now())
  const ending = useSignal<SessionInfo | undefined>(undefined)
  const about = useSignal(false)
  const sessions = link.sessions.value
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, CLOCK_MS)
    return () => clearInterval(timer)
  }, [])

  return (
    <div class="page sessions">
      <header>
        <h1>Sessions</h1>
        <bdi class="host-name">{link.host.value && printable(link.host.value.name)}</bdi>
        <button
          type="button"
          class="icon"
          aria-label="About this connection"
          aria-haspopup="dialog"
          onClick={() => {
            about.value = true
          }}
        >
          <Icon name="info" />
        </button>
      </header>
      <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />
      <main>
        <Forgetful link={link} />
        {sessions === undefined ? (
          <Unreached link={link} />
        ) : sessions.length === 0 ? (
          <Empty readOnly={link.readOnly.value} />
        ) : (
          <SessionList
            sessions={sessions}
            now={Math.max(now.value, ...sessions.map(one => one.created_at))}
            open={session => openTerminal(session.session_id)}
            end={
              link.readOnly.value
                ? undefined
                : session => {
                    ending.value = session
                  }
            }
          />
        )}
      </main>
      <footer>
        {link.readOnly.value ? (
          <p class="only-looks">This phone may look at sessions, and nothing else.</p>
        ) : (
          <button type="button" class="primary" disabled={!link.reached.value} onClick={() => openTerminal(null)}>
            <Icon name="plus" /> New session
          </button>
        )}
      </footer>
      {about.value && (
        <About
          link={link}
          onClose={() => {
            about.value = false
          }}
        />
      )}
      {ending.value && (
        <EndQuestion
          session={ending.value}
          onClose={() => {
            ending.value = undefined
          }}
          onYes={session => endSession(link, session.session_id)}
        />
      )}
    </div>
  )
}

/** Before the first list: soon there, or the computer does not answer. */
function Unreached({ link }: { link: HostLink }) {
  const state = link.state.value
  if (state.name === 'ready' || (state.name === 'connecting' && state.attempt === 0))
    return <p class="note appears">Connecting…</p>
  return (
    <div class="note empty">
      <Icon name="unreached" />
      <p>Your computer cannot be reached.</p>
      <p>It may sleep or be off, or this phone is in another network. What runs there goes on without you.</p>
    </div>
  )
}

function Empty({ readOnly }: { readOnly: boolean }) {
  return (
    <div class="note empty">
      <Icon name="terminal" />
      <p>Nothing runs yet.</p>
      <p>
        {readOnly
          ? 'What is started on your computer appears here, to look at.'
          : 'A session is a shell on your computer. It goes on when you close this page.'}
      </p>
    </div>
  )
}

interface EndQuestionProps {
  session: Pick<SessionInfo, 'session_id' | 'title' | 'command'>
  onClose: () => void
  onYes: (session: Pick<SessionInfo, 'session_id' | 'title' | 'command'>) => void
}

export function EndQuestion({ session, onClose, onYes }: EndQuestionProps) {
  return (
    <Question
      title={`End “${printable(session.title)}”?`}
      yes="End session"
      no="Keep it"
      danger
      onClose={onClose}
      onYes={() => {
        onClose()
        onYes(session)
      }}
    >
      <p>
        <code>{commandLine(session.command)}</code> and everything that it started will be stopped.
      </p>
    </Question>
  )
}

export function endSession(link: HostLink, session_id: string): void {
  link.client.kill(session_id).catch((error: unknown) => {
    const { code, message } = toCoded(error)
    // Gone is what was asked for.
    if (code !== 'session_ended' && code !== 'session_unknown') toast(message, true)
  })
}
