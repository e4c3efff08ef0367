// The pairing code while it is looked at: QR code, how long it is good, which address is in it. Knows nothing of phones that
// are paired or ask to be.
import './pairing-code.css'
import { useEffect, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { HostMessageOf, PairingAddress } from '../../protocol/messages.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { formatAge } from '../../ui/sessions/session-text.ts'
import { AddressList, chosenOf, keepChoice, keptChoice } from './address-list.tsx'
import { clock, shownAddress, travelsInTheClear } from './phone-text.ts'
import { QrCode } from './qr-code.tsx'

/** How long a fresh code is good (SECRET_MS in main/host/access/pairing.ts): the ring is full. */
const FRESH_MS = 120_000

const TICK_MS = 1_000

/** While this is in the page, and only then, the host takes the code. */
export function PairingCode({ client }: { client: HostClient }) {
  const [pairing, setPairing] = useState<HostMessageOf<'pairing'>>()
  const [connected, setConnected] = useState(client.state.name === 'ready')
  const [choice, setChoice] = useState(keptChoice)
  const now = useNow(TICK_MS)

  useEffect(() => {
    const offs = [
      client.on('pairing', setPairing),
      // The host has voided the code with the connection.
      client.on('state', ({ name }) => {
        setConnected(name === 'ready')
        if (name !== 'ready') setPairing(undefined)
      }),
    ]
    client.showPairing()
    return () => {
      for (const off of offs) off()
      client.hidePairing().catch(() => {}) // without a connection it is void already
    }
  }, [client])

  // Normally another one came long before. Not when the computer has slept.
  const expired = pairing !== undefined && now >= pairing.expires_at
  useEffect(() => {
    if (expired) client.showPairing()
  }, [client, expired])

  const address = pairing && !expired ? chosenOf(pairing.addresses, choice) : undefined
  if (!pairing || !address)
    return (
      <div class="pairing-code">
        <div class="code void">{!connected && <p>No code without a connection to the host.</p>}</div>
      </div>
    )
  // What was told just now is younger than the last tick.
  const left = Math.min(FRESH_MS, pairing.expires_at - now)
  return (
    <div class="pairing-code">
      <div class="code">
        <QrCode text={address.url} label="QR code of the address" />
      </div>
      <p class="countdown">
        <Ring part={left / FRESH_MS} />
        <span>
          Good for{' '}
          <span role="timer" data-testid="countdown">
            {clock(left)}
          </span>
          , renews itself
        </span>
      </p>
      <Reached reached={pairing.reached} now={now} />
      {pairing.addresses.length > 1 && (
        <AddressList addresses={pairing.addresses} chosen={address} choose={wanted => setChoice(keepChoice(wanted))} />
      )}
      {/* Below what is chosen from, which must not move under the pointer. */}
      <Notice address={address} alone={pairing.addresses.every(one => one.kind === 'loopback')} />
      <div class="address">
        <bdi data-testid="address">{address.url}</bdi>
        <button type="button" onClick={() => copy(address.url)}>
          Copy
        </button>
      </div>
    </div>
  )
}

/** How much of the code's life is left. */
function Ring({ part }: { part: number }) {
  const left = Math.min(1, Math.max(0, part))
  return (
    <svg class="ring" viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" />
      <circle class="left" cx="10" cy="10" r="8" pathLength="1" stroke-dasharray={`${left} 1`} />
    </svg>
  )
}

/** Wrong networks and firewalls are told from wrong codes by this line. */
function Reached({ reached, now }: { reached: HostMessageOf<'pairing'>['reached']; now: number }) {
  return (
    <p class={reached ? 'reached yes' : 'reached'} data-testid="reached">
      <span class="dot" aria-hidden="true" />
      <span role="status">
        {reached ? (
          <>
            Your phone has reached this computer <bdi>({shownAddress(reached.address)})</bdi>
          </>
        ) : (
          'Not reached by a phone yet'
        )}
      </span>
      {/* Outside: nobody wants to hear it counted. */}
      {reached && <span class="age">{formatAge(now - reached.at)}</span>}
    </p>
  )
}

function Notice({ address, alone }: { address: PairingAddress; alone: boolean }) {
  if (alone) return <p class="note">No network found: only this computer can open it.</p>
  if (!travelsInTheClear(address)) return null
  return (
    <p class="note">
      Plain HTTP: nobody who only listens on the network learns anything; somebody who can change its traffic could
      change the page. TLS or a tailnet closes that.
    </p>
  )
}

function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast('Copied'),
    () => toast('Not copied: select the address and copy it by hand', true),
  )
}
