// Asks about what was typed before a connection was lost. Knows nothing of how it was kept.
import { Question } from '../../ui/kit/dialog.tsx'
import { ShownText } from '../../ui/kit/shown-text.tsx'
import type { TerminalSession } from './terminal-session.ts'

export function StaleInput({ session, inputs }: { session: TerminalSession; inputs: Uint8Array[] }) {
  const text = inputs.map(bytes => new TextDecoder().decode(bytes)).join('')
  return (
    <Question
      title="Send what you typed before?"
      yes="Send"
      no="Discard"
      onClose={() => session.answerStale(false)}
      onYes={() => session.answerStale(true)}
    >
      <p>The connection was lost before this arrived, some time ago.</p>
      <ShownText text={text} />
    </Question>
  )
}
