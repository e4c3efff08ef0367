// Which screen is shown. Knows nothing of what the screens do.
import { useRef } from 'preact/hooks'
import { CopyDialog } from '../ui/kit/copy-dialog.tsx'
import { ConfirmDialog } from '../ui/kit/dialog.tsx'
import { Toasts } from '../ui/kit/toast.tsx'
import { printable } from '../ui/sessions/session-text.ts'
import type { HostLink } from './connection/host-link.ts'
import { Pairing } from './connection/pairing.tsx'
import { Refused } from './connection/refused.tsx'
import { lazyScreen } from './page/lazy.tsx'
import { route } from './page/route.ts'
import { isWide } from './page/wide-layout.ts'
import { Sessions } from './sessions/sessions.tsx'

/** Most of the page's code. While it is read the connection is made; the list does without it. */
export const Terminal = lazyScreen(() => import('./terminal/terminal.tsx').then(module => module.Terminal))
const Past = lazyScreen(() => import('./recording/history.tsx').then(module => module.Past))
const Reading = lazyScreen(() => import('./reading/reading.tsx').then(module => module.Reading))
const Recording = lazyScreen(() => import('./recording/recording.tsx').then(module => module.Recording))

export function App({ link }: { link: HostLink }) {
  return (
    <>
      <Screen link={link} />
      <OtherHost link={link} />
      <CopyDialog />
      <Toasts />
    </>
  )
}

function Screen({ link }: { link: HostLink }) {
  /** Whoever looks at what was found goes back to where it was found: what was typed, and how far one had come. */
  const keepsPast = useRef(false)
  const { value } = route
  if (!link.loaded.value) return null
  const refusal = link.refusal.value
  if (refusal) return <Refused link={link} why={refusal} />
  if (!link.paired.value) return <Pairing link={link} />
  if (value.screen === 'past') keepsPast.current = true
  else if (value.screen === 'sessions' || value.screen === 'terminal') keepsPast.current = false
  return (
    <>
      {keepsPast.current && <Past key="past" link={link} hidden={value.screen !== 'past'} />}
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
      // The list comes and goes as the page is turned; the terminal stays the one that it is.
      return (
        <div class="side-by-side">
          {isWide.value && <Sessions key="list" link={link} beside={value.session_id} />}
          <Terminal
            // What may be done in it is decided when it is opened.
            key={`${value.opened} ${link.readOnly.value}`}
            link={link}
            session_id={value.session_id}
            spec={value.spec}
          />
        </div>
      )
    case 'past':
      return null
    case 'recording':
      return (
        <Recording
          key={value.session_id}
          link={link}
          session_id={value.session_id}
          place={value.place}
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

/** A link that was not asked for may try to make another computer of this one. */
function OtherHost({ link }: { link: HostLink }) {
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
        At this address your phone belongs to <bdi>{name ? `“${printable(name)}”` : 'another computer'}</bdi>. Replace
        that only if you have just scanned a code yourself.
      </p>
    </ConfirmDialog>
  )
}
