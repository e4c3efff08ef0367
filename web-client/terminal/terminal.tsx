// One session: a slim header, the terminal, the keys. Knows nothing of how output gets there.
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SessionInfo, SessionSpec } from '../../protocol/messages.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { lazySheet } from '../page/lazy.tsx'
import { backToSessions, nameTerminal, openReading, openTerminal } from '../page/route.ts'
import { screenReader } from '../page/screen-reader.ts'
import { seen } from '../page/soft-keyboard.ts'
import { again, isAmendable } from '../sessions/new-session-spec.ts'
import { pageTitle } from '../sessions/page-title.ts'
import { coverWithPicture } from './last-frame.ts'
import { SelectionBar } from './selection-bar.tsx'
import { StaleInput } from './stale-input.tsx'
import { TerminalFoot } from './terminal-foot.tsx'
import { TerminalHeader } from './terminal-header.tsx'
import type { Overlay } from './terminal-overlays.tsx'
import { TerminalSession } from './terminal-session.ts'

const loadOverlays = () => import('./terminal-overlays.tsx').then(({ Overlays }) => Overlays)
const LazyOverlays = lazySheet(loadOverlays)
const NewSession = lazySheet(() => import('../sessions/new-session.tsx').then(module => module.NewSession))

/** A phone on its side with its keyboard open has room for the terminal and the keys, and for nothing else. */
const LOW_PX = 300
/** As in page.css. */
const HEADER_PX = 44
/** CSS pixels; smaller letters can be made out, but nobody wants to read them for long. */
const READABLE_FONT = 12

export interface TerminalProps {
  link: HostLink
  /** Null: start one. */
  session_id: string | null
  /** What to start then. */
  spec?: SessionSpec | undefined
}

