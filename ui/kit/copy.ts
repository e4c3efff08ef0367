// Copies text to the clipboard, also on plain HTTP, where browsers offer no clipboard API. If all else fails, the text is
// shown to be copied by hand (copy-dialog.tsx).
import { signal } from '@preact/signals'
import { toast } from './toast.tsx'

/** Text that could not be copied. */
export const manualCopyText = signal<string | undefined>(undefined)

/** Call while a tap or a key is handled, or browsers refuse. `message` is the toast on success. */
export async function copy(text: string, message = 'Copied'): Promise<void> {
  if (await writeClipboard(text)) toast(message)
  else manualCopyText.value = text
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    // Undefined on plain HTTP, whatever its type says.
    if (window.isSecureContext && navigator.clipboard) {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch {
    // Refused; the old way may still work.
  }
  return copyByCommand(text)
}

/** Copies from a field with the text in it, as Ctrl+C would. Returns whether the browser took it. */
function copyByCommand(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  // Read-only, so that no soft keyboard opens. Within the viewport: some browsers do not select in hidden fields.
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
  // While a dialog is open, nothing outside of it can be selected.
  const parent = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  parent.append(field)
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
