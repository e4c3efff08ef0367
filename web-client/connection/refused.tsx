// Shown without access: what happened, and how to get a new code.
import { printable } from '../../ui/sessions/session-text.ts'
import { EntryScreen, StorageNote } from './entry-screen.tsx'
import type { Refusal } from './host-dialer.ts'
import type { HostLink } from './host-link.ts'

const TEXTS: Record<Refusal, { title: string; text: string; retry?: string }> = {
  no_address: {
    title: 'Scan the code on your computer',
    text: 'On the Go shows your computer’s terminals here. This phone needs a code from the computer once.',
  },
  code_spent: {
    title: 'This code no longer works',
    text: 'It was already used, or it is older than two minutes. Each code works once, for one phone.',
  },
  declined: {
    title: 'Your computer declined',
    text: 'Someone at the computer did not allow this phone. If that was a mistake, scan a new code.',
  },
  not_saved: {
    title: 'Your computer could not save this phone',
    text: 'Its disk may be full. Free some space there, then scan a new code.',
  },
  expired: {
    title: 'The request timed out',
    text: 'Nobody allowed this phone within two minutes. Scan a new code to try again.',
  },
  busy: {
    title: 'Too many phones are waiting',
    text: 'Answer the other requests on your computer first. Then scan a new code.',
  },
  other_tab: {
    title: 'Pairing continues in another tab',
    text: 'Go back to that tab, or pair here instead.',
    retry: 'Pair here',
  },
  request_gone: {
    title: 'The pairing request has ended',
    text: 'It was declined, it timed out, or your computer restarted.',
    retry: 'Try again',
  },
  unknown: {
    title: 'Your computer does not recognize this phone',
    text:
      'The phone was removed or away too long, or another program answers at this address. ' +
      'Try again, or scan a new code.',
    retry: 'Try again',
  },
  revoked: {
    title: 'This phone no longer has access',
    text: 'It was removed on your computer. Scan a new code to pair it again.',
  },
}

export function Refused({ link, why }: { link: HostLink; why: Refusal }) {
  const { title, text, retry: retryLabel } = TEXTS[why]
  const previous = link.previousHost.value
  // A used code was opened on a phone that has a key, which may be approved by now.
  const retry =
    retryLabel ?? (why === 'code_spent' && previous === undefined && link.hasKey.value ? 'Try again' : undefined)
  return (
    <EntryScreen title={title} icon={why === 'no_address' ? 'terminal' : 'blocked'}>
      <p>{text}</p>
      {(retry || previous !== undefined) && (
        <div class="actions">
          {previous !== undefined && (
            <button type="button" class="primary" onClick={link.backToPreviousHost}>
              Back to <bdi>{printable(previous) || 'the other computer'}</bdi>
            </button>
          )}
          {retry && (
            <button type="button" class={previous === undefined ? 'primary' : ''} onClick={link.restart}>
              {retry}
            </button>
          )}
        </div>
      )}
      {why !== 'other_tab' && (
        <>
          <h2>{why === 'no_address' ? 'Get a code' : 'Get a new code'}</h2>
          <ul>
            <li>
              <b>On the desktop</b>
              Click the On the Go icon in the tray and scan the QR code.
            </li>
            <li>
              <b>In a terminal</b>
              Run <code>otg pair</code>, then scan the code or open the address.
            </li>
          </ul>
        </>
      )}
      <StorageNote link={link} />
      <p class="host">
        Address: <bdi>{window.location.host}</bdi>
      </p>
    </EntryScreen>
  )
}
