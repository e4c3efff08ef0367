// How this page is connected, and what that makes possible: installing, opening without the host, notifications. Loaded
// when it is asked for; knows nothing of sessions.
import type { ComponentChildren } from 'preact'
import { Dialog } from '../ui/dialog.tsx'
import { printable } from '../ui/words.ts'
import type { HostLink } from './host-link.ts'
import { allowed, askForNotifications } from './notices.ts'
import { cannotKeep } from './offline.ts'

export function About({ link, close }: { link: HostLink; close: () => void }) {
  const missing = cannotKeep()
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
        <Fact name="Notifications" good={allowed.value === 'granted'}>
          <span>{NOTICES[allowed.value]}</span>
          {(allowed.value === 'granted' || allowed.value === 'default') && (
            <small>
              When a session waits for you while this page is in the background. A page that was closed gets none: there
              is no server in between that could wake it.
            </small>
          )}
          {allowed.value === 'default' && (
            <button type="button" onClick={() => void askForNotifications()}>
              Allow notifications
            </button>
          )}
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

const NOTICES = {
  granted: 'On',
  default: 'Off',
  denied: 'Blocked in this browser’s settings for the page',
  impossible: 'Not possible',
}

function Fact({ name, good, children }: { name: string; good: boolean; children: ComponentChildren }) {
  return (
    <div class={good ? 'good' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
