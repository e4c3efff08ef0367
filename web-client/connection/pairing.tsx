// The pairing screen: the six digits to compare, and the time left.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { EntryScreen, StorageNote } from './entry-screen.tsx'
import type { HostLink, PendingPairing } from './host-link.ts'

/** Often enough that no second is skipped on the clock. */
const CLOCK_MS = 250

export function Pairing({ link }: { link: HostLink }) {
  const pending = link.pendingPairing.value
  return (
    <div class="page pairing">
      <ConnectionBanner state={link.state.value} reached={pending !== undefined} retry={link.retry} />
      {pending ? <Waiting link={link} pending={pending} /> : <p class="note appears">Connecting…</p>}
    </div>
  )
}

function Waiting({ link, pending: { code, until, again } }: { link: HostLink; pending: PendingPairing }) {
  return (
    <EntryScreen title="Waiting for your computer" icon="phone">
      {again ? (
        // The computer shows the name that it knows this phone by.
        <p>Your computer asks again about this phone. Allow it there if it shows the same six digits:</p>
      ) : (
        <p>
          On your computer, allow <b class="name">“{link.deviceName.value}”</b> if it shows the same six digits:
        </p>
      )}
      <div class="card">
        {/* Spelled out: a screen reader would read it as one number. */}
        <p class="code" role="img" aria-label={`Digits ${[...code].join(' ')}`}>
          <span>{code.slice(0, 3)}</span>
          <span>{code.slice(3)}</span>
        </p>
        <TimeLeft until={until} />
      </div>
      <p>If the digits are different, it is another phone. Do not allow it.</p>
      <StorageNote link={link} />
      <TransportNote secure={window.location.protocol === 'https:'} />
    </EntryScreen>
  )
}

function TimeLeft({ until }: { until: number }) {
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, CLOCK_MS)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.max(0, Math.ceil((until - now.value) / 1000))
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <p class="time-left" role="timer">
      <span class="clock">{clock}</span> left
    </p>
  )
}

/** What protects this page on its way from the computer. */
function TransportNote({ secure }: { secure: boolean }) {
  return (
    <p class="aside" role="note">
      {secure
        ? 'This page was loaded over HTTPS: no one on the network could read or change it.'
        : 'This page was loaded over plain HTTP. Anyone listening sees when you type, but not what, and an attacker who ' +
          'changes the traffic could replace this page. HTTPS or Tailscale prevents that.'}
    </p>
  )
}
