// The line above a terminal: back, what is open, and by a swipe over it the next session. Knows nothing of terminals.
import './terminal-header.css'
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { SessionInfo } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { lazySheet } from '../page/lazy.tsx'
import { backToSessions, openTerminal } from '../page/route.ts'
import { neighbours } from '../sessions/adjacent-sessions.ts'

const Switcher = lazySheet(() => import('../sessions/switcher.tsx').then(module => module.Switcher))

/** A finger that moves less than this still taps. */
const SLOP = 10
/** From here on letting go switches; a thumb reaches it without a second try. */
const FAR_ENOUGH = 72
/** How far the line follows at most, and where nothing comes: enough to feel that it was noticed. */
const MOST = 120
const MOST_IN_VAIN = 24
/** The name of what is open stays in sight. */
const FOLLOWS = 0.3

export interface TerminalHeaderProps {
  link: HostLink
  session_id: string | undefined
  title: string
  /** What stands at its end. */
  children: ComponentChildren
}

export function TerminalHeader({ link, session_id, title, children }: TerminalHeaderProps) {
  const switching = useSignal(false)
  /** How far a finger has pulled the line; positive: to the right. */
  const pulled = useSignal(0)
  const finger = useRef<{ id: number; x: number; y: number; swipes: boolean }>(undefined)
  const sessions = link.sessions.value ?? []
  const others = needingAttention(sessions).filter(one => one.session_id !== session_id).length
  const { before, after } = neighbours(sessions, session_id)
  const comes = pulled.value > 0 ? before : after

  const moved = (event: PointerEvent) => {
    const start = finger.current
    if (start?.id !== event.pointerId) return
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y]
    if (!start.swipes) {
      if (Math.hypot(dx, dy) < SLOP) return
      if (Math.abs(dx) < Math.abs(dy)) {
        finger.current = undefined
        return
      }
      start.swipes = true
      // No button has been pressed, wherever the finger lets go.
      ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    }
    const most = (dx > 0 ? before : after) ? MOST : MOST_IN_VAIN
    pulled.value = Math.max(-most, Math.min(most, dx))
  }
  const left = (event: PointerEvent) => {
    if (finger.current?.id !== event.pointerId) return
    const goes = event.type === 'pointerup' && Math.abs(pulled.value) >= FAR_ENOUGH
    finger.current = undefined
    pulled.value = 0
    if (goes && comes) openTerminal(comes.session_id)
  }

  return (
    <header
      onPointerDown={event => {
        if (event.isPrimary && event.button === 0)
          finger.current = { id: event.pointerId, x: event.clientX, y: event.clientY, swipes: false }
      }}
      onPointerMove={moved}
      onPointerUp={left}
      onPointerCancel={left}
    >
      <button
        type="button"
        class="icon back"
        aria-label={
          others === 0 ? 'Back to sessions' : `Back to sessions, ${others} want${others === 1 ? 's' : ''} attention`
        }
        onMouseDown={keepFocus}
        onClick={backToSessions}
      >
        <Icon name="back" />
        {others > 0 && <span class="others" />}
      </button>
      <h1 style={pulled.value === 0 ? undefined : { transform: `translateX(${pulled.value * FOLLOWS}px)` }}>
        <button
          type="button"
          class="plain"
          title="Switch to another session"
          aria-haspopup="dialog"
          onMouseDown={keepFocus}
          onClick={() => {
            switching.value = true
          }}
        >
          <bdi>{title || '…'}</bdi>
          <Icon name="down" />
        </button>
      </h1>
      {children}
      {pulled.value !== 0 && <Neighbour session={comes} pulled={pulled.value} />}
      {switching.value && (
        <Switcher
          link={link}
          session_id={session_id}
          close={() => {
            switching.value = false
          }}
        />
      )}
    </header>
  )
}

/** Who comes when the finger lets go. */
function Neighbour({ session, pulled }: { session: SessionInfo | undefined; pulled: number }) {
  const isNear = Math.abs(pulled) >= FAR_ENOUGH
  return (
    <div class={`neighbour ${pulled > 0 ? 'before' : 'after'} ${session && isNear ? 'goes' : ''}`} aria-hidden="true">
      {session ? (
        <>
          {session.attention && <span class="others" />}
          <bdi>{printable(session.title) || 'untitled'}</bdi>
        </>
      ) : (
        'No more'
      )}
    </div>
  )
}

/** A button that took the focus from the terminal would close the soft keyboard. */
const keepFocus = (event: MouseEvent) => event.preventDefault()
