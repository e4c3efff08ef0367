// The window at the tray: what runs and what calls, at a glance, and the code for a phone. Knows no terminal and no Electron.
import './popover.css'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Icon, type IconName } from '../../ui/kit/icons.tsx'
import { Toasts, toast } from '../../ui/kit/toast.tsx'
import type { Action } from '../bridge/host.ts'
import { PairingCode } from '../pairing/pairing-code.tsx'
import { usePhones } from '../pairing/use-phones.ts'
import { PopoverSessions } from './popover-sessions.tsx'

const act = (action: Action) => globalThis.otg?.act(action)

export function Popover({ client }: { client: HostClient }) {
  const [state, setState] = useState(client.state)
  const [reached, setReached] = useState(false)
  const [sessions, setSessions] = useState<SessionInfo[]>()
  const [code, setCode] = useState(false)
  const phones = usePhones(client)
  const body = useRef<HTMLElement>(null)

  useLayoutEffect(() => client.on('state', setState), [client])
  useLayoutEffect(() => client.on('sessions', setSessions), [client])
  useEffect(() => {
    if (state.name === 'ready') setReached(true)
  }, [state])
  useEffect(() => {
    globalThis.otg?.onShown(shown => {
      // Nobody looks any more: the code is void, and what comes next is a glance at the sessions.
      if (!shown) setCode(false)
      else focusFirst(body.current)
    })
  }, [])
  // Its first list comes after it is shown.
  const listed = sessions !== undefined
  useEffect(() => {
    if (listed && document.activeElement === document.body) focusFirst(body.current)
  }, [listed])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') act({ type: 'hide' })
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])

  const start = () => {
    client.create({}).then(
      ({ session_id }) => act({ type: 'open', place: { session: session_id } }),
      error => toast(toCoded(error).message, true),
    )
  }
  const waiting = phones?.requests.length ?? 0
  return (
    <div class="popover">
      <header>
        <h1>{code ? 'Open on a phone' : 'Sessions'}</h1>
        <button type="button" class="primary" onClick={start}>
          <Icon name="plus" />
          New session
        </button>
      </header>
      <ConnectionBanner state={state} reached={reached} retry={() => client.retry()} />
      {waiting > 0 && (
        <button type="button" class="waiting" onClick={() => act({ type: 'open', place: 'phone' })}>
          <Icon name="phone" />
          {waiting === 1 ? '1 phone asks to be let in…' : `${waiting} phones ask to be let in…`}
        </button>
      )}
      <main ref={body}>
        {code ? (
          <PairingCode client={client} />
        ) : (
          sessions && (
            <PopoverSessions
              sessions={sessions}
              open={({ session_id }) => act({ type: 'open', place: { session: session_id } })}
            />
          )
        )}
      </main>
      <footer>
        <button type="button" aria-pressed={code} onClick={() => setCode(!code)}>
          <Icon name="phone" />
          Phone
        </button>
        <Way icon="history" text="History" action={{ type: 'open', place: 'history' }} />
        <Way icon="settings" text="Settings" action={{ type: 'open', place: 'settings' }} />
        <Way icon="quit" text="Quit" action={{ type: 'quit' }} />
      </footer>
      <Toasts />
    </div>
  )
}

function Way({ icon, text, action }: { icon: IconName; text: string; action: Action }) {
  return (
    <button type="button" onClick={() => act(action)}>
      <Icon name={icon} />
      {text}
    </button>
  )
}

function focusFirst(within: HTMLElement | null): void {
  const first = within?.querySelector<HTMLElement>('.row')
  if (first) first.focus()
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
}
