// The text being composed for a session, stored while it is being written.
import { signal } from '@preact/signals'
import { readDraft, saveDraft } from '../page/composed-texts.ts'

export class Draft {
  readonly text = signal('')
  /** The text field's selection, also after it was closed. */
  selection = { start: 0, end: 0 }
  /** The session whose draft this is; unknown while a session is being started. */
  #session_id: string | undefined

  /** Reads the stored draft of `session_id`, once. A text that was written before the session had an id is kept instead. */
  load(session_id: string | undefined): void {
    if (!session_id || this.#session_id === session_id) return
    this.#session_id = session_id
    const text = this.text.peek()
    if (text !== '') return saveDraft(session_id, text)
    this.text.value = readDraft(session_id)
    const end = this.text.peek().length
    this.selection = { start: end, end }
  }

  write(text: string): void {
    this.text.value = text
    if (this.#session_id) saveDraft(this.#session_id, text)
  }

  /** Replaces the selection with `text`. */
  insert(text: string): void {
    const draft = this.text.peek()
    const { start, end } = this.selection
    this.selection = { start: start + text.length, end: start + text.length }
    this.write(draft.slice(0, start) + text + draft.slice(end))
  }

  clear(): void {
    this.write('')
    this.selection = { start: 0, end: 0 }
  }
}
