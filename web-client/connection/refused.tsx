// Shown to who has no way in: what happened, and how to get a fresh code. Connects nothing.
import { printable } from '../../ui/sessions/session-text.ts'
import { Entry, Forgetful } from './entry-frame.tsx'
import type { HostLink, Refusal } from './host-link.ts'

const WORDS: Record<Refusal, { title: string; text: string; again?: string }> = {
  no_address: {
    title: 'Open the address from your computer',
    text: 'On the Go shows the terminals of your computer here. To be let in, this phone needs a code from it, once.',
  },
  code_spent: {
    title: 'This code does not work any more',
    text: 'It was used already or is older than two minutes. Each code lets one phone ask, once.',
  },
  said_no: {
    title: 'Your computer said no',
    text: 'Somebody there did not let this phone in. If that was a slip, scan a fresh code.',
  },
  expired: {
    title: 'Nobody answered in time',
    text: 'Somebody at your computer has two minutes to let this phone in. Scan a fresh code to ask once more.',
  },
  busy: {
    title: 'Too many phones are waiting',
    text: 'Your computer keeps no more of them waiting. Answer those first, then scan a fresh code.',
  },
  elsewhere: {
    title: 'This phone asks in another tab',
    text: 'Go on there, or ask from here.',
    again: 'Ask here',
  },
  request_gone: {
    title: 'Your computer does not wait for this phone any more',
    text: 'It has said no meanwhile, the time ran out, or it was started anew.',
    again: 'Try again',
  },
  unknown: {
    title: 'This computer does not know this phone',
    text:
      'It may have been revoked there, or away for too long; or something else answers at this address now. ' +
      'This phone keeps its key, so you can try again. A fresh code always helps.',
    again: 'Try again',
  },
  revoked: {
    title: 'This phone is not let in any more',
    text: 'Somebody at your computer has just revoked it. To come back it has to be let in anew.',
  },
}

export function Refused({ link, why }: { link: HostLink; why: Refusal }) {
  const { title, text, again } = WORDS[why]
  const former = link.former.value
  // A stale code was opened on a phone that has a key: perhaps that is good by now.
  const retry = again ?? (why === 'code_spent' && former === undefined && link.hasKey.value ? 'Try again' : undefined)
  return (
    <Entry title={title} icon={why === 'no_address' ? 'terminal' : 'blocked'}>
      <p>{text}</p>
      {(retry || former !== undefined) && (
        <div class="actions">
          {former !== undefined && (
            <button type="button" class="primary" onClick={link.backToFormer}>
              Back to <bdi>{printable(former) || 'the other computer'}</bdi>
            </button>
          )}
          {retry && (
            <button type="button" class={former === undefined ? 'primary' : ''} onClick={link.again}>
              {retry}
            </button>
          )}
        </div>
      )}
      {why !== 'elsewhere' && (
        <>
          <h2>Get a fresh code</h2>
          <ul>
            <li>
              <b>On the desktop</b>
              Click the On the Go icon in the tray and scan its QR code.
            </li>
            <li>
              <b>In a terminal</b>
              Run <code>otg pair</code> and scan or open what it prints.
            </li>
          </ul>
        </>
      )}
      <Forgetful link={link} />
      <p class="host">
        This page comes from <bdi>{window.location.host}</bdi>
      </p>
    </Entry>
  )
}