export function Terminal({ link, session_id, spec }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null)
  const stage = useRef<HTMLDivElement>(null)
  const [session, setSession] = useState<TerminalSession | undefined>(undefined)
  const overlay = useSignal<Overlay | undefined>(undefined)

  useLayoutEffect(() => {
    if (!box.current || !stage.current) return
    const opened = new TerminalSession(link, box.current, session_id, spec, nameTerminal)
    setSession(opened)
    coverWithPicture(stage.current, opened.shown)
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
  const footExtra = useSignal(0)
  const low = seen.value.covered > 0 && seen.value.height < LOW_PX
  const covered = seen.value.covered + bannerHeight.value + footExtra.value - (low ? HEADER_PX : 0)
  useLayoutEffect(() => session?.view?.setCovered(covered), [session, covered])

  // Both are there when they are wanted, also without a network.
  useEffect(
    () =>
      whenIdle(() => {
        void loadOverlays().catch(() => {})
        void session?.view?.letSelect()
      }),
    [session],
  )

  useEffect(() => session?.view?.setSpoken(screenReader.value), [session, screenReader.value])

  const failed = session?.failed.value
  useEffect(() => {
    if (failed?.code !== 'session_unknown') return
    toast('That session is gone.')
    backToSessions()
  }, [failed])

  const title = printable(session?.title.value ?? '') || (session_id ? '' : 'New session')
  useLayoutEffect(() => {
    pageTitle.value = title
    return () => {
      pageTitle.value = ''
    }
  }, [title])

  const readOnly = link.readOnly.value
  const follows = session?.mode.value === 'follow'
  const ended = session?.exit.value !== undefined
  return (
    <div class={`page terminal${readOnly && !ended && !failed ? ' looks' : ''}${low ? ' low' : ''}`}>
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
      <TerminalHeader link={link} session_id={session?.session_id ?? session_id ?? undefined} title={title}>
        {readOnly && (
          <span class="mark">
            <Icon name="eye" /> Looking only
          </span>
        )}
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
      </TerminalHeader>
      <div ref={banner}>
        <ConnectionBanner
          state={link.state.value}
          reached={link.reached.value}
          pending={session?.pending.value ?? 0}
          retry={link.retry}
        />
        {session?.gone.value && (
          <Notice
            text={session.gone.value}
            dismiss={() => {
              session.gone.value = undefined
            }}
          />
        )}
        {session?.wanted.value !== undefined && (
          <Notice
            text={wantedWords(session.wanted.value)}
            dismiss={() => {
              session.wanted.value = undefined
            }}
            look={() => {
              overlay.value = 'wanted'
            }}
          />
        )}
      </div>
      <div class="stage" ref={stage}>
        <div class="box" ref={box} />
        {session && <Earlier session={session} />}
        {session && <SelectionBar session={session} />}
      </div>
      {session && follows && !low && !readOnly && !ended && !failed && <SizeStrip session={session} />}
      {session && (ended || failed) ? (
        <EndStrip
          text={failed ? failed.message : stateText(session.exit.value!)}
          readOnly={readOnly}
          session={failed ? undefined : session.session}
        />
      ) : (
        session && !readOnly && <TerminalFoot link={link} session={session} extra={footExtra} />
      )}
      {session && (overlay.value || session.link.value) && (
        <LazyOverlays
          link={link}
          session={session}
          overlay={overlay}
          close={() => {
            overlay.value = undefined
            session.link.value = undefined
          }}
        />
      )}
      {session?.stale.value && <StaleInput session={session} inputs={session.stale.value} />}
      {failed && session_id === null && spec && isAmendable(failed) && !readOnly && (
        // It is said where it can be put right.
        <NewSession link={link} spec={spec} error={failed} close={backToSessions} />
      )}
    </div>
  )
}

/** A button that took the focus from the terminal would close the soft keyboard. */
const keepFocus = (event: MouseEvent) => event.preventDefault()

/** Above the first line that the terminal still has: what was printed before is read as text. */
function Earlier({ session }: { session: TerminalSession }) {
  const { value: pulled } = session.pulled
  if (pulled === 0) return null
  return (
    <div class="earlier" style={{ height: `${pulled}px` }}>
      <button
        type="button"
        class="plain"
        onMouseDown={keepFocus}
        onClick={() => openReading(session.session_id ?? '', undefined, session.view?.top())}
      >
        <Icon name="up" /> Earlier output
      </button>
    </div>
  )
}

/** The session's size is somebody else's; one tap takes it, another one makes its letters readable. */
function SizeStrip({ session }: { session: TerminalSession }) {
  const { cols, rows } = session.size.value
  const { size, chosen } = session.letters.value
  if (cols === 0) return null
  return (
    <div class="strip">
      {(chosen || size < READABLE_FONT) && (
        <button
          type="button"
          class="icon"
          aria-label={chosen ? 'Fit the width' : 'Readable letters'}
          aria-pressed={chosen}
          onMouseDown={keepFocus}
          onClick={() => session.view?.setLetters(chosen ? undefined : READABLE_FONT)}
        >
          <Icon name="letters" />
        </button>
      )}
      <span>
        {cols} × {rows}
      </span>
      <button type="button" class="plain" onMouseDown={keepFocus} onClick={() => session.view?.setMode('own')}>
        <Icon name="fit" /> Use this phone’s size
      </button>
    </div>
  )
}

function Notice({ text, dismiss, look }: { text: string; dismiss: () => void; look?: () => void }) {
  return (
    <div class="notice" role="status">
      <span>{text}</span>
      {look && (
        <button type="button" class="plain" onMouseDown={keepFocus} onClick={look}>
          Look
        </button>
      )}
      <button type="button" class="icon" aria-label="Dismiss" onMouseDown={keepFocus} onClick={dismiss}>
        <Icon name="close" />
      </button>
    </div>
  )
}

function wantedWords(text: string): string {
  const characters = [...text].length
  return `A program wants to copy ${characters === 1 ? '1 character' : `${characters} characters`}.`
}

interface EndStripProps {
  text: string
  readOnly: boolean
  /** To be started again. */
  session: SessionInfo | undefined
}

function EndStrip({ text, readOnly, session }: EndStripProps) {
  return (
    <div class="strip ended" role="status">
      <span>{text.charAt(0).toUpperCase() + text.slice(1)}</span>
      <div>
        <button type="button" onClick={backToSessions}>
          All sessions
        </button>
        {!readOnly && (
          <>
            <button type="button" onClick={() => openTerminal(null)}>
              New session
            </button>
            {session && (
              <button type="button" onClick={() => openTerminal(null, again(session))}>
                Start again
              </button>
            )}
          </>
        )}
      </div>
    </div>
  )
}
