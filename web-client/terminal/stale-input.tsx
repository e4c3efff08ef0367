// Asks whether to send input that was typed before a connection was lost.
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { TextPreview } from '../../ui/kit/text-preview.tsx'
import type { TerminalSession } from './terminal-session.ts'

export function StaleInput({ session, inputs }: { session: TerminalSession; inputs: Uint8Array[] }) {
  const text = inputs.map(bytes => new TextDecoder().decode(bytes)).join('')
  return (
    <ConfirmDialog
      title="Send what you typed earlier?"
      confirmLabel="Send"
      cancelLabel="Discard"
      onClose={() => session.answerStale(false)}
      onConfirm={() => session.answerStale(true)}
    >
      <p>The connection was lost before it was sent. The session may have changed since.</p>
      <TextPreview text={text} />
    </ConfirmDialog>
  )
}
