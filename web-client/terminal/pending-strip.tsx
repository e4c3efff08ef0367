// Shows unsent input, which the terminal cannot show yet.
import './pending-strip.css'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { describeInput } from '../../ui/kit/visible-text.ts'
import { keepFocus } from '../page/keep-focus.ts'
import type { TerminalSession } from './terminal-session.ts'

/** On a slow connection every key waits a moment; that is not worth showing. */
const SHOWN_AFTER_MS = 700
/** More than fits on a line; its end is shown. */
const MAX_CHARACTERS = 200

/** Prompts after which the input must not be shown. */
const ASKS_SECRET = /(pass(word|phrase|code)|\bPIN\b|secret|token|verification code|one-time)[^:?]*[:?]\s*$/i

export interface PendingStripProps {
  session: TerminalSession
  /** There is no connection: input can still be discarded. */
  offline: boolean
}

export function PendingStrip({ session, offline }: PendingStripProps) {
  const bytes = session.pendingBytes.value
  const isLate = useSignal(false)
  const isWaiting = bytes > 0 && session.stale.value === undefined
  useEffect(() => {
    isLate.value = false
    if (!isWaiting) return
    const timer = setTimeout(() => {
      isLate.value = true
    }, SHOWN_AFTER_MS)
    return () => clearTimeout(timer)
  }, [isWaiting])
  if (!isWaiting || !isLate.value) return null
  return (
    <div class="pending">
      <span class="label">{offline ? 'Not sent' : 'Sending'}</span>
      <span class="text" role="status">
        <bdi>{pendingLabel(session)}</bdi>
      </span>
      {offline && (
        <button type="button" class="plain" onMouseDown={keepFocus} onClick={() => session.discardPending()}>
          Discard
        </button>
      )}
    </div>
  )
}

function pendingLabel(session: TerminalSession): string {
  const text = session.pendingText()
  const count = [...text].length
  if (ASKS_SECRET.test(session.view?.promptLine() ?? '')) return count === 1 ? '1 key' : `${count} keys`
  return describeInput(text.slice(-MAX_CHARACTERS))
}
