// One session: a slim header, the terminal, the keys. Knows nothing of how output gets there.
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SessionSpec } from '../protocol/messages.ts'
import { ConnectionBanner } from '../ui/connection-banner.tsx'
import { Icon } from '../ui/icons.tsx'
import { KeyBar } from '../ui/key-bar.tsx'
import { toast } from '../ui/toast.tsx'
import { printable, stateWords } from '../ui/words.ts'
import type { HostLink } from './host-link.ts'
import { backToSessions, nameTerminal, openTerminal } from './route.ts'
import { screenReader } from './screen-reader.ts'
import { seen } from './soft-keyboard.ts'
import { type Overlay, Overlays } from './terminal-overlays.tsx'
import { TerminalSession } from './terminal-session.ts'

export interface TerminalProps {
  link: HostLink
  /** Null: start one. */
  session_id: string | null
  /** What to start then. */
  spec?: SessionSpec | undefined
}

export function Terminal({ link, session_id, spec }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null)
  const [session, setSession] = useState<TerminalSession | undefined>(undefined)
  const overlay = useSignal<Overlay | undefined>(undefined)

  useLayoutEffect(() => {
    if (!box.current) return
    const opened = new TerminalSession(link, box.current, session_id, spec, nameTerminal)
    setSession(opened)
    return () => opened.dispose()
    // A session that is being started gets its id later; it is the same session.
  }, [])

  // A banner comes and goes, like the keyboard: both leave the session's size as it is.
  const banner = useRef<HTMLDivElement>(null)
  const bannerHeight = useSignal(0)
  useEffect(() => {
    if (!banner.current) return
    const observer = new ResizeObserver(([entry]) => {
      bannerHeight.value = entry?.contentRect.height ?? 0
    })
    observer.observe(banner.current)
    return () => observer.disconnect()
  }, [])
  const covered = seen.value.covered + bannerHeight.value
  useEffect(() => session?.view?.setCovered(covered), [session, covered])

  useEffect(() => session?.view?.setSpoken(screenReader.value), [session, screenReader.value])

  const failed = session?.failed.value
  useEffect(() => {
    if (failed?.code !== 'session_unknown') return
    toast('That session is gone.')
    backToSessions()
  }, [failed])

  const title = printable(session?.title.value ?? '') || (session_id ? '' : 'New session')
  useEffect(() => {
    document.title = title ? `${title} · On the Go` : 'On the Go'
    return () => {
      document.title = 'On the Go'
    }
  }, [title])

  const readOnly = link.readOnly.value
  const follows = session?.mode.value === 'follow'
  const ended = session?.exit.value !== undefined
  return (
    <div class={readOnly && !ended && !failed ? 'page terminal looks' : 'page terminal'}>
      {!screenReader.value && (
        // First of all, and seen only by who comes to it with a keyboard: nobody else needs it.
        <button
          type="button"
          class="unseen"
          onClick={() => {
            screenReader.value = true
            toast('Screen reader mode is on. Turn it off in the menu.')
          }}
        >
          Turn on screen reader mode
        </button>
      )}
      <header>
        <button
          type="button"
          class="icon"
          aria-label="Back to sessions"
          onMouseDown={keepFocus}
          onClick={backToSessions}
        >
          <Icon name="back" />
        </button>
        <h1>
          <bdi>{title}</bdi>
        </h1>
        {readOnly ? (
          // There is nothing in the menu that it may do.
          <span class="mark">
            <Icon name="eye" /> Looking only
          </span>
        ) : (
          <button
            type="button"
            class="icon"
            aria-label="Menu"
            aria-haspopup="dialog"
            disabled={!session}
            onMouseDown={keepFocus}
            onClick={() => {
              overlay.value = 'menu'
            }}
          >
            <Icon name="more" />
          </button>
        )}
      </header>
      <div ref={banner}>
        <ConnectionBanner
          state={link.state.value}
          reached={link.reached.value}
          pending={session?.pending.value ?? 0}
          retry={link.retry}
        />
        {session?.gone.value && <Notice session={session} text={session.gone.value} />}
      </div>
      <div class="stage">
        <div class="box" ref={box} />
      </div>
      {session && follows && !readOnly && !ended && !failed && <SizeStrip session={session} />}
      {session && (ended || failed) ? (
        <EndStrip text={failed ? failed.message : stateWords(session.exit.value!)} readOnly={readOnly} />
      ) : (
        session &&
        !readOnly && <KeyBar sticky={session.sticky} press={(key, modifiers) => session.view?.press(key, modifiers)} />
      )}
      {session && <Overlays link={link} session={session} overlay={overlay} />}
    </div>
  )
}

/** A button that took the focus from the terminal would close the soft keyboard. */
const keepFocus = (event: MouseEvent) => event.preventDefault()

/** The session's size is somebody else's; one tap takes it. */
function SizeStrip({ session }: { session: TerminalSession }) {
  const { cols, rows } = session.size.value
  if (cols === 0) return null
  return (
    <div class="strip">
      <span>
        {cols} × {rows}
      </span>
      <button type="button" class="plain" onMouseDown={keepFocus} onClick={() => session.view?.setMode('own')}>
        <Icon name="fit" /> Use this phone’s size
      </button>
    </div>
  )
}

function Notice({ session, text }: { session: TerminalSession; text: string }) {
  return (
    <div class="notice" role="status">
      <span>{text}</span>
      <button
        type="button"
        class="icon"
        aria-label="Dismiss"
        onMouseDown={keepFocus}
        onClick={() => {
          session.gone.value = undefined
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

function EndStrip({ text, readOnly }: { text: string; readOnly: boolean }) {
  return (
    <div class="strip ended" role="status">
      <span>{text.charAt(0).toUpperCase() + text.slice(1)}</span>
      <div>
        <button type="button" onClick={backToSessions}>
          All sessions
        </button>
        {!readOnly && (
          <button type="button" onClick={() => openTerminal(null)}>
            New session
          </button>
        )}
      </div>
    </div>
  )
}
