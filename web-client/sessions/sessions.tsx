// The list of sessions, and the button that starts one. Knows nothing of terminals.

import './sessions.css'
import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { SessionList } from '../../ui/sessions/session-list.tsx'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import { commandLine, printable } from '../../ui/sessions/session-text.ts'
import { StorageNote } from '../connection/entry-screen.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { undecided } from '../notifications/notifications.ts'
import { lazyExtra, lazySheet } from '../page/lazy.tsx'
import { openHistory, openTerminal } from '../page/route.ts'
import { rememberOrder } from './adjacent-sessions.ts'

const NewSession = lazySheet(() => import('./new-session.tsx').then(module => module.NewSession))

const About = lazySheet(() => import('../notifications/about.tsx').then(({ About }) => About))

const NoticesOffer = lazyExtra(() =>
  import('../notifications/notifications-offer.tsx').then(({ NotificationsOffer: NoticesOffer }) => NoticesOffer),
)

/** Ages are shown in minutes; a new session's in seconds. */
const CLOCK_MS = 5_000

export interface SessionsProps {
  link: HostLink
  /** Beside the terminal of this one, on a wide screen. */
  beside?: string | null
}

export function Sessions({ link, beside }: SessionsProps) {
  const now = useSignal(Date.now())
  const ending = useSignal<SessionInfo | undefined>(undefined)
  const choosing = useSignal(false)
  const about = useSignal(false)
  const why = useId()
  const sessions = link.sessions.value
  const chosen = () => {
    choosing.value = false
  }
  const isAlone = beside === undefined
  const { name } = link.state.value
  /** There was a connection. A session that is asked for without one would begin whenever it is back. */
  const isAway = link.reached.value && name !== 'ready' && name !== 'awaiting_approval'
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, CLOCK_MS)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (sessions && isAlone) rememberOrder(sessions)
  }, [sessions, isAlone])

  const Frame = isAlone ? 'div' : 'aside'
  return (
    <Frame class={isAlone ? 'page sessions' : 'page sessions beside'} aria-label={isAlone ? undefined : 'Sessions'}>
      <header>
        <h1>Sessions</h1>
        <bdi class="host-name">{link.host.value && printable(link.host.value.name)}</bdi>
        <IconButton
          icon="info"
          label="About this connection"
          aria-haspopup="dialog"
          onClick={() => {
            about.value = true
          }}
        />
      </header>
      {isAlone && <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />}
      <Calls sessions={sessions ?? []} />
      <main>
        <StorageNote link={link} />
        {undecided.value && needingAttention(sessions ?? []).length > 0 && <NoticesOffer link={link} />}
        {sessions === undefined ? (
          <Unreached link={link} />
        ) : (
          <>
            {sessions.length === 0 ? (
              <Empty readOnly={link.readOnly.value} />
            ) : (
              <SessionList
                sessions={sessions}
                now={Math.max(now.value, ...sessions.map(one => one.created_at))}
                current={beside ?? undefined}
                open={session => session.session_id !== beside && openTerminal(session.session_id)}
                end={
                  link.readOnly.value
                    ? undefined
                    : session => {
                        ending.value = session
                      }
                }
              />
            )}
            {sessions.some(one => one.state !== 'running') && (
              <button type="button" class="plain open-history" onClick={openHistory}>
                <Icon name="history" /> Everything recorded
              </button>
            )}
          </>
        )}
      </main>
      <footer>
        {isAway && !link.readOnly.value && (
          <p class="footer-note" id={why}>
            Nothing can be started until the connection is back.
          </p>
        )}
        {link.readOnly.value && <p class="footer-note">This phone may look at sessions, and nothing else.</p>}
        <div class="bar">
          <button
            type="button"
            class="to-history"
            aria-label="History"
            disabled={!link.reached.value}
            onClick={openHistory}
          >
            <Icon name="history" />
            {link.readOnly.value && 'History'}
          </button>
          {!link.readOnly.value && (
            <>
              <button
                type="button"
                class="primary"
                disabled={!link.reached.value || isAway}
                aria-describedby={why}
                onClick={() => openTerminal(null)}
              >
                <Icon name="plus" /> New session
              </button>
              <button
                type="button"
                class="choose"
                aria-label="Choose what to start"
                aria-haspopup="dialog"
                disabled={!link.reached.value || isAway}
                aria-describedby={why}
                onClick={() => {
                  choosing.value = true
                }}
              >
                <Icon name="choose" />
              </button>
            </>
          )}
        </div>
      </footer>
      {choosing.value && <NewSession link={link} started={chosen} close={chosen} />}
      {about.value && (
        <About
          link={link}
          close={() => {
            about.value = false
          }}
        />
      )}
      {ending.value && (
        <EndSessionDialog
          session={ending.value}
          onClose={() => {
            ending.value = undefined
          }}
          onYes={session => endSession(link, session.session_id)}
        />
      )}
    </Frame>
  )
}

/** For those who do not see the list: who calls, when they begin to. */
function Calls({ sessions }: { sessions: readonly SessionInfo[] }) {
  const names = needingAttention(sessions).map(one => printable(one.title) || 'untitled')
  return (
    <p class="unseen" role="status">
      {names.length === 0 ? '' : `${names.join(', ')}: want${names.length === 1 ? 's' : ''} attention`}
    </p>
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

interface EndSessionDialogProps {
  session: Pick<SessionInfo, 'session_id' | 'title' | 'command'>
  onClose: () => void
  onYes: (session: Pick<SessionInfo, 'session_id' | 'title' | 'command'>) => void
}

export function EndSessionDialog({ session, onClose, onYes }: EndSessionDialogProps) {
  return (
    <ConfirmDialog
      title={`End “${printable(session.title)}”?`}
      confirmLabel="End session"
      cancelLabel="Keep it"
      danger
      onClose={onClose}
      onConfirm={() => {
        onClose()
        onYes(session)
      }}
    >
      <p>
        <code>{commandLine(session.command)}</code> and everything that it started will be stopped.
      </p>
    </ConfirmDialog>
  )
}

export function endSession(link: HostLink, session_id: string): void {
  link.client.kill(session_id).catch((error: unknown) => {
    const { code, message } = toCoded(error)
    // Gone is what was asked for.
    if (code !== 'session_ended' && code !== 'session_unknown') toast(message, true)
  })
}
