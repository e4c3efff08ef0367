// Asks before several lines, or what nobody sees, go into a session. Knows nothing of how they get there.
import { Dialog } from '../kit/dialog.tsx'
import { TextPreview } from '../kit/shown-text.tsx'
import { CONTROL, hasHiddenCharacters } from '../kit/visible-text.ts'
import { lineCount } from './paste.ts'

/** A person is asked before this goes in. */
export interface PendingPaste {
  text: string
  /** As it was when it was asked: whether the program is told that it is a paste. */
  bracketed: boolean
  /** It was written for this, and is not pasted. */
  composed: boolean
  /** And Enter follows. */
  enter?: boolean
}

export interface PasteDialogProps {
  pending: PendingPaste
  paste: () => void
  /** Left out: it can only be pasted as it is. */
  edit?: (() => void) | undefined
  close: () => void
}

export function PasteDialog({ pending: asked, paste, edit, close }: PasteDialogProps) {
  const { text, bracketed, composed, enter } = asked
  const lines = lineCount(text)
  const what = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`
  return (
    <Dialog title={`${composed ? 'Send' : 'Paste'} ${what}?`} onClose={close}>
      <p>
        {bracketed
          ? `The program is told that this is a paste${enter ? ', and Enter follows.' : '. Most then wait for your Enter.'}`
          : 'Each ↵ counts as Enter here: every line is run or sent as soon as it arrives.'}
      </p>
      {hasHiddenCharacters(text) && (
        <p class="hidden-signs">
          {CONTROL.test(text)
            ? 'It holds control characters. They are shown here, and arrive as harmless signs.'
            : 'It holds characters that are not seen, or change the direction of the text. They are shown here.'}
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
