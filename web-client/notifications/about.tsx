// How this page is connected, and what that makes possible: installing, opening without the host, notifications. Loaded
// when it is asked for; knows nothing of sessions.
import './about.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { notificationState } from './notifications.ts'
import { needsHomeScreen, type PushState, pushState, syncPush, turnOff, turnOn } from './push.ts'

export function About({ link, close }: { link: HostLink; close: () => void }) {
  const missing = serviceWorkerBlocker()
  const secure = window.location.protocol === 'https:'
  const installed = window.matchMedia('(display-mode: standalone)').matches
  const name = printable(link.host.value?.name ?? '')
  return (
    <Dialog class="about" title="About this connection" onClose={close}>
      <dl>
        <Fact name="Computer" good={link.state.value.name === 'ready'}>
          <bdi>{name || 'Not reached yet'}</bdi>
          <small>{link.state.value.name === 'ready' ? 'Connected' : 'Not connected now'}</small>
        </Fact>
        <Fact name="What you type and see" good>
          Encrypted from this phone to your computer
          <small>By keys that only the two have; nothing in between can read it.</small>
        </Fact>
        <Fact name="This page" good={!missing}>
          {secure ? 'Came over HTTPS' : missing ? 'Came over plain HTTP' : 'Came from this device'}
          {!secure && missing && (
            <small>
              Somebody who can change the network’s traffic could change the page. Use it in networks you trust.
            </small>
          )}
        </Fact>
        <Fact name="As an app" good={!missing}>
          {installed ? 'Installed' : missing ? 'Not possible' : 'In the browser’s menu: Add to Home screen'}
        </Fact>
        <Fact name="Opens without the computer" good={!missing}>
          {missing ? 'No: the page comes from it each time' : 'Yes: this phone keeps the page, and nothing else'}
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
          <h3>What HTTPS would add</h3>
          <p>
            Browsers let only pages over HTTPS be installed, open without their computer, and notify. On the computer,
            one of these starts it so:
          </p>
          <pre>otg host --tls tailscale</pre>
          <pre>otg host --tls-cert FILE --tls-key FILE</pre>
          <p>The first needs Tailscale on both. This phone then has to be let in once more, by a fresh code.</p>
        </section>
      )}
      {missing === 'browser' && <p>This browser keeps no pages, as some private windows do.</p>}
      <div class="actions">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

/** What there is, what is missing, and why. */
function Notifications({ link }: { link: HostLink }) {
  const [busy, setBusy] = useState(false)
  const ready = link.state.value.name === 'ready'
  useEffect(() => void syncPush(link), [ready])
  const does = (work: (link: HostLink) => Promise<void>) => () => {
    setBusy(true)
    void work(link).finally(() => setBusy(false))
  }
  const button = (label: string, work: (link: HostLink) => Promise<void>) => (
    <button type="button" disabled={busy} onClick={does(work)}>
      {label}
    </button>
  )
  const { value } = pushState
  switch (notificationState.value) {
    case 'impossible':
      return needsHomeScreen() ? (
        <>
          <span>Only as an app</span>
          <small>On an iPhone or iPad, first put this page on the home screen: Share, then “Add to Home Screen”.</small>
        </>
      ) : (
        <>Not possible</>
      )
    case 'denied':
      return <>Blocked in this browser’s settings for the page</>
    case 'default':
      return (
        <>
          <span>Off</span>
          <small>
            When a session waits for you and nobody looks.{' '}
            {value.name === 'off' ? SERVICE : (LACKS[value.name] ?? SERVICE)}
          </small>
          {button('Allow notifications', turnOn)}
        </>
      )
    case 'granted':
      return value.name === 'on' ? (
        <>
          <span>On, also when this page is closed</span>
          <small>{SERVICE}</small>
          {value.trouble && <small role="alert">{TROUBLES[value.trouble]}</small>}
          {button('Turn off', turnOff)}
        </>
      ) : (
        <>
          <span>On while this page is in the background</span>
          <small>
            {value.name === 'refused' ? `A closed page gets none: ${value.why}.` : (LACKS[value.name] ?? UNKNOWN)}
          </small>
          {value.name === 'off' && button('Also when it is closed', turnOn)}
          {value.name === 'refused' && button('Try again', turnOn)}
          {button('Turn off', turnOff)}
        </>
      )
  }
}

const SERVICE =
  'A closed page is reached through the push service of your browser’s maker, which learns when, but not what.'

const UNKNOWN = 'Whether a closed page gets them too is known when your computer is connected.'

/** Why a page that is closed gets none. */
const LACKS: Partial<Record<PushState['name'], string>> = {
  off: 'A closed page gets none.',
  off_there: 'A closed page gets none: that is switched off in your computer’s settings.',
  no_push: 'A closed page gets none: this browser has no push service.',
}

const TROUBLES = {
  unreachable: 'Your computer did not reach it when it last tried: it needs the internet for that.',
  refused: 'It refused what your computer sent last.',
}

function Fact({ name, good, children }: { name: string; good: boolean; children: ComponentChildren }) {
  return (
    <div class={good ? 'good' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
