// Asks before several lines, or what nobody sees, go into a session. Knows nothing of how they get there.
import { Dialog } from './dialog.tsx'
import { lineCount } from './paste.ts'
import { CONTROL, hides, visible } from './visible.ts'

/** A person is asked before this goes in. */
export interface AskedPaste {
  text: string
  /** As it was when it was asked: whether the program is told that it is a paste. */
  bracketed: boolean
  /** It was written for this, and is not pasted. */
  composed: boolean
}

/** Nobody reads more of it here, and a megabyte takes a phone seconds to lay out. */
const SHOWN_CHARACTERS = 4_000

export interface PasteQuestionProps {
  asked: AskedPaste
  paste: () => void
  /** Left out: it can only be pasted as it is. */
  edit?: (() => void) | undefined
  close: () => void
}

export function PasteQuestion({ asked, paste, edit, close }: PasteQuestionProps) {
  const { text, bracketed, composed } = asked
  const lines = lineCount(text)
  const what = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`
  return (
    <Dialog title={`${composed ? 'Send' : 'Paste'} ${what}?`} onClose={close}>
      <p>
        {bracketed
          ? 'The program is told that this is a paste. Most then wait for your Enter.'
          : 'Each ↵ counts as Enter here: every line is run or sent as soon as it arrives.'}
      </p>
      {hides(text) && (
        <p class="hidden-signs">
          {CONTROL.test(text)
            ? 'It holds control characters. They are shown here, and arrive as harmless signs.'
            : 'It holds characters that change the direction of the text. They are shown here.'}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has keys only must be able to scroll it */}
      <pre tabIndex={0}>{visible(text.slice(0, SHOWN_CHARACTERS))}</pre>
      {text.length > SHOWN_CHARACTERS && (
        <p>and {(text.length - SHOWN_CHARACTERS).toLocaleString('en')} more characters</p>
      )}
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
