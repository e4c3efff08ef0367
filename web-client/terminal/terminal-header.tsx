// The header of a terminal: back, the title with a session switcher, and a swipe to the next session.
import './terminal-header.css'
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { SessionInfo } from '../../protocol/messages.ts'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { keepFocus } from '../page/keep-focus.ts'
import { lazySheet } from '../page/lazy.tsx'
import { backToSessions, openTerminal } from '../page/route.ts'
import { adjacentSessions } from '../sessions/adjacent-sessions.ts'

const Switcher = lazySheet(() => import('../sessions/switcher.tsx').then(module => module.Switcher))

/** Pixels that a finger may move in a tap. */
const SLOP = 10
/** Pixels after which releasing switches; a thumb reaches it in one swipe. */
const FAR_ENOUGH = 72
/** Pixels that the header follows at most, and where there is no session: enough to feel a response. */
const MAX_PULL = 120
const MAX_PULL_WITHOUT_TARGET = 24
/** The title moves less than the finger, so that it stays visible. */
const FOLLOWS = 0.3

export interface TerminalHeaderProps {
  link: HostLink
  session_id: string | undefined
  title: string
  /** The actions. */
  children: ComponentChildren
}

export function TerminalHeader({ link, session_id, title, children }: TerminalHeaderProps) {
  const switching = useSignal(false)
  /** Pixels that a finger has pulled the header; positive: to the right. */
  const pulled = useSignal(0)
  const finger = useRef<{ id: number; x: number; y: number; swipes: boolean }>(undefined)
  const sessions = link.sessions.value ?? []
  const others = needingAttention(sessions).filter(one => one.session_id !== session_id).length
  const { before, after } = adjacentSessions(sessions, session_id)
  const target = pulled.value > 0 ? before : after

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
      // Keeps a button under the finger from being clicked.
      ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    }
    const max = (dx > 0 ? before : after) ? MAX_PULL : MAX_PULL_WITHOUT_TARGET
    pulled.value = Math.max(-max, Math.min(max, dx))
  }
  const released = (event: PointerEvent) => {
    if (finger.current?.id !== event.pointerId) return
    const switches = event.type === 'pointerup' && Math.abs(pulled.value) >= FAR_ENOUGH
    finger.current = undefined
    pulled.value = 0
    if (switches && target) openTerminal(target.session_id)
  }

  return (
    <header
      onPointerDown={event => {
        if (event.isPrimary && event.button === 0)
          finger.current = { id: event.pointerId, x: event.clientX, y: event.clientY, swipes: false }
      }}
      onPointerMove={moved}
      onPointerUp={released}
      onPointerCancel={released}
    >
      <IconButton
        icon="back"
        label={
          others === 0 ? 'Back to sessions' : `Back to sessions, ${others} need${others === 1 ? 's' : ''} attention`
        }
        class="back"
        onMouseDown={keepFocus}
        onClick={backToSessions}
      >
        {others > 0 && <span class="attention-dot" />}
      </IconButton>
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
      {pulled.value !== 0 && <AdjacentSession session={target} pulled={pulled.value} />}
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

/** The session that releasing the finger opens. */
function AdjacentSession({ session, pulled }: { session: SessionInfo | undefined; pulled: number }) {
  const isNear = Math.abs(pulled) >= FAR_ENOUGH
  return (
    <div
      class={`adjacent ${pulled > 0 ? 'before' : 'after'} ${session && isNear ? 'will-switch' : ''}`}
      aria-hidden="true"
    >
      {session ? (
        <>
          {session.attention && <span class="attention-dot" />}
          <bdi>{printable(session.title) || 'untitled'}</bdi>
        </>
      ) : (
        'No more sessions'
      )}
    </div>
  )
}
