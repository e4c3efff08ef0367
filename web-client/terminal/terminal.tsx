// The screen of one session: a slim header, the terminal, the keys.

import './terminal.css'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SessionSpec } from '../../protocol/messages.ts'
import { asksOffScreen } from '../../protocol/session-attention.ts'
import { TroubleBanner, TroubleMark } from '../../ui/health/trouble-banner.tsx'
import { troublesOf } from '../../ui/health/troubles.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { keepFocus } from '../page/keep-focus.ts'
import { lazySheet } from '../page/lazy.tsx'
import { backToSessions, setTerminalSession } from '../page/route.ts'
import { screenReader } from '../page/screen-reader.ts'
import { visibleArea } from '../page/soft-keyboard.ts'
import { isCorrectable } from '../sessions/new-session-spec.ts'
import { askingSession } from '../sessions/new-waits.ts'
import { usePageTitle } from '../sessions/page-title.ts'
import { useCoveredHeight } from './covered-height.ts'
import { coverWithLastFrame } from './last-frame.ts'
import { SelectionBar } from './selection-bar.tsx'
import { StaleInput } from './stale-input.tsx'
import { TerminalFoot } from './terminal-foot.tsx'
import { TerminalHeader } from './terminal-header.tsx'
import type { Overlay } from './terminal-overlays.tsx'
import { TerminalSession } from './terminal-session.ts'
import { clipboardText, EarlierOutput, EndStrip, FailedStrip, Notice, SizeStrip } from './terminal-strips.tsx'

const loadOverlays = () => import('./terminal-overlays.tsx').then(({ Overlays }) => Overlays)
const LazyOverlays = lazySheet(loadOverlays)
const NewSession = lazySheet(() => import('../sessions/new-session.tsx').then(module => module.NewSession))

/** CSS pixels. A phone in landscape with its keyboard open has room for the terminal and the keys only. */
const LOW_PX = 300
/** As in terminal-header.css. */
const HEADER_PX = 44

export interface TerminalProps {
  link: HostLink
  /** Null starts a new session. */
  session_id: string | null
  /** What to start. */
  spec?: SessionSpec | undefined
}

export function Terminal({ link, session_id, spec }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null)
  const stage = useRef<HTMLDivElement>(null)
  const [session, setSession] = useState<TerminalSession | undefined>(undefined)
  const overlay = useSignal<Overlay | undefined>(undefined)

  useLayoutEffect(() => {
    if (!box.current || !stage.current) return
    const opened = new TerminalSession(link, box.current, session_id, spec, setTerminalSession)
    setSession(opened)
    coverWithLastFrame(stage.current, opened.shown)
    return () => opened.dispose()
    // A session that is being started gets its id later; it stays the same session.
  }, [])

  const bannerHeight = useSignal(0)
  const banner = useCoveredHeight(bannerHeight)
  const sizeStripHeight = useSignal(0)
  const footExtra = useSignal(0)
  const low = visibleArea.value.covered > 0 && visibleArea.value.height < LOW_PX
  const covered =
    visibleArea.value.covered + bannerHeight.value + sizeStripHeight.value + footExtra.value - (low ? HEADER_PX : 0)
  useLayoutEffect(() => session?.view?.setCovered(covered), [session, covered])

  // Preloaded, so that they also work without a network.
  useEffect(
    () =>
      whenIdle(() => {
        void loadOverlays().catch(() => {})
        void session?.view?.loadSelection()
      }),
    [session],
  )

  useEffect(() => session?.view?.setScreenReader(screenReader.value), [session, screenReader.value])

  const failed = session?.failed.value
  useEffect(() => {
    if (failed?.code !== 'session_unknown') return
    toast('That session no longer exists.')
    backToSessions()
  }, [failed])

  const title = printable(session?.title.value ?? '') || (session_id ? '' : 'New session')
  usePageTitle(title)

  const troubles = troublesOf(session?.session_id ?? session_id ?? undefined, link.troubles.value)
  const info = link.sessions.value?.find(one => one.session_id === (session?.session_id ?? session_id))
  const readOnly = link.readOnly.value
  const follows = session?.mode.value === 'follow' && session.size.value.cols > 0
  const ended = session?.exit.value !== undefined
  return (
    <div class={`page terminal${readOnly && !ended && !failed ? ' read-only' : ''}${low ? ' low' : ''}`}>
      {!screenReader.value && (
        // First in the page, and visible only with keyboard focus.
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
            <Icon name="eye" /> View only
          </span>
        )}
        <TroubleMark troubles={troubles} />
        <IconButton
          icon="more"
          label="Menu"
          aria-haspopup="dialog"
          disabled={!session}
          onMouseDown={keepFocus}
          onClick={() => {
            overlay.value = 'menu'
          }}
        />
      </TerminalHeader>
      <div ref={banner}>
        <ConnectionBanner
          state={link.state.value}
          reached={link.reached.value}
          pending={session?.pendingBytes.value ?? 0}
          retry={link.retry}
        />
        {!low && <TroubleBanner troubles={troubles} />}
        {info && asksOffScreen(info) && (
          <Notice
            text="A program in this session asks for your permission."
            show={() => {
              askingSession.value = info.session_id
            }}
          />
        )}
        {session?.gapNotice.value && (
          <Notice
            text={session.gapNotice.value}
            dismiss={() => {
              session.gapNotice.value = undefined
            }}
          />
        )}
        {session?.clipboardRequest.value !== undefined && (
          <Notice
            text={clipboardText(session.clipboardRequest.value)}
            dismiss={() => {
              session.clipboardRequest.value = undefined
            }}
            show={() => {
              overlay.value = 'clipboard'
            }}
          />
        )}
      </div>
      <div class="stage" ref={stage}>
        <div class="box" ref={box} />
        {session && <EarlierOutput session={session} />}
        {session && <SelectionBar session={session} />}
      </div>
      {session && follows && !low && !readOnly && !ended && !failed && (
        <SizeStrip session={session} height={sizeStripHeight} />
      )}
      {session && failed?.code === 'attachment_failed' ? (
        <FailedStrip session={session} />
      ) : session && (ended || failed) ? (
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
      {failed && session_id === null && spec && isCorrectable(failed) && !readOnly && (
        // Shows the error where the user can correct it.
        <NewSession link={link} spec={spec} error={failed} close={backToSessions} />
      )}
    </div>
  )
}
