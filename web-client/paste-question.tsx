// Asks before several lines, or what nobody sees, go into a session. Knows nothing of how they get there.
import { Dialog } from '../ui/dialog.tsx'
import { lineCount } from '../ui/paste.ts'
import { CONTROL, hides } from '../ui/visible.ts'
import { ShownText } from './shown-text.tsx'
import type { AskedPaste } from './ways-in.ts'

export interface PasteQuestionProps {
  asked: AskedPaste
  answer: (answer: 'paste' | 'edit' | 'cancel') => void
  close: () => void
}

export function PasteQuestion({ asked, answer, close }: PasteQuestionProps) {
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
      {hides(text) && (
        <p class="hidden-signs">
          {CONTROL.test(text)
            ? 'It holds control characters. They are shown here, and arrive as harmless signs.'
            : 'It holds characters that are not seen, or change the direction of the text. They are shown here.'}
        </p>
      )}
      <ShownText text={text} />
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        {!composed && (
          <button type="button" onClick={() => answer('edit')}>
            Edit
          </button>
        )}
        <button type="button" class="primary" onClick={() => answer('paste')}>
          {composed ? 'Send' : 'Paste'}
        </button>
      </div>
    </Dialog>
  )
}
