// The popover, the window at the tray: running sessions, what needs attention, and the pairing code.
import './popover.css'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo, Trouble } from '../../protocol/messages.ts'
import { troubleLine } from '../../ui/health/troubles.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Icon, type IconName } from '../../ui/kit/icons.tsx'
import { Toasts, toastError } from '../../ui/kit/toast.tsx'
import type { Action } from '../bridge/host.ts'
import { PairingCode } from '../pairing/pairing-code.tsx'
import { usePhones } from '../pairing/use-phones.ts'
import { markFocusedSeen, nextNeedingPerson } from '../sessions/inbox.tsx'
import { onShortcut } from '../sessions/shortcuts.ts'
import { moveFocus, PopoverSessions } from './popover-sessions.tsx'

const act = (action: Action) => globalThis.otg?.act(action)

export function Popover({ client }: { client: LocalClient }) {
  const [state, setState] = useState(client.state)
  const [reached, setReached] = useState(false)
  const [sessions, setSessions] = useState<SessionInfo[]>()
  const [troubles, setTroubles] = useState<readonly Trouble[]>([])
  const [code, setCode] = useState(false)
  const phones = usePhones(client)
  const body = useRef<HTMLElement>(null)
  const latest = useRef<readonly SessionInfo[]>([])
  latest.current = sessions ?? []

  useLayoutEffect(() => client.on('state', setState), [client])
  useLayoutEffect(() => client.on('sessions', setSessions), [client])
  useLayoutEffect(() => client.on('troubles', setTroubles), [client])
  useEffect(() => {
    if (state.name === 'ready') setReached(true)
  }, [state])
  useEffect(() => {
    globalThis.otg?.onShown(shown => {
      // Hiding the popover voids the code; next time it shows the sessions again.
      if (!shown) setCode(false)
      else focusFirst(body.current)
    })
  }, [])
  // The first list arrives after the popover is shown.
  const listed = sessions !== undefined
  useEffect(() => {
    if (listed && document.activeElement === document.body) focusFirst(body.current)
  }, [listed])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') act({ type: 'hide' })
      else if (body.current) moveFocus(body.current, event)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  useEffect(
    () =>
      onShortcut(shortcut => {
        const next = nextNeedingPerson(latest.current, undefined)
        if (shortcut === 'seen') markFocusedSeen(client, latest.current, undefined)
        else if (shortcut === 'attention' && next) act({ type: 'open', location: { session: next.session_id } })
      }),
    [client],
  )

  const start = () => {
    client.create({}).then(({ session_id }) => act({ type: 'open', location: { session: session_id } }), toastError)
  }
  const waiting = phones?.requests.length ?? 0
  return (
    <div class="popover">
      <header>
        <h1>{code ? 'Pair a phone' : 'Sessions'}</h1>
        <button type="button" class="primary" onClick={start}>
          <Icon name="plus" />
          New session
        </button>
      </header>
      <ConnectionBanner state={state} reached={reached} retry={() => client.retry()} />
      {troubles.length > 0 && (
        <button type="button" class="waiting trouble" onClick={() => act({ type: 'open', location: 'trouble' })}>
          <Icon name="warning" />
          {troubleLine(troubles)}
        </button>
      )}
      {waiting > 0 && (
        <button type="button" class="waiting" onClick={() => act({ type: 'open', location: 'phone' })}>
          <Icon name="phone" />
          {waiting === 1 ? '1 phone wants to pair…' : `${waiting} phones want to pair…`}
        </button>
      )}
      <main ref={body}>
        {code ? (
          <PairingCode client={client} />
        ) : (
          sessions && (
            <PopoverSessions
              client={client}
              sessions={sessions}
              open={({ session_id }) => act({ type: 'open', location: { session: session_id } })}
            />
          )
        )}
      </main>
      <footer>
        <button type="button" aria-pressed={code} onClick={() => setCode(!code)}>
          <Icon name="phone" />
          Phones
        </button>
        <FooterButton icon="history" text="History" action={{ type: 'open', location: 'history' }} />
        <FooterButton icon="settings" text="Settings" action={{ type: 'open', location: 'settings' }} />
        <FooterButton icon="quit" text="Quit" action={{ type: 'quit' }} />
      </footer>
      <Toasts />
    </div>
  )
}

function FooterButton({ icon, text, action }: { icon: IconName; text: string; action: Action }) {
  return (
    <button type="button" onClick={() => act(action)}>
      <Icon name={icon} />
      {text}
    </button>
  )
}

/** Never a button that answers: Enter must not approve what was not read. */
function focusFirst(list: HTMLElement | null): void {
  const first = list?.querySelector<HTMLElement>('.row, .question-card .more button')
  if (first) first.focus()
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
}
