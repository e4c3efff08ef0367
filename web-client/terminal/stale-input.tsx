// Asks about what was typed before a connection was lost. Knows nothing of how it was kept.
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { TextPreview } from '../../ui/kit/shown-text.tsx'
import type { TerminalSession } from './terminal-session.ts'

export function StaleInput({ session, inputs }: { session: TerminalSession; inputs: Uint8Array[] }) {
  const text = inputs.map(bytes => new TextDecoder().decode(bytes)).join('')
  return (
    <ConfirmDialog
      title="Send what you typed before?"
      confirmLabel="Send"
      cancelLabel="Discard"
      onClose={() => session.answerStale(false)}
      onConfirm={() => session.answerStale(true)}
    >
      <p>The connection was lost before this arrived, some time ago.</p>
      <TextPreview text={text} />
    </ConfirmDialog>
  )
}
