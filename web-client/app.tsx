// Chooses the screen to show.
import { useRef } from 'preact/hooks'
import { isTroubleOpen } from '../ui/health/troubles.ts'
import { CopyDialog } from '../ui/kit/copy-dialog.tsx'
import { ConfirmDialog } from '../ui/kit/dialog.tsx'
import { Toasts } from '../ui/kit/toast.tsx'
import { printable } from '../ui/sessions/session-text.ts'
import type { HostLink } from './connection/host-link.ts'
import { Pairing } from './connection/pairing.tsx'
import { Refused } from './connection/refused.tsx'
import { lazyScreen, lazySheet } from './page/lazy.tsx'
import { route } from './page/route.ts'
import { isWide } from './page/wide-layout.ts'
import { askingSession } from './sessions/new-waits.ts'
import { Sessions } from './sessions/sessions.tsx'

/** Most of the page's code, evaluated while the page connects. The session list does not need it. */
export const Terminal = lazyScreen(() => import('./terminal/terminal.tsx').then(module => module.Terminal))
const History = lazyScreen(() => import('./recording/history.tsx').then(module => module.History))
const Reading = lazyScreen(() => import('./reading/reading.tsx').then(module => module.Reading))
const Recording = lazyScreen(() => import('./recording/recording.tsx').then(module => module.Recording))
const LockScreen = lazyScreen(() => import('./lock/lock-screen.tsx').then(module => module.LockScreen))
const TroubleDialog = lazySheet(() => import('../ui/health/trouble-dialog.tsx').then(module => module.TroubleDialog))
const QuestionSheet = lazySheet(() => import('./sessions/question-sheet.tsx').then(module => module.QuestionSheet))

export function App({ link }: { link: HostLink }) {
  return (
    <>
      <Screen link={link} />
      <OtherHostDialog link={link} />
      {askingSession.value && (
        <QuestionSheet
          key={askingSession.value}
          link={link}
          session_id={askingSession.value}
          close={() => {
            askingSession.value = undefined
          }}
        />
      )}
      {isTroubleOpen.value && (
        <TroubleDialog
          client={link.client}
          troubles={link.troubles.value}
          sessions={link.sessions.value ?? []}
          close={() => {
            isTroubleOpen.value = false
          }}
        />
      )}
      <CopyDialog />
      <Toasts />
    </>
  )
}

function Screen({ link }: { link: HostLink }) {
  /** The history stays mounted below a recording opened from it, with its search and scroll position. */
  const keepsHistory = useRef(false)
  const { value } = route
  if (link.identities.locked.value) return <LockScreen link={link} />
  if (!link.loaded.value) return null
  const refusal = link.refusal.value
  if (refusal) return <Refused link={link} why={refusal} />
  if (!link.paired.value) return <Pairing link={link} />
  if (value.screen === 'history') keepsHistory.current = true
  else if (value.screen === 'sessions' || value.screen === 'terminal') keepsHistory.current = false
  return (
    <>
      {keepsHistory.current && <History key="history" link={link} hidden={value.screen !== 'history'} />}
      <Shown key={value.screen} link={link} />
    </>
  )
}

function Shown({ link }: { link: HostLink }) {
  const { value } = route
  switch (value.screen) {
    case 'sessions':
      return <Sessions link={link} />
    case 'terminal':
      // Rotating a tablet shows or hides the list; the terminal stays mounted.
      return (
        <div class="side-by-side">
          {isWide.value && <Sessions key="list" link={link} beside={value.session_id} />}
          <Terminal
            // Permissions are fixed when a terminal is opened.
            key={`${value.opened} ${link.readOnly.value}`}
            link={link}
            session_id={value.session_id}
            spec={value.spec}
          />
        </div>
      )
    case 'history':
      return null
    case 'recording':
      return (
        <Recording
          key={value.session_id}
          link={link}
          session_id={value.session_id}
          target={value.target}
          found={value.found}
        />
      )
    case 'reading':
      return (
        <Reading
          key={value.session_id}
          link={link}
          session_id={value.session_id}
          offset={value.offset}
          near={value.near}
        />
      )
  }
}

/** A malicious link could replace this phone's host, so the user is asked first. */
function OtherHostDialog({ link }: { link: HostLink }) {
  const name = link.otherHost.value
  if (name === undefined) return null
  return (
    <ConfirmDialog
      title="This link is for another computer"
      confirmLabel="Replace"
      cancelLabel="Keep"
      danger
      onClose={() => link.answerOtherHost(false)}
      onConfirm={() => link.answerOtherHost(true)}
    >
      <p>
        This phone is paired with <bdi>{name ? `“${printable(name)}”` : 'another computer'}</bdi>. Replace it only if
        you just scanned a code yourself.
      </p>
    </ConfirmDialog>
  )
}
