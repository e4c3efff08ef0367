// The strips around a terminal: earlier output, its size, notices, and how it ended.
import type { Signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { keepFocus } from '../page/keep-focus.ts'
import { backToSessions, openReading, openTerminal } from '../page/route.ts'
import { restartSpec } from '../sessions/new-session-spec.ts'
import { useCoveredHeight } from './covered-height.ts'
import type { TerminalSession } from './terminal-session.ts'

/** CSS pixels; a smaller size is uncomfortable to read for long. */
const READABLE_FONT = 12

/** Appears above the terminal's first line: earlier output is shown as text. */
export function EarlierOutput({ session }: { session: TerminalSession }) {
  const { value: pulled } = session.pulled
  if (pulled === 0) return null
  return (
    <div class="earlier" style={{ height: `${pulled}px` }}>
      <button
        type="button"
        class="plain"
        onMouseDown={keepFocus}
        onClick={() => openReading(session.session_id ?? '', undefined, session.view?.topAnchor())}
      >
        <Icon name="up" /> Earlier output
      </button>
    </div>
  )
}

/**
 * Shown while the session has another client's size: one button takes it over, another makes the text readable.
 * `height` is set to what it covers, in CSS pixels.
 */
export function SizeStrip({ session, height }: { session: TerminalSession; height: Signal<number> }) {
  const { cols, rows } = session.size.value
  const { size, chosen } = session.fontSize.value
  const strip = useCoveredHeight(height)
  return (
    <div class="strip" ref={strip}>
      {(chosen || size < READABLE_FONT) && (
        <IconButton
          icon="font_size"
          label={chosen ? 'Fit the width' : 'Use a readable font size'}
          aria-pressed={chosen}
          onMouseDown={keepFocus}
          onClick={() => session.view?.setFontSize(chosen ? undefined : READABLE_FONT)}
        />
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

export function Notice({ text, dismiss, show }: { text: string; dismiss?: () => void; show?: () => void }) {
  return (
    <div class="notice" role="status">
      <span>{text}</span>
      {show && (
        <button type="button" class="plain" onMouseDown={keepFocus} onClick={show}>
          Show
        </button>
      )}
      {dismiss && <IconButton icon="close" label="Dismiss" onMouseDown={keepFocus} onClick={dismiss} />}
    </div>
  )
}

export function clipboardText(text: string): string {
  const characters = [...text].length
  return `A program wants to copy ${characters === 1 ? '1 character' : `${characters} characters`}.`
}

interface EndStripProps {
  text: string
  readOnly: boolean
  /** The session that a new one can copy. */
  session: SessionInfo | undefined
}

export function EndStrip({ text, readOnly, session }: EndStripProps) {
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
              <button type="button" onClick={() => openTerminal(null, restartSpec(session))}>
                Start again
              </button>
            )}
          </>
        )}
      </div>
    </div>
  )
}

/** The session goes on, but not on this screen. */
export function FailedStrip({ session }: { session: TerminalSession }) {
  return (
    <div class="strip ended" role="status">
      <span>This session’s output could not be shown. Try again, or read it as text.</span>
      <div>
        <button type="button" onClick={backToSessions}>
          All sessions
        </button>
        <button type="button" onClick={() => openReading(session.session_id ?? '')}>
          Read as text
        </button>
        <button type="button" onClick={() => session.retry()}>
          Try again
        </button>
      </div>
    </div>
  )
}
