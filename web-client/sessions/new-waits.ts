// Tells a person who is in one session that another one asks something: once per wait, and never in a burst.
import { effect, signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'
import { asksOffScreen } from '../../protocol/session-attention.ts'
import { toastAction } from '../../ui/kit/toast.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import { WaitTracker } from '../../ui/sessions/wait-tracker.ts'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { backToSessions, route } from '../page/route.ts'
import { isWide } from '../page/wide-layout.ts'

/** Milliseconds: one short pulse. */
const PULSE_MS = 80

/** Of a question in a toast. */
const MAX_CHARACTERS = 90

/** The session whose question is shown over the present screen. */
export const askingSession = signal<string | undefined>(undefined)

/** Runs as long as the page. */
export function announceNewWaits(link: HostLink): void {
  const tracker = new WaitTracker()
  // Ahead of time: a question may come when the network is slow.
  whenIdle(() => void import('./question-sheet.tsx').catch(() => {}))
  effect(() => {
    if (!link.sessions.value) return
    // Muted sessions, quiet hours, and what another person is looking at: the host decides.
    const begun = tracker.update(link.sessions.value).filter(one => one.attention && !one.attention.silent)
    // A hidden page has notifications; the list shows its questions anyway.
    const value = route.peek()
    if (document.visibilityState !== 'visible' || value.screen === 'sessions') return
    if (value.screen === 'terminal' && isWide.peek()) return
    const others = begun.filter(
      one => value.screen !== 'terminal' || one.session_id !== value.session_id || asksOffScreen(one),
    )
    const [first] = others
    if (!first) return
    navigator.vibrate?.(PULSE_MS)
    if (others.length > 1) toastAction(`${others.length} sessions ask something`, backToSessions)
    else
      toastAction(announcement(first), () => {
        askingSession.value = first.session_id
      })
  })
}

function announcement(session: SessionInfo): string {
  const title = printable(session.title) || 'untitled'
  const text = printable(session.activity?.question?.text ?? '')
  const characters = [...text]
  if (text === '') return `${title} waits for an answer`
  return `${title}: “${characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS).join('')}…` : text}”`
}
