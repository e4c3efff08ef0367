// Text that the browser would not copy, selected, to be copied by hand.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { manualCopyText } from './copy.ts'
import { Dialog } from './dialog.tsx'

export function CopyDialog() {
  const text = manualCopyText.value
  return text === undefined ? null : <ManualCopy text={text} />
}

function ManualCopy({ text }: { text: string }) {
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(0, text.length)
  }, [text])
  const close = () => {
    manualCopyText.value = undefined
  }
  return (
    <Dialog title="Copy by hand" onClose={close}>
      <p>
        This browser does not let the page copy. The text is selected: copy it with the browser’s menu or keyboard
        shortcut.
      </p>
      <textarea ref={field} aria-label="Text to copy" readOnly rows={6} value={text} />
      <div class="actions">
        <button type="button" onClick={close}>
          Done
        </button>
      </div>
    </Dialog>
  )
}
