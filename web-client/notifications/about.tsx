// The sheet about this connection: how it is protected, and what it makes possible (install, offline, notifications).
import './about.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { toastError } from '../../ui/kit/toast.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { lazySheet } from '../page/lazy.tsx'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { notificationState } from './notifications.ts'
import { needsHomeScreen, type PushState, pushState, sendTest, syncPush, turnOff, turnOn } from './push.ts'

const LockSheet = lazySheet(() => import('../lock/lock-sheet.tsx').then(module => module.LockSheet))

export function About({ link, close }: { link: HostLink; close: () => void }) {
  const missing = serviceWorkerBlocker()
  const secure = window.location.protocol === 'https:'
  const installed = window.matchMedia('(display-mode: standalone)').matches
  const lock = link.identities.lock.value
  const [isLocking, setLocking] = useState(false)
  if (isLocking) return <LockSheet link={link} close={() => setLocking(false)} />
  const name = printable(link.host.value?.name ?? '')
  return (
    <Dialog class="about" title="About this connection" onClose={close}>
      <dl>
        <Fact name="Computer" good={link.state.value.name === 'ready'}>
          <bdi>{name || 'Not connected yet'}</bdi>
          <small>{link.state.value.name === 'ready' ? 'Connected' : 'Not connected'}</small>
        </Fact>
        <Fact name="What you type and see" good>
          Encrypted from this phone to your computer
          <small>Only this phone and your computer have the keys.</small>
        </Fact>
        <Fact name="This page" good={!missing}>
          {secure ? 'Loaded over HTTPS' : missing ? 'Loaded over plain HTTP' : 'Loaded from this device'}
          {!secure && missing && (
            <small>An attacker on the network could change this page. Use it only on networks you trust.</small>
          )}
        </Fact>
        <Fact name="Install as an app" good={!missing}>
          {installed ? 'Installed' : missing ? 'Not possible' : 'Choose Add to Home screen in the browser’s menu'}
        </Fact>
        <Fact name="Lock" good={lock !== undefined}>
          {lock
            ? `On, with a ${lock.kind === 'pin' ? 'PIN' : 'passkey'}, after ${lock.minutes} min without use`
            : 'Off: whoever can unlock this phone can use this page'}
          {link.canStore.value && (
            <button type="button" aria-haspopup="dialog" onClick={() => setLocking(true)}>
              {lock ? 'Change' : 'Lock this page'}
            </button>
          )}
        </Fact>
        <Fact name="Open without the computer" good={!missing}>
          {missing ? 'Not possible: the computer serves the page each time' : 'Yes: this phone stores the page’s files'}
        </Fact>
        <Fact
          name="Notifications"
          good={notificationState.value === 'granted' && !(pushState.value.name === 'on' && pushState.value.trouble)}
        >
          <Notifications link={link} />
        </Fact>
      </dl>
      {missing === 'plain_http' && (
        <section>
          <h3>Use HTTPS for more</h3>
          <p>
            With HTTPS you can install this page, open it without the computer, and get notifications. In the app:
            Settings, TLS. Without the app:
          </p>
          <pre>otg host --tls tailscale</pre>
          <pre>otg host --tls-cert FILE --tls-key FILE</pre>
          <p>The first needs Tailscale on both devices. Then pair this phone again with a new code.</p>
        </section>
      )}
      {missing === 'browser' && <p>This browser does not store pages, as in a private window.</p>}
      <div class="actions">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

/** The state of notifications, and what can be changed. */
function Notifications({ link }: { link: HostLink }) {
  const [busy, setBusy] = useState(false)
  const ready = link.state.value.name === 'ready'
  useEffect(() => void syncPush(link), [ready])
  const run = (work: (link: HostLink) => Promise<void>) => () => {
    setBusy(true)
    void work(link).finally(() => setBusy(false))
  }
  const button = (label: string, work: (link: HostLink) => Promise<void>) => (
    <button type="button" disabled={busy} onClick={run(work)}>
      {label}
    </button>
  )
  const { value } = pushState
  switch (notificationState.value) {
    case 'impossible':
      return needsHomeScreen() ? (
        <>
          <span>Available only as an app</span>
          <small>On an iPhone or iPad, first tap Share, then “Add to Home Screen”.</small>
        </>
      ) : (
        <>Not possible</>
      )
    case 'denied':
      return <>Blocked. Allow them in the browser’s settings for this page.</>
    case 'default':
      return (
        <>
          <span>Off</span>
          <small>
            For sessions that need input while you are away.{' '}
            {value.name === 'off' ? SERVICE : (CLOSED_PAGE_TEXTS[value.name] ?? SERVICE)}
          </small>
          {button('Allow notifications', turnOn)}
        </>
      )
    case 'granted':
      return value.name === 'on' ? (
        <>
          <span>On, even when this page is closed</span>
          <small>{SERVICE}</small>
          {value.trouble && <small role="alert">{TROUBLE_TEXTS[value.trouble]}</small>}
          {ready && button('Send a test', one => sendTest(one).catch(toastError))}
          {button('Turn off', turnOff)}
        </>
      ) : (
        <>
          <span>On while this page is in the background</span>
          <small>
            {value.name === 'refused'
              ? `None when it is closed: ${value.why}.`
              : (CLOSED_PAGE_TEXTS[value.name] ?? UNKNOWN)}
          </small>
          {value.name === 'off' && button('Turn on for closed page', turnOn)}
          {value.name === 'refused' && button('Try again', turnOn)}
          {button('Turn off', turnOff)}
        </>
      )
  }
}

const SERVICE =
  'Notifications arrive through your browser maker’s push service, which sees when one is sent, but not what it says.'

const UNKNOWN = 'Connect to your computer to see whether they also arrive when this page is closed.'

/** Why no notifications arrive when the page is closed. */
const CLOSED_PAGE_TEXTS: Partial<Record<PushState['name'], string>> = {
  off: 'None when this page is closed.',
  off_there: 'None when this page is closed: your computer’s settings turn them off.',
  no_push: 'None when this page is closed: this browser has no push service.',
}

const TROUBLE_TEXTS = {
  unreachable: 'Your computer could not reach the push service. Check its internet connection.',
  refused: 'The push service refused the last notification.',
}

function Fact({ name, good, children }: { name: string; good: boolean; children: ComponentChildren }) {
  return (
    <div class={good ? 'good' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
