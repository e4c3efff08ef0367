// The screen with the list of sessions.

import './sessions.css'
import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { TroubleBanner, TroubleMark } from '../../ui/health/trouble-banner.tsx'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toastError } from '../../ui/kit/toast.tsx'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import { commandLine, printable } from '../../ui/sessions/session-text.ts'
import { StorageNote } from '../connection/entry-screen.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { undecided } from '../notifications/notifications.ts'
import { lazyExtra, lazySheet } from '../page/lazy.tsx'
import { openHistory, openTerminal } from '../page/route.ts'
import { rememberOrder } from './adjacent-sessions.ts'
import { Inbox } from './inbox.tsx'

const NewSession = lazySheet(() => import('./new-session.tsx').then(module => module.NewSession))

const About = lazySheet(() => import('../notifications/about.tsx').then(({ About }) => About))

const NotificationsOffer = lazyExtra(() =>
  import('../notifications/notifications-offer.tsx').then(({ NotificationsOffer }) => NotificationsOffer),
)

/** Ages are shown in minutes, those of new sessions in seconds. */
const CLOCK_MS = 5_000

export interface SessionsProps {
  link: HostLink
  /** The session whose terminal is shown beside the list, on a wide screen. */
  beside?: string | null
}

export function Sessions({ link, beside }: SessionsProps) {
  const now = useSignal(Date.now())
  const ending = useSignal<SessionInfo | undefined>(undefined)
  const choosing = useSignal(false)
  const about = useSignal(false)
  const reasonId = useId()
  const sessions = link.sessions.value
  const closeNewSession = () => {
    choosing.value = false
  }
  const isAlone = beside === undefined
  const { name } = link.state.value
  /** The connection was lost. A session requested now would start whenever it is back. */
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
        <TroubleMark troubles={link.troubles.value} />
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
      {isAlone && <TroubleBanner troubles={link.troubles.value} />}
      <AttentionStatus sessions={sessions ?? []} />
      <main>
        <StorageNote link={link} />
        {undecided.value && needingAttention(sessions ?? []).length > 0 && <NotificationsOffer link={link} />}
        {sessions === undefined ? (
          <Unreached link={link} />
        ) : (
          <>
            {sessions.length === 0 ? (
              <Empty readOnly={link.readOnly.value} />
            ) : (
              <Inbox
                link={link}
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
                <Icon name="history" /> All recorded sessions
              </button>
            )}
          </>
        )}
      </main>
      <footer>
        {isAway && !link.readOnly.value && (
          <p class="footer-note" id={reasonId}>
            You can start a session when the connection is back.
          </p>
        )}
        {link.readOnly.value && <p class="footer-note">This phone can view sessions, but not control them.</p>}
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
                aria-describedby={reasonId}
                onClick={() => openTerminal(null)}
              >
                <Icon name="plus" /> New session
              </button>
              <button
                type="button"
                class="choose"
                aria-label="Start with options"
                aria-haspopup="dialog"
                disabled={!link.reached.value || isAway}
                aria-describedby={reasonId}
                onClick={() => {
                  choosing.value = true
                }}
              >
                <Icon name="up" />
              </button>
            </>
          )}
        </div>
      </footer>
      {choosing.value && <NewSession link={link} started={closeNewSession} close={closeNewSession} />}
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

/** Tells screen readers which sessions need attention. */
function AttentionStatus({ sessions }: { sessions: readonly SessionInfo[] }) {
  const names = needingAttention(sessions).map(one => printable(one.title) || 'untitled')
  return (
    <p class="unseen" role="status">
      {names.length === 0 ? '' : `${names.join(', ')} need${names.length === 1 ? 's' : ''} attention`}
    </p>
  )
}

/** Before the first list: still connecting, or the computer does not respond. */
function Unreached({ link }: { link: HostLink }) {
  const state = link.state.value
  if (state.name === 'ready' || (state.name === 'connecting' && state.attempt === 0))
    return <p class="note appears">Connecting…</p>
  return (
    <div class="note empty">
      <Icon name="unreached" />
      <p>Cannot reach your computer</p>
      <p>
        Check that it is on and that this phone is on the same network. Sessions keep running while the computer is on.
      </p>
    </div>
  )
}

function Empty({ readOnly }: { readOnly: boolean }) {
  return (
    <div class="note empty">
      <Icon name="terminal" />
      <p>No sessions yet</p>
      <p>
        {readOnly
          ? 'Sessions started on your computer appear here.'
          : 'A session is a terminal on your computer. It keeps running when you close this page.'}
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
      cancelLabel="Cancel"
      danger
      onClose={onClose}
      onConfirm={() => {
        onClose()
        onYes(session)
      }}
    >
      <p>
        <code>{commandLine(session.command)}</code> and every program it started will be stopped.
      </p>
    </ConfirmDialog>
  )
}

export function endSession(link: HostLink, session_id: string): void {
  link.client.kill(session_id).catch((error: unknown) => {
    const { code } = toCoded(error)
    // It has ended already.
    if (code !== 'session_ended' && code !== 'session_unknown') toastError(error)
  })
}
