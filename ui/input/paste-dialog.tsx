// Confirms a paste of several lines or of hidden characters.
import { Dialog } from '../kit/dialog.tsx'
import { TextPreview } from '../kit/text-preview.tsx'
import { CONTROL, hasHiddenCharacters } from '../kit/visible-text.ts'
import { lineCount } from './paste.ts'

/** Text that waits for the user's confirmation. */
export interface PendingPaste {
  text: string
  /** Whether bracketed paste was on when the dialog opened. */
  bracketed: boolean
  /** It was written in the compose field rather than pasted. */
  composed: boolean
  /** Enter follows. */
  enter?: boolean
}

export interface PasteDialogProps {
  pending: PendingPaste
  paste: () => void
  /** Left out where it cannot be edited. */
  edit?: (() => void) | undefined
  close: () => void
}

export function PasteDialog({ pending, paste, edit, close }: PasteDialogProps) {
  const { text, bracketed, composed, enter } = pending
  const lines = lineCount(text)
  const what = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`
  return (
    <Dialog title={`${composed ? 'Send' : 'Paste'} ${what}?`} onClose={close}>
      <p>
        {bracketed
          ? `The program knows that this is a paste${enter ? '. Enter follows.' : '; most programs then wait for you to press Enter.'}`
          : 'Each ↵ acts as Enter: every line runs as soon as it arrives.'}
      </p>
      {hasHiddenCharacters(text) && (
        <p class="hidden-signs">
          {CONTROL.test(text)
            ? 'The text contains control characters. They are shown here, and are pasted as harmless symbols.'
            : 'The text contains characters that are invisible or change the text direction. They are shown here.'}
        </p>
      )}
      <TextPreview text={text} />
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        {edit && (
          <button type="button" onClick={edit}>
            Edit
          </button>
        )}
        <button type="button" class="primary" onClick={paste}>
          {composed ? 'Send' : 'Paste'}
        </button>
      </div>
    </Dialog>
  )
}
