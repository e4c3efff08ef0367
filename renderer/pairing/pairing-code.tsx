// The pairing code: QR code, countdown, status and choice of address.
import './pairing-code.css'
import { useEffect, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { HostMessageOf, PairingAddress } from '../../protocol/messages.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { formatAge } from '../../ui/sessions/session-text.ts'
import { AddressList, chosenAddress, storeChoice, storedChoice } from './address-list.tsx'
import { addressText, formatCountdown, isExposed } from './phone-text.ts'
import { QrCode } from './qr-code.tsx'

/** Lifetime of a fresh code, when the ring is full (SECRET_MS in main/host/access/pairing.ts). */
const FRESH_MS = 120_000

const TICK_MS = 1_000

/** How often a code is asked for again while the host cannot show one. */
const ASK_AGAIN_MS = 3_000

const KEY_NOT_SAVED =
  'No phone can be paired yet: the host cannot save its key, perhaps because the disk is full. Free some space; the code then appears here.'

/** The host accepts the code only while this component is mounted. */
export function PairingCode({ client }: { client: LocalClient }) {
  const [pairing, setPairing] = useState<HostMessageOf<'pairing'>>()
  const [connected, setConnected] = useState(client.state.name === 'ready')
  const [refusal, setRefusal] = useState<string>()
  const [choice, setChoice] = useState(storedChoice)
  const now = useNow(TICK_MS)

  useEffect(() => {
    const offs = [
      client.on('pairing', message => {
        setRefusal(undefined)
        setPairing(message)
      }),
      client.on('watch_refused', ({ code }) => {
        if (code === 'data_dir_unusable') setRefusal(KEY_NOT_SAVED)
      }),
      // The host voids the code when the connection closes.
      client.on('state', ({ name }) => {
        setConnected(name === 'ready')
        if (name !== 'ready') setPairing(undefined)
      }),
    ]
    client.showPairing()
    return () => {
      for (const off of offs) off()
      client.hidePairing().catch(() => {}) // without a connection it is already void
    }
  }, [client])

  // Normally a new code arrives before this one expires, but not after the computer was asleep.
  const expired = pairing !== undefined && !pairing.exhausted && now >= pairing.expires_at
  useEffect(() => {
    if (expired) client.showPairing()
  }, [client, expired])

  useEffect(() => {
    if (refusal === undefined) return
    const timer = setInterval(() => client.showPairing(), ASK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [client, refusal])

  if (pairing?.exhausted) return <Exhausted client={client} spent={pairing.spent} />
  const address = pairing && !expired ? chosenAddress(pairing.addresses, choice) : undefined
  if (!pairing || !address)
    return (
      <div class="pairing-code">
        <div class="code void">
          {connected ? refusal !== undefined && <p role="status">{refusal}</p> : <p>Waiting for the host…</p>}
        </div>
      </div>
    )
  // A code that just arrived can be newer than the last tick, hence the limit.
  const left = Math.min(FRESH_MS, pairing.expires_at - now)
  return (
    <div class="pairing-code">
      <div class="code">
        <QrCode text={address.url} label="QR code of the address" />
      </div>
      <p class="countdown">
        <Ring part={left / FRESH_MS} />
        <span>
          Expires in{' '}
          <span role="timer" data-testid="countdown">
            {formatCountdown(left)}
          </span>
          , then renews
        </span>
      </p>
      <Reached reached={pairing.reached} now={now} />
      {pairing.spent > 0 && (
        <p class="note" role="status">
          A phone has used the last code. If it was not yours, decline its request and scan this new code.
        </p>
      )}
      {pairing.addresses.length > 1 && (
        <AddressList addresses={pairing.addresses} chosen={address} choose={wanted => setChoice(storeChoice(wanted))} />
      )}
      {/* Below the address list, which must not move under the pointer. */}
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

/** Devices have used several codes, and nobody at this computer has answered. */
function Exhausted({ client, spent }: { client: LocalClient; spent: number }) {
  return (
    <div class="pairing-code">
      <div class="code void">
        <p>{spent} codes were used, and no phone was allowed.</p>
      </div>
      <p class="note">Make sure that only your phone can see this screen, then show another code.</p>
      <button type="button" class="primary" onClick={() => client.renewPairing().catch(() => {})}>
        Show a new code
      </button>
    </div>
  )
}

/** `part`: how much of the code's lifetime is left, from 0 to 1. */
function Ring({ part }: { part: number }) {
  const left = Math.min(1, Math.max(0, part))
  return (
    <svg class="ring" viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" />
      <circle class="left" cx="10" cy="10" r="8" pathLength="1" stroke-dasharray={`${left} 1`} />
    </svg>
  )
}

/** Tells a wrong network or a firewall from a wrong code. */
function Reached({ reached, now }: { reached: HostMessageOf<'pairing'>['reached']; now: number }) {
  return (
    <p class={reached ? 'reached yes' : 'reached'} data-testid="reached">
      <span class="dot" aria-hidden="true" />
      <span role="status">
        {reached ? (
          <>
            A phone has opened the link <bdi>({addressText(reached.address)})</bdi>
          </>
        ) : (
          'No phone has opened the link yet'
        )}
      </span>
      {/* Outside the status, so that screen readers do not announce each change. */}
      {reached && <span class="age">{formatAge(now - reached.at)}</span>}
    </p>
  )
}

function Notice({ address, alone }: { address: PairingAddress; alone: boolean }) {
  if (alone) return <p class="note">No network found. Only this computer can open the link.</p>
  if (!isExposed(address)) return null
  return (
    <p class="note">
      Plain HTTP: sessions are encrypted, but an attacker who can alter traffic on this network can alter the page. TLS
      or a tailnet prevents that.
    </p>
  )
}

function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast('Copied'),
    () => toast('Could not copy. Select the address and copy it yourself.', true),
  )
}
