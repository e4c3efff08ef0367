// The running sessions in the popover; arrow keys move between rows and the buttons of questions.
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { needsPerson } from '../../ui/sessions/session-order.ts'
import { Inbox } from '../sessions/inbox.tsx'

/** Ages are shown in minutes. */
const CLOCK_MS = 30_000

export interface PopoverSessionsProps {
  client: LocalClient
  sessions: readonly SessionInfo[]
  open: (session: SessionInfo) => void
}

export function PopoverSessions({ client, sessions, open }: PopoverSessionsProps) {
  const now = useNow(CLOCK_MS)
  const shown = sessions.filter(one => one.state === 'running' || needsPerson(one))
  if (shown.length === 0)
    return (
      <div class="none">
        <Icon name="terminal" />
        <p>No running sessions</p>
      </div>
    )
  return <Inbox client={client} sessions={shown} now={now} open={open} />
}

const STOPS = '.row, .question-card .options button:enabled, .question-card .more button'

/** Arrow keys, Home and End move within `list`; Tab moves as usual. */
export function moveFocus(list: HTMLElement, event: KeyboardEvent): void {
  const { activeElement } = document
  if (!list.contains(activeElement) && activeElement !== document.body) return
  // A text field and the lines above a question have their own use for these keys.
  if (activeElement?.matches('input, .context')) return
  const stops = [...list.querySelectorAll<HTMLElement>(STOPS)]
  const at = stops.indexOf(activeElement as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: stops.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  stops[Math.max(0, Math.min(to, stops.length - 1))]?.focus()
}
