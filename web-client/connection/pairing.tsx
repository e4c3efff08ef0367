// Shown until this phone is let in for the first time: the code that both screens show, what to do, how long. Decides
// nothing.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Entry, Forgetful } from './entry-frame.tsx'
import type { Asked, HostLink } from './host-link.ts'

/** Often enough that no second is skipped. */
const CLOCK_MS = 250

export function Pairing({ link }: { link: HostLink }) {
  const asked = link.asked.value
  return (
    <div class="page pairing">
      <ConnectionBanner state={link.state.value} reached={asked !== undefined} retry={link.retry} />
      {asked ? <Waiting link={link} asked={asked} /> : <p class="note appears">Connecting…</p>}
    </div>
  )
}

function Waiting({ link, asked: { code, until } }: { link: HostLink; asked: Asked }) {
  return (
    <Entry title="Waiting for your computer" icon="phone">
      <p>
        On your computer, allow <b class="name">“{link.name.value}”</b> if it shows the same code:
      </p>
      <div class="card">
        {/* One by one: read as a number nobody can compare it. */}
        <p class="code" role="img" aria-label={`Code ${[...code].join(' ')}`}>
          <span>{code.slice(0, 3)}</span>
          <span>{code.slice(3)}</span>
        </p>
        <TimeLeft until={until} />
      </div>
      <p>If it shows another code, that is another phone: say no.</p>
      <Forgetful link={link} />
      <Safety secure={window.location.protocol === 'https:'} />
    </Entry>
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

/** What the way from the computer to this page protects, and what it does not. */
function Safety({ secure }: { secure: boolean }) {
  return (
    <p class="aside" role="note">
      {secure
        ? 'This page came over HTTPS: nobody on the way can read or change it.'
        : 'This page came over plain HTTP. Who listens to the network learns nothing of your terminals; ' +
          'who can change its traffic can change this page. HTTPS or a tailnet closes that.'}
    </p>
  )
}
