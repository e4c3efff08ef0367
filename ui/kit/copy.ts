// Puts text on the clipboard, also where a browser keeps its clipboard from plain HTTP; where nothing helps the text is
// shown, to be copied by hand (copy-dialog.tsx). Never fails in silence. Knows nothing of what is copied.
import { signal } from '@preact/signals'
import { toast } from './toast.tsx'

/** What could not be copied. */
export const manualCopyText = signal<string | undefined>(undefined)

/** To be called while a tap or a key is handled, or browsers refuse. `what` was copied, as the toast says it. */
export async function copy(text: string, what = 'Copied'): Promise<void> {
  if (await onClipboard(text)) toast(what)
  else manualCopyText.value = text
}

async function onClipboard(text: string): Promise<boolean> {
  try {
    // Not there on plain HTTP, whatever its type says.
    if (window.isSecureContext && navigator.clipboard) {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch {
    // Refused; the old way may still be open.
  }
  return byCommand(text)
}

/** As Ctrl+C would: of a field with the text in it. True when the browser has taken it. */
function byCommand(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  // Read-only: no keyboard opens. In the picture: a field that cannot be seen at all is not selected everywhere.
  field.readOnly = true
  field.style.cssText = 'position:fixed;top:0;left:0;width:1px;height:1px;padding:0;border:0;opacity:0;font-size:16px'
  let taken = false
  const put = (event: ClipboardEvent) => {
    event.stopImmediatePropagation()
    if (!event.clipboardData) return
    event.clipboardData.setData('text/plain', text)
    event.preventDefault()
    taken = true
  }
  // Beside an open dialog nothing can be selected, so it stands in it.
  const place = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  place.append(field)
  document.addEventListener('copy', put, { capture: true })
  try {
    field.focus({ preventScroll: true })
    field.setSelectionRange(0, text.length)
    return document.execCommand('copy') && taken
  } catch {
    return false
  } finally {
    document.removeEventListener('copy', put, { capture: true })
    field.remove()
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  }
}
