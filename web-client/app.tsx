// Which screen is shown. Knows nothing of what the screens do.
import { CopyByHand } from '../ui/copy-dialog.tsx'
import { Question } from '../ui/dialog.tsx'
import { Toasts } from '../ui/toast.tsx'
import { printable } from '../ui/words.ts'
import type { HostLink } from './host-link.ts'
import { Pairing } from './pairing.tsx'
import { Past } from './past.tsx'
import { Reading } from './reading.tsx'
import { Recording } from './recording.tsx'
import { Refused } from './refused.tsx'
import { route } from './route.ts'
import { Sessions } from './sessions.tsx'
import { Terminal } from './terminal.tsx'

export function App({ link }: { link: HostLink }) {
  return (
    <>
      <Screen link={link} />
      <OtherHost link={link} />
      <CopyByHand />
      <Toasts />
    </>
  )
}

function Screen({ link }: { link: HostLink }) {
  if (!link.loaded.value) return null
  const refusal = link.refusal.value
  if (refusal) return <Refused link={link} why={refusal} />
  if (!link.paired.value) return <Pairing link={link} />
  const { value } = route
  switch (value.screen) {
    case 'sessions':
      return <Sessions link={link} />
    case 'terminal':
      // What may be done in it is decided when it is opened.
      return (
        <Terminal
          key={`${value.opened} ${link.readOnly.value}`}
          link={link}
          session_id={value.session_id}
          spec={value.spec}
        />
      )
    case 'past':
      return <Past link={link} />
    case 'recording':
      return <Recording key={value.session_id} link={link} session_id={value.session_id} place={value.place} />
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
    <Question
      title="This link is for another computer"
      yes="Replace"
      no="Keep"
      danger
      onClose={() => link.answerOtherHost(false)}
      onYes={() => link.answerOtherHost(true)}
    >
      <p>
        At this address your phone belongs to <bdi>{name ? `“${printable(name)}”` : 'another computer'}</bdi>. Replace
        that only if you have just scanned a code yourself.
      </p>
    </Question>
  )
}
