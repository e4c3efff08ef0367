// Shown to who has no way in: what happened, and how to get a fresh address. Connects nothing.
import { Icon } from '../ui/icons.tsx'

export function Refused({ used }: { used: boolean }) {
  return (
    <main class="refused">
      <div class="badge">
        <Icon name="terminal" />
      </div>
      <h1>{used ? 'This address does not work any more' : 'Open the address from your computer'}</h1>
      <p>
        {used
          ? 'It was used already, or the host was started anew since. Each address lets one browser in, once.'
          : 'On the Go shows the terminals of your computer here. To be let in, this browser needs an address from it.'}
      </p>
      <h2>Get a fresh one</h2>
      <ul>
        <li>
          <b>On the desktop</b>
          Click the On the Go icon in the tray and scan its QR code.
        </li>
        <li>
          <b>In a terminal</b>
          Run <code>otg pair</code> and open what it prints.
        </li>
      </ul>
      <p class="host">
        This page comes from <bdi>{window.location.host}</bdi>
      </p>
    </main>
  )
}
