// What was typed and has not arrived, beside the terminal that cannot show it yet. Knows nothing of connections.
import './pending-strip.css'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { describeInput } from '../../ui/kit/visible-text.ts'
import type { TerminalSession } from './terminal-session.ts'

/** On a slow line every key waits for a moment; that is no news. */
const SHOWN_AFTER_MS = 700
/** More than a line holds, of which its end is shown. */
const MOST_CHARACTERS = 200

/** What programs ask before they take something without showing it. */
const ASKS_SECRET = /(pass(word|phrase|code)|\bPIN\b|secret|token|verification code|one-time)[^:?]*[:?]\s*$/i

export interface PendingStripProps {
  session: TerminalSession
  /** There is no connection: what waits can still be taken back. */
  offline: boolean
}

export function PendingStrip({ session, offline }: PendingStripProps) {
  const bytes = session.pending.value
  const late = useSignal(false)
  const waits = bytes > 0 && session.stale.value === undefined
  useEffect(() => {
    late.value = false
    if (!waits) return
    const timer = setTimeout(() => {
      late.value = true
    }, SHOWN_AFTER_MS)
    return () => clearTimeout(timer)
  }, [waits])
  if (!waits || !late.value) return null
  return (
    <div class="pending">
      <span class="label">{offline ? 'Not sent' : 'On its way'}</span>
      <span class="text" role="status">
        <bdi>{words(session)}</bdi>
      </span>
      {offline && (
        <button
          type="button"
          class="plain"
          onMouseDown={event => event.preventDefault()}
          onClick={() => session.discardPending()}
        >
          Discard
        </button>
      )}
    </div>
  )
}

function words(session: TerminalSession): string {
  const text = session.pendingText()
  const count = [...text].length
  if (ASKS_SECRET.test(session.view?.promptLine() ?? '')) return count === 1 ? '1 key' : `${count} keys`
  return describeInput(text.slice(-MOST_CHARACTERS))
}
